"""Spatial457: the published equality, quirks included; its sets; pictures as loose files from the hub."""

from __future__ import annotations

import json
from pathlib import Path

import huggingface_hub
import pytest

from benchmarks.spatial457 import SETS, SPATIAL457, answer_of, headline
from reward_service.limits import Budget
from reward_service.types import Reference, Verdict
from reward_service.verifiers import registry
from rfteval import sources
from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError
from rfteval.metrics import Item
from rfteval.types import Sample
from tests.benchmarks.case import shown
from tests.benchmarks.cases.spatial457 import row

OFFICIAL = registry.get("spatial457_official")


def judge(text: str, gold: str, **parameters: object) -> Verdict:
    chosen = registry.parameters_for(OFFICIAL, parameters)
    return registry.run(OFFICIAL, text, Reference(answer=gold), chosen, Budget())


@pytest.mark.parametrize(
    ("response", "gold", "right", "step", "flags"),
    [
        ("{'Reasoning': 'x', 'Answer': 'YES'}", "Yes", True, "text", ()),
        ('{"Answer": "no"} and {"Answer": "yes"}', "Yes", False, "different", ()),  # the first one
        ("{'Answer': 3}", "3", True, "text", ()),
        ("{'Answer': 10}", "10", False, "different", ()),  # one digit is read
        ('{"Answer": 3}', "3", False, "different", ("format",)),  # no pattern takes a bare number in double quotes
        ("yes", "Yes", True, "text", ("format",)),
        ("I think yes", "Yes", False, "different", ("format",)),
        ("{'Answer': 'None'}", "No", True, "text", ()),
        ("{'Answer': '0'}", "No", True, "zero-for-no", ()),
        ("{'Answer': '4'}", "Yes", True, "number-for-yes", ("number-for-yes",)),
        ("{'Answer': '0'}", "Yes", False, "different", ()),
        ("{'Answer': 'Four'}", "4", True, "words", ()),
        ("{'Answer': 'sedan'}", "suv", True, "same-group", ("same-group",)),
        ("{'Answer': 'school bus'}", "double bus", True, "same-group", ("same-group",)),
        ("{'Answer': 'jet'}", "suv", False, "different", ()),
        ("Road or mountain, who knows", "utility bike", True, "same-group", ("format", "same-group")),
        ("{'Answer': 'it's red'}", "red", False, "different", ()),
    ],
)
def test_the_published_rule(response: str, gold: str, right: bool, step: str, flags: tuple[str, ...]) -> None:
    verdict = judge(response, gold)
    assert (verdict.correct, verdict.rule, verdict.flags) == (right, f"spatial457.{step}", flags)


def test_strictly_one_car_is_not_another() -> None:
    assert not judge("{'Answer': 'sedan'}", "suv", same_group=False).correct
    assert judge("{'Answer': 'suv'}", "suv", same_group=False).correct


def test_nothing_said_has_no_answer_and_nothing_asked_is_no_wrong_answer() -> None:
    assert judge(" ", "Yes").status.name == "NO_ANSWER"
    assert not judge("Yes", "").status.scored


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("{'Reasoning': 'it's red', 'Answer': 'it's red'}", "it's red"),
        ('```json\n{"Reasoning": "x",\n "answer" : "School bus"\n}\n```', "School bus"),
        ("{'Answer': 3}", "3"),
        ("{'Answer': 'left'} no: {'Answer': 'right'}", "right"),
        ("The answer is 3.", "The answer is 3."),
    ],
)
def test_our_rules_read_the_json_as_models_write_it(response: str, answer: str) -> None:
    assert answer_of(response) == answer


def write(folder: Path, name: str, *rows: dict[str, object]) -> None:
    (folder / "questions").mkdir(exist_ok=True)
    content = {"info": {"split": "test"}, "questions": list(rows)}
    (folder / "questions" / f"{SETS[name][0]}.json").write_text(json.dumps(content))


def test_all_sets_are_one_split_and_scored_apart(tmp_path: Path) -> None:
    for name in SETS:
        write(tmp_path, name, row(1, "Is there a car?", True), row(2, "How many?", 2))
    samples = SPATIAL457.load(LoadRequest(split="all", data=str(tmp_path)))
    assert len(samples) == 14 and len({sample.id for sample in samples}) == 14
    assert [sample.id for sample in SPATIAL457.load(LoadRequest(split="all", data=str(tmp_path), limit=3))] == [
        *("L1_single-1", "L1_single-2", "L2_objects-1"),
    ]
    items = [
        Item(sample_id=sample.id, index=0, status="CORRECT", score=float(sample.tags["level"] == "L5"), reason="")
        for sample in samples[2:]  # nothing of L1 was asked
    ]
    values = {metric.name: metric.value for metric in headline(items, {sample.id: sample for sample in samples})}
    assert values["L5_collision"] == 100 and values["L2_objects"] == 0 and "L1_single" not in values
    assert values["all"] == pytest.approx(100 * 4 / 12)


def test_each_set_says_what_to_identify(tmp_path: Path) -> None:
    for name in SETS:
        write(tmp_path, name, row(1, "Is there a car?", True))
    heads = [shown(SPATIAL457.prompts["official"](sample)).split("[[")[0] for sample in load_all(tmp_path)]
    assert len(set(heads)) == 7 and "objects’ perspective in 3D space" in heads[5]
    assert "objects' perspective" in shown(SPATIAL457.prompts["lmms-eval"](load_all(tmp_path)[5]))


def load_all(folder: Path) -> list[Sample]:
    return list(SPATIAL457.load(LoadRequest(split="all", data=str(folder))))


def test_an_answer_that_is_a_list_is_named(tmp_path: Path) -> None:
    write(tmp_path, "L1_single", row(1, "?", ["a"]))
    with pytest.raises(InputFileError, match="'answer' must be a text, a number or a boolean"):
        SPATIAL457.load(LoadRequest(split="L1_single", data=str(tmp_path)))


def test_from_the_hub_pictures_are_loose_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "L4_occ", row(7, "Is it hidden?", False))
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "superCLEVR_new_000007.png").write_bytes(b"pixels")
    asked: list[object] = []

    def folder(repository: str, **wanted: object) -> str:
        asked.append((repository, wanted["allow_patterns"], wanted["repo_type"], wanted["revision"]))
        return str(tmp_path)

    monkeypatch.setattr(sources, "_hub_answers", lambda: True)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda _, name, **__: str(tmp_path / name))
    monkeypatch.setattr(huggingface_hub, "snapshot_download", folder)
    (sample,) = SPATIAL457.load(LoadRequest(split="L4_occ"))
    assert asked == [("RyanWW/Spatial457", ["images/*"], "dataset", "main")]
    assert Path(str(sample.images[0].path)).read_bytes() == b"pixels" and sample.reference.answer == "No"
