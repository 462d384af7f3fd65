"""GeoSense beyond what every benchmark owes: what kind of answer it is, its pictures, rows that are not its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.geosense import GEOSENSE
from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError, SourceError
from rfteval.types import Sample
from tests.benchmarks.case import load, score, write
from tests.benchmarks.cases.geosense import CASES, row

CASE = CASES[0]
OPTIONS = "How long is AC? A. 3 cm B. 4 cm C. 5 cm"


def loaded(folder: Path, *rows: dict[str, object]) -> list[Sample]:
    write(folder, CASE, rows)
    return load(folder, CASE)


@pytest.mark.parametrize(
    ("question", "answer", "kind", "said", "wrong"),
    [
        (OPTIONS, "B", "choice", "4 cm", "5 cm"),  # the option's text will do for its letter
        (OPTIONS, "4 cm", "choice", "B", "C"),  # and its letter for its text
        (OPTIONS, "4.0", "", "4", "C"),  # no option is written so
        ("Which one of the shapes shown?", "B", "choice", "B", "C"),  # options in the picture
        ("Which segment is the longest?", "AB", "", "AB", "BC"),
        ("Find x.", 9, "", "9", "8"),
        ("Find angle ACB.", "55°", "", "55 degrees", "35 degrees"),
        ("Find the area.", "$25\\pi$", "", "25π", "25"),
    ],
)
def test_what_an_answer_is(tmp_path: Path, question: str, answer: object, kind: str, said: str, wrong: str) -> None:
    (sample,) = loaded(tmp_path, row("a/1.png", question, answer))
    assert (sample.reference.kind == "choice") is (kind == "choice")
    assert score(CASE, sample, f"The answer is {said}.", "rules").correct
    assert not score(CASE, sample, f"The answer is {wrong}.", "rules").correct


def test_problems_that_share_a_picture_are_kept_apart_and_counted_as_one_cluster(tmp_path: Path) -> None:
    first, second = loaded(tmp_path, row("a/1.png", "Find x.", "1"), row("a/1.png", "Find y.", "2"))
    assert (first.id, second.id) == ("a/1.png", "a/1.png#2")
    assert first.tags["picture"] == second.tags["picture"] and first.tags["source"] == "a"


def test_pictures_lie_in_imgs_and_nowhere_else(tmp_path: Path) -> None:
    (sample,) = loaded(tmp_path, row("a/1.png", "Find x.", "1"))
    assert [str(image.path) for image in sample.images] == [str(tmp_path / "imgs" / "a" / "1.png")]
    with pytest.raises(InputFileError, match="leads out of the snapshot"):
        loaded(tmp_path, row("../../etc/passwd", "Find x.", "1"))


def test_the_chinese_problems_are_a_split(tmp_path: Path) -> None:
    write(tmp_path, CASE, [row("a/1.png", "求x。", "1")], "geosense_ch.jsonl")
    (sample,) = GEOSENSE.load(LoadRequest(split="ch", data=str(tmp_path)))
    assert sample.question == "求x。"


def test_rows_with_another_name_for_the_question_are_refused_by_name(tmp_path: Path) -> None:
    named = {("problem" if key == "question" else key): value for key, value in row("a/1.png", "Q", "1").items()}
    with pytest.raises(SourceError, match=r"no column 'question'; found img_path, problem, answer, knowledge_points"):
        loaded(tmp_path, named)


@pytest.mark.parametrize("answer", [None, "", True, ["1"]])
def test_an_answer_that_is_none_is_named(tmp_path: Path, answer: object) -> None:
    with pytest.raises(InputFileError, match="'answer' must be a text or a number"):
        loaded(tmp_path, row("a/1.png", "Find x.", answer))
