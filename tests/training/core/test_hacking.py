"""Monitors of reward hacking: the worked chart, ranks, components that part ways."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.tolerance import assert_close
from training.core.hacking import Cusum, CusumState, advance_cusum, component_divergence, spearman

PROXY = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85]
GOLD = [0.2, 0.28, 0.35, 0.38, 0.37, 0.33, 0.28, 0.25]


def chart(values: list[float], settings: Cusum) -> list[CusumState]:
    states = [CusumState()]
    for value in values:
        states.append(advance_cusum(settings, states[-1], value))
    return states[1:]


def test_worked_chart() -> None:
    """The alarm comes one step after the gold score peaks, at index 4; the baseline is the mean of the first two."""
    gaps = [proxy - gold for proxy, gold in zip(PROXY, GOLD, strict=True)]
    states = chart(gaps, Cusum(slack=0.02, limit=0.2, warmup=2))
    assert_close([state.total for state in states], [0, 0, 0.02, 0.11, 0.31, 0.65, 1.14, 1.71])
    assert [state.alarm for state in states].index(True) == GOLD.index(max(GOLD)) + 1 == 4


@given(gap=st.floats(-1, 1), noise=st.lists(st.floats(-0.009, 0.009), min_size=4, max_size=60))
def test_a_steady_gap_is_no_alarm(gap: float, noise: list[float]) -> None:
    """An offset between proxy and gold is no drift, nor is noise below the slack."""
    assert not any(state.alarm for state in chart([gap + part for part in noise], Cusum()))


@given(values=st.lists(st.floats(-1, 1), max_size=20), cut=st.integers(0, 20))
def test_a_saved_state_goes_on_as_if_uninterrupted(values: list[float], cut: int) -> None:
    before = [CusumState(), *chart(values[:cut], Cusum())][-1]
    state = CusumState(**json.loads(json.dumps(dataclasses.asdict(before))))
    for value in values[cut:]:
        state = advance_cusum(Cusum(), state, value)
    assert state == [CusumState(), *chart(values, Cusum())][-1]


def test_a_gap_that_was_not_measured_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        advance_cusum(Cusum(), CusumState(), math.nan)


def test_length_against_reward() -> None:
    correlation = spearman([100, 220, 150, 400, 380, 500], [0.1, 0.5, 0.2, 0.7, 0.9, 0.8])
    assert correlation is not None
    assert_close(correlation, 0.828571)


@given(pairs=st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=3, max_size=12))
def test_spearman_slow_reference(pairs: list[tuple[int, int]]) -> None:
    """Ranks by counting: one more than the smaller values, plus half the equal others."""
    first, second = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]

    def ranks(values: list[float]) -> list[float]:
        return [1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2 for value in values]

    left, right = ranks(first), ranks(second)
    mean = sum(left) / len(left)
    covariance = sum((a - mean) * (b - mean) for a, b in zip(left, right, strict=True))
    spread = math.sqrt(sum((a - mean) ** 2 for a in left) * sum((b - mean) ** 2 for b in right))
    correlation = spearman(first, second)
    if spread == 0:
        assert correlation is None
    else:
        assert correlation is not None
        assert_close(correlation, covariance / spread)


def test_too_little_says_nothing() -> None:
    assert spearman([1, 2], [1, 2]) is None
    assert spearman([1, 2, 3], [5, 5, 5]) is None


def test_format_up_and_accuracy_down() -> None:
    steps = range(20)
    parted = component_divergence([0.3 + 0.03 * s for s in steps], [0.5 - 0.01 * s for s in steps])
    assert parted.parted
    assert_close([parted.easy, parted.hard], [0.57, -0.19])
    assert not component_divergence([0.3 + 0.03 * s for s in steps], [0.5 + 0.01 * s for s in steps]).parted
    assert not component_divergence([0.9] * 20, [0.5 - 0.01 * s for s in steps]).parted


def test_one_noisy_step_does_not_decide() -> None:
    """By its ends the accuracy fell by 0.06, three times what counts; by the fitted line it did not."""
    rising = [0.3 + 0.03 * s for s in range(20)]
    assert not component_divergence(rising, [0.5] * 19 + [0.44]).parted


def test_pairs_are_needed() -> None:
    with pytest.raises(ValueError, match="pairs"):
        spearman([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="two or more"):
        component_divergence([0.1], [0.2])
