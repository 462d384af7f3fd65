"""Equality class by class: every pair of equality_pairs.py, wrapped and turned round where that changes nothing."""

from __future__ import annotations

import pytest

from reward_service import Status, Verdict
from reward_service.verify import verify
from tests.reward_service.verifiers.equality_pairs import EQUAL, UNEQUAL, Pair

# Classes in which the two sides play the same part, so that either may be the reference.
SYMMETRIC = (
    "algebraic and trigonometric identities",
    "factorials, binomials and huge powers",
    "equations of conics and planes",
    "complex numbers",
    "lines, circles and conics",
    "spellings of numbers and roots",
    "matrices",
    "grouping, roots and floors",
)


def judged(gold: str, answer: str) -> Verdict:
    return verify(answer, gold, kind="expression")


@pytest.mark.parametrize("name", EQUAL)
def test_equal_answers_are_correct(name: str) -> None:
    missed = [(gold, answer, judged(gold, answer).reason) for gold, answer in EQUAL[name]]
    missed = [row for row in missed if judged(row[0], row[1]).status is not Status.CORRECT]
    assert not missed


@pytest.mark.parametrize("name", UNEQUAL)
def test_unequal_answers_are_incorrect(name: str) -> None:
    paid = [(gold, answer, judged(gold, answer).rule) for gold, answer in UNEQUAL[name]]
    paid = [row for row in paid if judged(row[0], row[1]).status is not Status.INCORRECT]
    assert not paid


@pytest.mark.parametrize("name", SYMMETRIC)
def test_either_side_may_be_the_reference(name: str) -> None:
    pairs: tuple[Pair, ...] = EQUAL[name]
    one_sided = [(gold, answer) for gold, answer in pairs if not judged(answer, gold).correct]
    assert not one_sided


def test_a_reference_equals_itself() -> None:
    everything = {gold for pairs in (*EQUAL.values(), *UNEQUAL.values()) for gold, _ in pairs}
    references = sorted(gold for gold in everything if "#" not in gold)  # "##" parts accepted forms, no answer has it
    assert [gold for gold in references if not judged(gold, gold).correct] == []


@pytest.mark.parametrize("wrapper", [r"\boxed{%s}", r"\( %s \)", "$%s$", r"\[ %s. \]", " %s ", r"\displaystyle %s"])
def test_wrappers_change_nothing(wrapper: str) -> None:
    pairs = [pair for name in SYMMETRIC for pair in EQUAL[name] if "$" not in pair[1]]
    changed = [(gold, answer) for gold, answer in pairs if not judged(gold, wrapper % answer).correct]
    assert not changed


def test_probing_is_said_to_be_probabilistic() -> None:
    verdict = judged(r"\sin 2x", r"2\sin x\cos x")
    assert verdict.correct and "probabilistic" in verdict.flags
    assert "probabilistic" not in judged("1/2", "2/4").flags


def test_an_inequality_says_how_both_sides_were_read() -> None:
    reason = judged(r"\frac{x}{2}", r"\frac{x}{3}").reason
    assert "read as" in reason and "reference" in reason
