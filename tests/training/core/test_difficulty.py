"""Estimates of difficulty, and the promotion of a curriculum."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.tolerance import assert_close
from training.core.curriculum import CurriculumState, Promotion, advance_curriculum
from training.core.difficulty import Difficulty, frontier_weight, observed, worth
from training.core.selection import chance_of_signal


def test_a_prompt_never_asked_has_an_even_chance() -> None:
    assert Difficulty().accuracy == 0.5


def test_estimates_follow_a_policy_that_learns() -> None:
    estimate = Difficulty()
    for right in (0, 0, 8, 8, 8):
        estimate = observed(estimate, right=right, tried=8, decay=0.7)
    assert estimate.accuracy > 0.75
    assert_close(observed(Difficulty(right=3, tried=8), right=8, tried=8, decay=0.0).right, 8.0)


@given(counts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 16)), max_size=8), decay=st.floats(0, 1))
def test_estimates_stay_between_never_and_always(counts: list[tuple[float, int]], decay: float) -> None:
    estimate = Difficulty()
    for share, tried in counts:
        estimate = observed(estimate, right=share * tried, tried=tried, decay=decay)
    assert 0 < estimate.accuracy < 1
    assert 0 < worth(estimate, 8) < 1
    assert Difficulty(**json.loads(json.dumps(dataclasses.asdict(estimate)))) == estimate


def test_unscored_responses_teach_nothing() -> None:
    before = Difficulty(right=2, tried=4)
    after = observed(before, right=0, tried=0, decay=1.0)
    assert after == before


def test_a_prompt_solved_once_is_asked_less_not_never() -> None:
    solved = Difficulty(right=8, tried=8)
    assert chance_of_signal(1.0, 8) == 0
    assert 0.05 < worth(solved, 8) < worth(Difficulty(), 8)


@given(right=st.integers(0, 20), wrong=st.integers(0, 20), group=st.integers(2, 16))
def test_worth_is_the_mean_over_the_beta_distribution(right: int, wrong: int, group: int) -> None:
    """Against the integral, by the rule of midpoints over the quantile-friendly substitution p = sin^2."""
    estimate = Difficulty(right=right, tried=right + wrong)
    a, b = right + 0.5, wrong + 0.5
    steps = 400
    total = norm = 0.0
    for i in range(steps):
        angle = (i + 0.5) * math.pi / 2 / steps
        p = math.sin(angle) ** 2
        weight = math.sin(angle) ** (2 * a - 1) * math.cos(angle) ** (2 * b - 1)
        norm += weight
        total += weight * chance_of_signal(p, group)
    assert_close(worth(estimate, group), total / norm)


def test_many_responses_make_worth_the_chance_at_their_share() -> None:
    estimate = Difficulty(right=3e7, tried=1e8)
    assert_close(worth(estimate, 8), chance_of_signal(0.3, 8), absolute=1e-5)


def test_frontier_weight() -> None:
    assert_close(frontier_weight(0.5), 1.0)
    assert_close(frontier_weight(0.7), math.exp(-0.5))
    assert_close(frontier_weight(0.3), frontier_weight(0.7))


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Difficulty(right=3, tried=2)


def advance(promotion: Promotion, accuracies: list[float | None], stages: int = 3) -> CurriculumState:
    state = CurriculumState()
    for accuracy in accuracies:
        state = advance_curriculum(promotion, state, accuracy, stages=stages)
    return state


def test_promotion_needs_accuracy_and_patience() -> None:
    promotion = Promotion(accuracy=0.7, patience=50)
    assert advance(promotion, [1.0] * 49).stage == 0
    assert advance(promotion, [1.0] * 50) == CurriculumState(stage=1)
    assert advance(promotion, [0.69] * 500).stage == 0
    assert advance(promotion, [1.0] * 100).stage == 2


def test_promotion_at_fixed_steps() -> None:
    promotion = Promotion(accuracy=None, steps=10)
    assert [advance(promotion, [0.0] * steps).stage for steps in (9, 10, 19, 20, 99)] == [0, 1, 1, 2, 2]


def test_an_early_failure_is_forgotten() -> None:
    """The moving mean follows the last steps: after 50 right steps it is above .7 whatever went before."""
    promotion = Promotion(accuracy=0.7, patience=50)
    assert advance(promotion, [0.0] * 200 + [1.0] * 50).stage == 1


def test_a_step_without_scored_responses_leaves_the_mean() -> None:
    state = advance(Promotion(), [0.4, None, None])
    assert (state.accuracy, state.steps) == (0.4, 3)


def test_the_last_stage_does_not_end() -> None:
    assert advance(Promotion(patience=1), [1.0] * 20, stages=2).stage == 1


@given(accuracies=st.lists(st.none() | st.floats(0, 1), max_size=30), cut=st.integers(0, 30))
def test_a_saved_state_goes_on_as_if_uninterrupted(accuracies: list[float | None], cut: int) -> None:
    promotion = Promotion(patience=3)
    saved = CurriculumState(**json.loads(json.dumps(dataclasses.asdict(advance(promotion, accuracies[:cut])))))
    for accuracy in accuracies[cut:]:
        saved = advance_curriculum(promotion, saved, accuracy, stages=3)
    assert saved == advance(promotion, accuracies)
