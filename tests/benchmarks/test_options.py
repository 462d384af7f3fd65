"""Options that stand inside a question, and answers of several letters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.options import choice_reference, letters_of, options_of


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("How large? ()\nChoices:\nA:40°\nB:60°\nC:120°", {"A": "40°", "B": "60°", "C": "120°"}),
        ("its equation.A. \\frac{x}{2} B. Can not determine.", {"A": "\\frac{x}{2}", "B": "Can not determine."}),
        ("(A) 1 (B) 2", {"A": "1", "B": "2"}),
        ("下列正确的是（ ）\nA．甲\nB．乙\nC．丙", {"A": "甲", "B": "乙", "C": "丙"}),
        ("Given A. Lines A. one B. two of them", {"A": "one", "B": "two of them"}),
        ("A. both A and B fit\nB. not B.\nC. A. only", {"A": "both A and B fit", "B": "not B.", "C": "A. only"}),
        ("Point A lies on BC.", {}),
        ("A. alone", {}),
    ],
)
def test_options_in_a_text(text: str, options: dict[str, str]) -> None:
    assert {choice.label: choice.text for choice in options_of(text)} == options


@pytest.mark.parametrize(
    ("answer", "letters"),
    [
        ("B", "B"),
        ("AC", "AC"),
        ("A, C", "AC"),
        ("A\nC", "AC"),
        ("A、C", "AC"),
        ("A and C", "AC"),
        ("12", ""),
        ("AA", ""),
    ],
)
def test_letters_of_an_answer(answer: str, letters: str) -> None:
    assert "".join(letters_of(answer)) == letters


def test_letters_without_options_are_listed() -> None:
    reference = choice_reference("Which two curves?", "AC")
    assert (reference.answer, reference.alternatives, reference.choices) == ("A, C", ("AC",), ())


@given(st.text(alphabet="AB. (:\n", max_size=200))
def test_labels_are_a_run_from_a(text: str) -> None:
    labels = "".join(choice.label for choice in options_of(text))
    assert labels == "ABCDEFGHIJ"[: len(labels)] and len(labels) != 1


@pytest.mark.data
def test_real_questions_give_their_options(shared_data: Path) -> None:
    """MV-MATH's 1109: the one without labels it lacks is problem 637, whose options have no stops."""
    rows = [json.loads(line) for line in (shared_data / "mv_math" / "questions.jsonl").read_text().splitlines()]
    choices = [row for row in rows if row["answer_type"] == "choice"]
    bad = [row["problem_id"] for row in choices if len(options_of(row["question"])) != 4]
    assert (len(choices), bad) == (1109, [637])
