"""References that are an option's letter without the list of options, and the answers they settle."""

from __future__ import annotations

import pytest

from reward_service.types import Reference
from reward_service.verifiers.kinds import option_letter
from reward_service.verifiers.outcome import Context, Outcome


def compare(gold: str, answer: str) -> Outcome | None:
    return option_letter.compare(gold, answer, Context(reference=Reference(answer=gold)))


@pytest.mark.parametrize("label", list("ABCDEFGHIJ"))
@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "({})",
        "{}.",
        "{})",
        "\\text{{{}}}",
        "\\textbf{{({})}}",
        "\\text{{{}. }}5",
        "Option {}",
        "option ({})",
        "{}. 145°",
        "({}) Paris",
        "{}: x = 5",
    ],
)
def test_a_label_in_every_form(label: str, form: str) -> None:
    other = "J" if label != "J" else "B"
    for gold, equal in ((label, True), (other, False), (f"({label})", True)):
        outcome = compare(gold, form.format(label))
        assert outcome is not None and outcome.equal is equal


@pytest.mark.parametrize("answer", ["B or C", "B \\text{ or } C", "B, C", "B and C", "(B) or (C)"])
@pytest.mark.parametrize("gold", ["B", "C", "(B)"])
def test_several_labels_are_a_hedge(gold: str, answer: str) -> None:
    outcome = compare(gold, answer)
    assert outcome is not None and not outcome.equal and outcome.flags == ("hedged",)


@pytest.mark.parametrize(
    "answer",
    ["x+1", "C+1", "C_1", "c", "Cu", "CO_2", "A circle", "C = 5", "E=mc^2", "C^2", "5", "not C", "", "C'", "CD", "B/C"],
)
@pytest.mark.parametrize("gold", ["C", "A", "E"])
def test_what_may_be_a_variable_or_a_word_is_left_to_other_kinds(gold: str, answer: str) -> None:
    assert compare(gold, answer) is None


@pytest.mark.parametrize("gold", ["x", "AB", "5", "Paris", "c", "A + B", "A_1", "\\frac{A}{B}", "Angle A", "A circle"])
def test_other_references_are_left_to_other_kinds(gold: str) -> None:
    assert compare(gold, "C") is None


@pytest.mark.parametrize("gold", ["(C) 145°", "C. 145°", "C) 145°"])
def test_a_label_with_its_text(gold: str) -> None:
    for answer, expected in (("C", True), ("(C)", True), ("B", False), ("145°", True), ("$145^{\\circ}$", True)):
        outcome = compare(gold, answer)
        assert outcome is not None and outcome.equal is expected
    assert compare(gold, "140°") is None


def test_a_reference_that_is_a_name_after_its_letter() -> None:
    """Cases of lighteval's tests/unit/metrics/test_extractive_match.py."""
    for gold, answer, expected in (
        ("C Cecile", "C", True),
        ("A Cecile", "C", False),
        ("the answer is\n(C) Cecile", "C", True),
    ):
        outcome = compare(gold, answer)
        assert outcome is not None and outcome.equal is expected


@pytest.mark.parametrize("label", ["E", "(E)", "option E"])
@pytest.mark.parametrize("rest", [" or 12345", " or $3$", "/4", "或5"])
def test_a_letter_or_a_value_is_not_the_letter(label: str, rest: str) -> None:
    assert option_letter.compare("E", label + rest, Context(reference=Reference(answer="E"))) is None
