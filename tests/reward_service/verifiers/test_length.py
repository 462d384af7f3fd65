"""The length rules against the numbers of their papers, and what the parameters refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.errors import ParameterError
from reward_service.types import Status
from reward_service.verifiers.length import cosine, dapo_overlong, expected_steps, kimi, l1_exact
from reward_service.verify import verify


@pytest.mark.parametrize(
    ("length", "score"), [(16_384, 0.0), (17_408, -0.25), (18_432, -0.5), (20_480, -1.0), (20_481, -1.0)]
)
def test_dapo_overlong_matches_the_paper(length: int, score: float) -> None:
    assert dapo_overlong(length, 20_480, 4_096) == score


@pytest.mark.parametrize(
    ("length", "right", "wrong"), [(0, 2.0, -10.0), (250, 1.8536, -8.5355), (500, 1.5, -5.0), (750, 1.1464, -1.4645)]
)
def test_cosine_matches_the_paper(length: int, right: float, wrong: float) -> None:
    assert cosine(length, 1000, True) == pytest.approx(right, abs=1e-4)
    assert cosine(length, 1000, False) == pytest.approx(wrong, abs=1e-4)
    assert cosine(1001, 1000, True) == -10.0


def test_kimi_matches_the_paper() -> None:
    group = [(100, True), (200, True), (300, False), (300, True)]
    assert [kimi(length, 100, 300, right) for length, right in group] == [0.5, 0.0, -0.5, -0.5]
    assert kimi(7, 7, 7, True) == 0.0


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.booleans())
def test_l1_is_best_at_the_length_asked_for(length: int, wanted: int, right: bool) -> None:
    assert l1_exact(length, wanted, 3e-4, right) <= l1_exact(wanted, wanted, 3e-4, right) == float(right)


@given(st.integers(0, 100), st.integers(1, 50), st.floats(0, 2))
def test_expected_steps_stays_within_its_range(steps: int, wanted: int, tolerance: float) -> None:
    assert 0.0 <= expected_steps(steps, wanted, tolerance) <= 1.0
    assert expected_steps(wanted, wanted, tolerance) == 1.0


def test_a_rule_that_lacks_a_parameter_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="group_shortest"):
        verify("x", "", verifier="length", rule="kimi", length=3, correct=True)


@pytest.mark.parametrize("rule", ["dapo_overlong", "cosine", "kimi", "l1"])
def test_a_length_that_was_not_sent_is_refused_and_not_taken_for_0(rule: str) -> None:
    """A length of 0 is the best there is for most rules: a trainer that forgets it would pay every response for it."""
    rest = {"correct": True, "group_shortest": 1, "group_longest": 3, "wanted": 5}
    with pytest.raises(ParameterError, match="needs 'length'"):
        verify("x", "", verifier="length", rule=rule, **rest)


@pytest.mark.parametrize(
    ("text", "score"),
    [("Step 1: a\nStep 2: b\nThe final answer is 3", 1.0), ("1. a\n", 2 / 3), ("", 0.0), ("a\n\nb\n\nc\n\nd", 0.0)],
)
def test_steps_are_counted_where_their_number_is_not_sent(text: str, score: float) -> None:
    counted = verify(text, "", verifier="length", rule="expected_steps", wanted=2)
    assert counted.score == pytest.approx(score)
    sent = verify("", "", verifier="length", rule="expected_steps", wanted=2, length=2)
    assert sent.score == 1.0


def test_verdict_carries_the_score() -> None:
    verdict = verify("x", "", verifier="length", length=18_432)
    assert (verdict.status, verdict.score) == (Status.PARTIAL, -0.5)
