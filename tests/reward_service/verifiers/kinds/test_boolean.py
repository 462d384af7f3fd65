"""Yes and no: with or without an explanation, in either language, denied or not; "not sure" is no answer."""

from __future__ import annotations

import pytest

from reward_service.types import Reference
from reward_service.verifiers.kinds import boolean
from reward_service.verifiers.outcome import Context

YES = ("Yes", "yes", "True", "true", "correct", "是", "对", "正确", "$\\text{Yes}$", "Yes.")
NO = ("No", "no", "False", "false", "incorrect", "否", "错", "错误", "\\text{False}", "NO!")
SAYS = (
    "{}",
    "{}.",
    "**{}**",
    "\\boxed{{\\text{{{}}}}}",
    "{}, because the angle is obtuse.",
    "{}. The angle is obtuse.",
    "{}: the two are parallel",
    "{} - it does not fit",
    "The answer is {}.",
    "It is {}.",
    "The statement is {}.",
    "I think {}",
    "(A) {}",
    "Therefore, {}",
    "答案是{}",
)


def verdict(gold: str, answer: str) -> bool | None:
    """Whether the kind finds them equal; None where it does not recognise the reference."""
    outcome = boolean.compare(gold, answer, Context(reference=Reference(answer=gold)))
    return None if outcome is None else outcome.equal


@pytest.mark.parametrize("frame", SAYS)
@pytest.mark.parametrize("yes", ["Yes", "True", "correct"])
@pytest.mark.parametrize("no", ["No", "False", "incorrect"])
def test_a_word_with_an_explanation(frame: str, yes: str, no: str) -> None:
    for gold, same, opposite in ((yes, yes, no), (no, no, yes)):
        assert verdict(gold, frame.format(same)) is True
        assert verdict(gold, frame.format(opposite)) is False


@pytest.mark.parametrize("gold", YES)
def test_all_words_for_yes_are_one_answer(gold: str) -> None:
    assert all(verdict(gold, answer) is True for answer in YES)
    assert all(verdict(gold, answer) is False for answer in NO)


@pytest.mark.parametrize("gold", NO)
def test_all_words_for_no_are_one_answer(gold: str) -> None:
    assert all(verdict(gold, answer) is True for answer in NO)
    assert all(verdict(gold, answer) is False for answer in YES)


@pytest.mark.parametrize("gold", ["yes", "no"])
@pytest.mark.parametrize(
    "answer",
    ["not sure", "maybe", "maybe yes", "yes or no", "yes/no", "no, or yes", "cannot be determined",
     "not necessarily true",
     "5", "nothing", "none", "known", "yesterday", "trueish", "", "unknown", "It depends", "不确定", "x = 1"],
)  # fmt: skip
def test_neither_yes_nor_no(gold: str, answer: str) -> None:
    assert verdict(gold, answer) is False


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("not true", False),
        ("It is not true.", False),
        ("not false", True),
        ("isn't correct", False),
        ("不正确", False),
        ("不对", False),
    ],
)
def test_a_denied_word_is_the_opposite(answer: str, expected: bool) -> None:
    assert verdict("yes", answer) is expected
    assert verdict("no", answer) is not expected


@pytest.mark.parametrize(
    "gold", ["5", "x", "Paris", "yes and no", "none", "", "true north", "nope or yes", "T", "y", "not sure"]
)
def test_other_references_are_left_to_other_kinds(gold: str) -> None:
    assert verdict(gold, "yes") is None


@pytest.mark.parametrize("rest", [" or 12345", ", 12345", " + 1", "*2", " = 3", " or maybe"])
@pytest.mark.parametrize("word", ["yes", "No", "true", "对"])
def test_a_word_and_something_else_is_neither_yes_nor_no(word: str, rest: str) -> None:
    assert boolean.polarity(word + rest) is None
