"""The math verifier as a whole: statuses, accepted references, stated kinds, policies, sentences, numbered parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reward_service import Reference, Status, Verdict
from reward_service.limits import Budget
from reward_service.verifiers import math
from reward_service.verifiers.policy import MathPolicy
from reward_service.verify import verify


def judge(gold: str, answer: str, **fields: object) -> Verdict:
    """A bare answer against a reference with further fields."""
    reference = Reference(answer=gold, **fields)  # type: ignore[arg-type]
    return math.check(answer, reference, MathPolicy(input="expression"), Budget())


@pytest.mark.parametrize("gold", ["", "   ", "\n"])
@pytest.mark.parametrize("answer", ["", "5", r"\boxed{}"])
def test_an_empty_reference_is_invalid(gold: str, answer: str) -> None:
    verdict = judge(gold, answer)
    assert verdict.status is Status.INVALID_REFERENCE and verdict.score is None


@pytest.mark.parametrize("answer", ["", "  "])
def test_an_empty_answer_is_no_answer(answer: str) -> None:
    assert judge("5", answer).status is Status.NO_ANSWER


def test_any_accepted_reference_will_do() -> None:
    assert judge("5", "7", alternatives=("6", "7")).correct
    assert not judge("5", "8", alternatives=("6", "7")).correct


def test_a_reference_may_give_its_forms_itself() -> None:
    assert judge(r"$2-\sqrt{3} \# \#-\sqrt{3}+2$", r"2-\sqrt3").correct
    assert judge("7 ## 8", "8").correct and not judge("7 ## 8", "7, 8").correct


def test_the_answer_is_shown_as_extracted() -> None:
    verdict = verify(r"So the answer is \boxed{x + 1}.", "1 + x")
    assert verdict.correct and verdict.extracted == "x + 1" and verdict.extraction_rule


def test_a_reference_of_words_is_not_read_as_a_product() -> None:
    assert judge("odd", "odd").correct
    assert not judge("dew", "wed").correct
    assert judge("xyz", "zyx").correct


def test_a_stated_kind_decides() -> None:
    assert judge("1, 2", "2, 1").correct
    assert not judge("1, 2", "2, 1", kind="list").correct
    assert judge("(1, 2)", "(2, 1)", kind="set").correct
    assert not judge("ab", "ba", kind="text").correct


def test_order_is_a_policy() -> None:
    reference = Reference(answer="(1, 2)")
    strict, free = (MathPolicy(input="expression", order=order) for order in ("strict", "free"))
    assert math.check("(2, 1)", reference, free, Budget()).correct
    assert not math.check("(2, 1)", reference, strict, Budget()).correct
    assert not math.check("2, 1", Reference(answer="1, 2"), strict, Budget()).correct


def test_tolerance_holds_for_expressions() -> None:
    assert judge(r"\sqrt{2}", "1.41", tolerance=0.01).correct
    assert not judge(r"\sqrt{2}", "1.41").correct


@pytest.mark.parametrize(
    ("sentence", "correct"),
    [
        ("Therefore $x > 5$ is the solution.", True), ("Therefore $x < 5$ is the solution.", False),
        ("It is not $x > 5$.", False), ("Either $x > 5$ or nothing.", False), (r"We find that \(x \gt 5\).", True),
        ("At least $x > 5$ holds.", False),
    ],
)  # fmt: skip
def test_the_only_formula_of_a_sentence_is_its_answer(sentence: str, correct: bool) -> None:
    assert judge("x > 5", sentence).correct is correct


def test_numbered_parts_are_compared_one_by_one() -> None:
    gold = "(1) $4$; (2) $x > 2$"
    assert judge(gold, r"(1) 4 (2) $(2, \infty)$").correct
    assert judge(gold, r"（1）4；（2）$x>2$").correct
    assert not judge(gold, r"(1) 4 (2) $(3, \infty)$").correct
    assert not judge(gold, "(1) 4").correct


def test_parameters_of_a_family_may_be_renamed_unless_the_question_names_them() -> None:
    free = "Find all functions such that f(x+y) = f(x) + f(y) - f(0)."
    given = "Let a and b be real numbers. Find the tangent."
    assert judge("f(x) = ax + b", "f(x) = cx + d", question=free).correct
    assert not judge("f(x) = ax + b", "f(x) = bx + a", question=given).correct
    assert not judge("f(x) = ax + b", "f(x) = cx^2 + d", question=free).correct


def test_a_contradictory_chain_is_not_its_last_member() -> None:
    for chain in ("41 = 42", "x = 41 = 42", "x = 5 + 5 = 42", r"x = 42 = 41"):
        assert judge("42", chain).status is Status.INCORRECT
    for chain in ("x = 6 \\cdot 7 = 42", "42 = 42.0", r"A = \frac{1}{2} b h = 42", r"42 \approx 41.99"):
        assert judge("42", chain).status is Status.CORRECT


def test_every_labelled_rewrite_of_math_answers_is_judged_right(shared_data: Path) -> None:
    wrong = []
    for line in (shared_data / "verifier" / "math_rewrites.jsonl").read_text().splitlines():
        row = json.loads(line)
        if verify(row["response"], row["gold"], kind=row["kind"]).correct is not row["label"]:
            wrong.append(row["id"])
    assert wrong == []


def test_no_adversarial_answer_is_paid(shared_data: Path) -> None:
    paid = []
    for line in (shared_data / "verifier" / "adversarial.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["expected"] is False and verify(row["response"], row["gold"], kind=row["kind"]).correct:
            paid.append(row["id"])
    assert paid == []
