"""Step rewards against R1-VL's own toy numbers, and the places of per-step scores."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.errors import ParameterError
from reward_service.types import Status
from reward_service.verifiers.reasoning.steps import matched_share, split_steps
from reward_service.verify import verify

VALID = (
    "### Image Description:\nA triangle.\n### Rationales:\nUse the angle sum.\n### Let's think step by step.\n"
    "### Step 1:\nThe angles sum to 180 degrees.\n### Step 2:\n50 + 60 = 110, so the third is 180 - 110 = 70.\n"
    "### The final answer is: 70"
)
KEYS = ("angle sum|angles sum to 180", "110", "third", "isosceles")


@pytest.mark.parametrize(
    ("found", "correct", "text", "score"),
    [(3, True, VALID, 1.075), (2, False, VALID, 0.05), (1, False, VALID, 0.025)],
)
def test_step_accuracy_matches_the_paper(found: int, correct: bool, text: str, score: float) -> None:
    keys = KEYS[:found] + ("nowhere",) * (4 - found)
    verdict = verify(text, "70", verifier="step_accuracy", key_steps=keys, correct=correct)
    assert verdict.score == pytest.approx(score)


def test_step_accuracy_is_zero_without_an_answer_and_checks_the_answer_itself() -> None:
    verdict = verify("", "70", verifier="step_accuracy", key_steps=KEYS, correct=False)
    assert (verdict.status, verdict.score) == (Status.NO_ANSWER, 0.0)
    assert verify(VALID, "70", verifier="step_accuracy", key_steps=KEYS).score == pytest.approx(1.075)
    assert verify(VALID, "71", verifier="step_accuracy", key_steps=KEYS).score == pytest.approx(0.075)
    assert verify(VALID, "", verifier="step_accuracy", key_steps=KEYS).score is None
    with pytest.raises(ParameterError, match="key_steps"):
        verify(VALID, "70", verifier="step_accuracy")


def test_any_synonym_counts_and_only_steps_are_searched() -> None:
    assert matched_share(VALID, ("a triangle",)) == 0.0
    assert matched_share(VALID, ("ANGLES SUM TO 180|x",)) == 1.0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("### Image Description:", ""),
        ("### Rationales:", ""),
        ("Step 2", "Step 3"),
        ("### Step 1:", "### The final answer is: 7\n### Step 1:"),
        ("### The final answer is: 70", ""),
        ("### The final answer is: 70", "### The final answer is:"),
    ],
)
def test_step_validity_needs_every_part_in_order(old: str, new: str) -> None:
    assert verify(VALID, "", verifier="step_validity").score == 1.0
    assert verify(VALID.replace(old, new), "", verifier="step_validity").score == 0.0


def test_each_step_has_its_place_and_a_false_calculation_costs_it() -> None:
    wrong = VALID.replace("180 - 110 = 70", "180 - 110 = 80")
    verdict = verify(wrong, "70", verifier="steps")
    assert [step.score for step in verdict.steps] == [1.0, 0.0]
    assert "180 - 110 = 80" in verdict.steps[1].reason
    assert verdict.score == 0.5
    assert verify(VALID, "70", verifier="steps").score == 1.0


def test_key_steps_count_in_order() -> None:
    in_order = verify(VALID, "", verifier="steps", key_steps=("sum to 180", "third"))
    assert (in_order.score, [step.score for step in in_order.steps]) == (1.0, [1.0, 1.0])
    reversed_ = verify(VALID, "", verifier="steps", key_steps=("third", "sum to 180"))
    assert reversed_.score == 0.5
    assert verify(VALID, "", verifier="steps", key_steps=("third", "sum to 180"), ordered=False).score == 1.0


@given(
    st.lists(st.text(alphabet="ab 12.\n", min_size=1), max_size=8),
    st.sampled_from(["Step {}:", "{}. ", "### Step {}:"]),
)
def test_steps_lie_inside_the_text_in_order_without_overlap(bodies: list[str], heading: str) -> None:
    text = "\n".join(heading.format(index + 1) + body for index, body in enumerate(bodies))
    steps = split_steps(text)
    assert all(0 <= step.start <= step.end <= len(text) for step in steps)
    assert all(one.end <= other.start for one, other in itertools.pairwise(steps))


def test_a_wrong_clause_costs_only_itself() -> None:
    text = "<think>P is 5, Q is 9, R is 8. 5 + 9 = 14.</think><answer>14</answer>"
    keys = ("P is 6,", "Q is 9,", "R is 8.", "6 + 9 = 15.|9 + 6 = 15.")
    verdict = verify(text, "", verifier="steps", unit="clause", key_steps=keys)
    assert (verdict.score, [step.score for step in verdict.steps]) == (0.5, [0.0, 1.0, 1.0, 0.0])
    right = text.replace("P is 5", "P is 6").replace("5 + 9 = 14", "9 + 6 = 15")
    assert verify(right, "", verifier="steps", unit="clause", key_steps=keys).score == 1.0
    assert right[verdict.steps[3].start : verdict.steps[3].end] == " 9 + 6 = 15."


@pytest.mark.parametrize(
    ("body", "scores"),
    [
        ("R is 8. Q is 9, P is 6,", [0.0, 0.0, 1.0]),  # out of order, so one is left
        ("P is 6, P is 6, R is 8.", [1.0, 0.0, 1.0]),  # said twice counts once
        ("P is 60, R is 8.", [0.0, 1.0]),
        ("3.5, R is 8. and no mark", [0.0, 1.0]),
    ],
)
def test_clauses_count_once_each_in_order_and_as_a_whole(body: str, scores: list[float]) -> None:
    verdict = verify(body, "", verifier="steps", unit="clause", key_steps=("P is 6,", "Q is 9,", "R is 8."))
    assert [step.score for step in verdict.steps] == scores


def test_many_clauses_against_many_key_steps_end_within_the_budget() -> None:
    verdict = verify("a, " * 5000, "", verifier="steps", unit="clause", key_steps=("b,",) * 5000)
    assert verdict.score in (0.0, None)
