"""MV-MATH beyond what every benchmark owes: problems in steps, the prompts of the other kinds, pictures by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import mv_math
from benchmarks.mv_math import MV_MATH, headline
from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError, SourceError
from rfteval.metrics import Item
from rfteval.rows import Row
from rfteval.types import Sample
from tests.benchmarks.case import load, score, shown, write
from tests.benchmarks.cases.mv_math import CASES, row

CASE = CASES[0]
STEPS = row(9, "multi-step", "(1) B?\n\n<image_1>\n\n(2) D?\n\n<image_2>", "(1) B (3, 5); (2) (3, 4)")


def loaded(folder: Path, *rows: dict[str, object]) -> list[Sample]:
    write(folder, CASE, rows)
    return load(folder, CASE)


def test_an_answer_in_steps_is_unscored_without_a_judge_and_never_wrong(tmp_path: Path) -> None:
    (sample,) = loaded(tmp_path, STEPS)
    assert not score(CASE, sample, "(1) B (3, 5) (2) (3, 4)", "rules").status.scored
    item = Item(sample_id=sample.id, index=0, status="ERROR", score=None, reason="no judge")
    metrics = {metric.name: metric for metric in headline([item], {sample.id: sample})}
    assert metrics["several steps"].value is None and metrics["all"].value is None
    assert metrics["all"].note == "1 of 1 responses have no score"


def test_each_kind_has_its_own_examples(tmp_path: Path) -> None:
    single, steps = loaded(tmp_path, row(1, "single-step", "L?<image_1><image_2>", "4"), STEPS)
    one, several = (shown(mv_math.ask_official(sample)) for sample in (single, steps))
    assert one.startswith("<system>You are an assistant for solving math problems.") and "multiple choice" not in one
    assert "\\( \\frac{1}{2} \\times AB \\times BC \\)" in one and "\\[\\text{Area}" in one  # doubled in this one alone
    assert "Answer: 6\n\nPlease reason step by step, each step" in one and one.endswith(
        "\nQuestion: L?<image_1><image_2>"
    )
    assert several.startswith("<system>You are a math problem-solving assistant.")
    assert "(2). Step 1: According to the equal area method" in several and "\x0crac{1}{2}" in several


def test_pictures_are_found_beside_the_rows_or_in_their_folder(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (sample,) = loaded(tmp_path, row(1, "choice", "A. 1 B. 2", "B"))
    assert [str(image.path) for image in sample.images] == [
        str(tmp_path / "images" / f"batch_1_{place}.jpg") for place in range(2)
    ]
    for place in range(2):
        (tmp_path / f"batch_1_{place}.jpg").write_bytes(b"x")
    (sample,) = load(tmp_path, CASE)
    assert [str(image.path) for image in sample.images] == [
        str(tmp_path / f"batch_1_{place}.jpg") for place in range(2)
    ]


def test_a_picture_outside_the_snapshot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="leads out of the snapshot"):
        loaded(tmp_path, {**row(1, "choice", "A. 1 B. 2", "B"), "input_image": ["../../etc/passwd"]})


def test_a_table_without_pictures_is_refused_from_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row(place="hub row 1", values=row(1, "choice", "A. 1 B. 2", "B"))]
    monkeypatch.setattr(mv_math, "read_split", lambda *_: iter(rows))
    with pytest.raises(SourceError, match="problem 1 has no pictures"):
        MV_MATH.load(LoadRequest(split="train"))


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"answer_type.*choice, single-step, multi-step.*'essay'"):
        loaded(tmp_path, row(1, "essay", "Why?", "Because"))
