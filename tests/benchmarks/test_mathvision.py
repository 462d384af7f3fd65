"""The benchmark MATH-Vision: prompts to the letter, tags, bad rows, and that its problems can be answered rightly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from benchmarks import BENCHMARKS
from benchmarks.mathvision import MATHVISION
from reward_service.limits import Budget
from reward_service.types import Status, Verdict
from reward_service.verifiers import registry
from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError
from rfteval.types import ImagePart, Sample, TextPart

# Rows in the columns of MathLLMs/MathVision, written for this test.
ROWS: list[dict[str, Any]] = [
    {
        "id": str(number),
        "question": f"Problem {number}?\n<image1>",
        "options": options,
        "image": f"images/{number}.jpg",
        "answer": answer,
        "solution": None,
        "level": number % 5 + 1,
        "subject": subject,
    }
    for number, (answer, options, subject) in enumerate(
        [
            ("6", [], "counting"),
            ("B", ["A", "B", "C", "D", "E"], "logic"),
            ("D", ["$1: 4$", "$\\frac{1}{3}$", "12 cm", "$2\\sqrt{3}$", "none"], "solid geometry"),
            ("$4 \\pi$", [], "metric geometry - area"),
            ("2.5", [], "arithmetic"),
            ("E", ["1", "2", "3", "4", "5"], "graph theory"),
        ]
    )
]


def loaded(folder: Path, rows: list[dict[str, Any]]) -> list[Sample]:
    (folder / "testmini.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(MATHVISION.load(LoadRequest(split="testmini", data=str(folder))))


def score(sample: Sample, text: str, profile: str) -> Verdict:
    (component,) = MATHVISION.profiles[profile].components(sample)
    verifier = registry.resolve(component.verifier, sample.reference)
    parameters = registry.parameters_for(verifier, component.parameters)
    return registry.run(verifier, text, sample.reference, parameters, Budget())


def text_of(sample: Sample, protocol: str) -> str:
    (message,) = MATHVISION.prompts[protocol](sample).messages
    assert [type(part) for part in message.parts] == [ImagePart, TextPart]
    part = message.parts[-1]
    assert isinstance(part, TextPart)
    return part.text


def test_it_is_listed() -> None:
    assert MATHVISION in BENCHMARKS


def test_prompts_to_the_letter(tmp_path: Path) -> None:
    """models/Qwen-VL.py: options that are only the letters in the picture are left out."""
    free, letters, texts, *_ = loaded(tmp_path, ROWS)
    brief = "Answer the question using a single word or phrase."
    assert text_of(free, "direct") == f"Problem 0?\n<image1>\n\n{brief}"
    assert text_of(letters, "direct") == f"Problem 1?\n<image1>\n\n{brief}"
    shown = "(A) $1: 4$\n(B) $\\frac{1}{3}$\n(C) 12 cm\n(D) $2\\sqrt{3}$\n(E) none\n"
    assert text_of(texts, "direct") == f"Problem 2?\n<image1>\n{shown}\n{brief}"
    assert text_of(texts, "step-by-step") == (
        'Please solve the problem step by step and put your answer in one "\\boxed{}". If it is a multiple choice '
        f'question, only one letter is allowed in the "\\boxed{{}}".\nProblem 2?\n<image1>\n{shown}'
    )


@pytest.mark.parametrize("profile", MATHVISION.profiles)
def test_the_reference_is_right_and_anothers_is_not(profile: str, tmp_path: Path) -> None:
    samples = loaded(tmp_path, ROWS)
    for sample, other in zip(samples, samples[1:] + samples[:1], strict=True):
        for said in (f"So we get\n\\boxed{{{sample.reference.answer}}}", f"The answer is {sample.reference.answer}."):
            assert score(sample, said, profile).correct, (sample.id, said)
        verdict = score(sample, f"So we get\n\\boxed{{{other.reference.answer}}}", profile)
        assert verdict.status is Status.INCORRECT, (sample.id, verdict)


@pytest.mark.data
def test_real_references_said_as_models_say_them(shared_data: Path) -> None:
    """All but two of 3040: "{squareinches}" and "{inches}" after a number, unboxed, are no unit to our parser."""
    samples = list(MATHVISION.load(LoadRequest(split="test", data=str(shared_data / "mathvision"))))
    assert len(samples) == 3040
    unreadable = {"3007", "3008"}
    for sample, other in zip(samples[::4], samples[4::4] + samples[:1], strict=True):
        said = "The answer is" if sample.id not in unreadable else "So"
        verdict = score(sample, f"{said} \\boxed{{{sample.reference.answer}}}.", "rules")
        assert verdict.correct, (sample.id, verdict)
        if other.reference.answer != sample.reference.answer:
            verdict = score(sample, f"{said} \\boxed{{{other.reference.answer}}}.", "rules")
            assert not verdict.correct or sample.reference.choices, (sample.id, verdict)


@pytest.mark.data
def test_testmini_has_its_published_make_up_and_its_pictures(shared_data: Path) -> None:
    samples = list(MATHVISION.load(LoadRequest(split="testmini", data=str(shared_data / "mathvision"))))
    assert len(samples) == 304
    subjects = [sample.tags["subject"] for sample in samples]
    assert {subjects.count(subject) for subject in subjects} == {19} and len(set(subjects)) == 16
    assert all(sample.images[0].path and Path(sample.images[0].path).is_file() for sample in samples)


def test_pictures_are_read_from_a_table_of_the_hub(tmp_path: Path) -> None:
    picture = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    columns = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    table = pyarrow.table(columns)
    cells = [{"bytes": row["id"].encode(), "path": None} for row in ROWS]
    table = table.append_column("decoded_image", pyarrow.array(cells, picture))
    (tmp_path / "data").mkdir()
    pyarrow.parquet.write_table(table, tmp_path / "data" / "testmini-00000-of-00001-f8ff70fcb2f29b1d.parquet")
    samples = MATHVISION.load(LoadRequest(split="testmini", data=str(tmp_path)))
    assert [sample.images[0].data for sample in samples] == [row["id"].encode() for row in ROWS]
    assert len({sample.tags["picture"] for sample in samples}) == len(ROWS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"options": ["1", "2"]}, "5 options and a letter from A to E, found 2 options"),
        ({"options": list("12345"), "answer": "F"}, "found 5 options and the answer 'F'"),
        ({"options": "A"}, "'options' must be a list of texts"),
        ({"answer": None}, "'answer' must be a text"),
        ({"level": 1.5}, "'level' must be a text"),
    ],
)
def test_a_bad_row_is_named_with_its_line(change: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=said) as caught:
        loaded(tmp_path, [ROWS[0], ROWS[1] | change])
    assert "testmini.jsonl:2" in str(caught.value)
