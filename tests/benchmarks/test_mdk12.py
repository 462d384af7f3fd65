"""MDK12-Bench: its tables and what their names say, pictures in base 64, and the published averages of tables."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from benchmarks.mdk12 import MDK12, TABLES, headline
from rfteval.benchmark import LoadRequest
from rfteval.errors import SourceError
from rfteval.metrics import Item
from rfteval.types import Sample
from tests.benchmarks.case import Case, score, shown, write
from tests.benchmarks.cases.mdk12 import row

PICTURE = base64.b64encode(b"p" * 60).decode()


def table(folder: Path, name: str, *rows: dict[str, Any]) -> Path:
    case = Case(benchmark=MDK12, source=TABLES, split="all", file=f"{name}.tsv", rows=rows, prompts={})
    return write(folder, case)


def plain(number: int, answer: str, **others: Any) -> dict[str, Any]:
    """A row without options."""
    return {key: value for key, value in row(number, answer, **others).items() if key not in "ABCD"}


def load(folder: Path, split: str = "all", limit: int | None = None) -> list[Sample]:
    return list(MDK12.load(LoadRequest(split=split, data=str(folder), limit=limit)))


def right(sample: Sample, text: str) -> bool:
    case = Case(benchmark=MDK12, source=TABLES, split="all", file="", rows=(), prompts={})
    verdict = score(case, sample, text, "rules")
    assert verdict.status.scored, verdict
    return verdict.correct


def test_each_kind_is_compared_by_its_own_rule(tmp_path: Path) -> None:
    table(tmp_path, "HSMA_multiple_answer_choice_single_modal", row(1, "AC", image=""))
    table(tmp_path, "MSIT_true_false_single_modal", plain(1, "True", image=""), plain(2, "false", image=""))
    table(tmp_path, "GSMA_calculation_multi_modal", plain(1, "$\\frac{3}{4}$"))
    table(tmp_path, "MSGE_fill_in_the_blank_single_modal", plain(1, "monsoon", image=""))
    samples = {str(sample.tags["kind"]): sample for sample in load(tmp_path)}
    assert right(samples["multiple_answer_choice"], "The answer is A, C.")
    assert not right(samples["multiple_answer_choice"], "The answer is A.")
    assert right(samples["true_false"], "The statement is incorrect.") and not right(samples["true_false"], "Yes.")
    assert right(samples["calculation"], "So we get \\boxed{0.75}") and not right(
        samples["calculation"], "\\boxed{0.7}"
    )
    assert right(samples["fill_in_the_blank"], "The answer is monsoon.")
    assert shown(MDK12.prompts["official"](samples["true_false"])) == "Which one is 2?"


def test_a_name_says_discipline_stage_kind_and_modality(tmp_path: Path) -> None:
    table(tmp_path, "HSPH_calculation_multi_modal_medium", plain(7, "5"))
    table(tmp_path, "HSPH_calculation_single_modal", plain(7, "5", image=""))
    (tmp_path / "notes.tsv").write_text("a\tb\n1\t2\n")  # another table is not read
    first, second = load(tmp_path)
    assert first.id == "HSPH_calculation_multi_modal-7" and second.id == "HSPH_calculation_single_modal-7"
    assert (first.tags["discipline"], first.tags["stage"], first.tags["subject"]) == ("physics", "high school", "HSPH")
    assert [sample.id for sample in load(tmp_path, "single_modal")] == [second.id]
    assert [sample.id for sample in load(tmp_path, limit=1)] == [first.id]
    assert first.images and not second.images


def test_a_folder_without_tables_and_no_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "notes.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(SourceError, match=r"no table of 'all'.*holds notes\.tsv.*unpack"):
        load(tmp_path)
    with pytest.raises(SourceError, match="not read from the hub"):
        MDK12.load(LoadRequest(split="all"))


def test_pictures_are_shared_by_index_listed_or_broken(tmp_path: Path) -> None:
    rows = (
        plain(1, "5", image=PICTURE),
        plain(2, "5", image="1"),
        plain(3, "5", image=f"['{PICTURE}', '{PICTURE}']"),
        plain(4, "5", image="!" * 80),
        plain(5, "5", image="gone"),
    )
    table(tmp_path, "HSPH_calculation_multi_modal", *rows)
    pictures = [[image.data for image in sample.images] for sample in load(tmp_path)]
    assert pictures == [[b"p" * 60], [b"p" * 60], [b"p" * 60] * 2, [b"!" * 80], []]


def test_options_inside_a_question_are_not_asked_twice(tmp_path: Path) -> None:
    table(
        tmp_path,
        "HSPH_single_answer_choice_single_modal",
        plain(1, "B", image="", question="Which? A. red B. blue C. green"),
    )
    (sample,) = load(tmp_path)
    assert [choice.text for choice in sample.reference.choices] == ["red", "blue", "green"]
    assert shown(MDK12.prompts["official"](sample)) == "Which? A. red B. blue C. green"


def test_every_table_counts_alike_and_a_discipline_by_its_stages(tmp_path: Path) -> None:
    """Mathematics: middle school tables at 1 and 0, high school at 0, so (1/2 + 0) / 2; physics at 1."""
    table(tmp_path, "MSMA_calculation_single_modal", *(plain(number, "5", image="") for number in range(9)))
    table(tmp_path, "MSMA_true_false_single_modal", plain(1, "True", image=""))
    table(tmp_path, "HSMA_calculation_single_modal", plain(1, "5", image=""))
    table(tmp_path, "HSPH_calculation_single_modal", plain(1, "5", image=""), plain(2, "5", image=""))
    samples = {sample.id: sample for sample in load(tmp_path)}
    good = {"MSMA_calculation_single_modal", "HSPH_calculation_single_modal"}
    items = [
        Item(
            sample_id=name,
            index=0,
            status="CORRECT",
            score=None if name.endswith("HSPH_calculation_single_modal-2") else float(sample.tags["table"] in good),
            reason="",
        )
        for name, sample in samples.items()
    ]
    whole, mathematics, physics = headline(items, samples)
    assert whole.value == pytest.approx(100 * 2 / 4) and whole.samples == 12
    assert (mathematics.name, mathematics.value) == ("mathematics", pytest.approx(25.0))
    assert (physics.name, physics.value, physics.samples) == ("physics", 100, 1)
    assert headline([], samples)[0].value is None
