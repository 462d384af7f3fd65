"""Paired comparisons: the tests against sums written out, power and coverage by simulation."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfteval.statistics.paired import (
    detectable_difference,
    difference,
    flips,
    holm,
    sign_test,
    student_tail,
)

# P(|T| >= t) by two degrees of freedom or more, from printed tables: (degrees, t, probability).
TAILS = ((1, 6.314, 0.1), (2, 4.303, 0.05), (5, 2.571, 0.05), (10, 3.169, 0.01), (30, 2.042, 0.05), (120, 1.980, 0.05))


@given(st.integers(0, 12), st.integers(0, 12))
def test_the_sign_test_is_the_sum_over_all_outcomes(gained: int, lost: int) -> None:
    count = gained + lost
    outcomes = [sum(each) for each in itertools.product((0, 1), repeat=min(count, 12))] if count <= 12 else None
    if outcomes is None:
        return
    extreme = sum(abs(2 * each - count) >= abs(gained - lost) for each in outcomes)
    assert sign_test(gained, lost) == pytest.approx(extreme / len(outcomes))


def test_the_sign_test_is_exact_for_long_runs() -> None:
    assert sign_test(0, 2000) == pytest.approx(2.0**-1999, rel=1e-9)
    assert sign_test(5000, 5000) == 1.0


@pytest.mark.parametrize(("degrees", "value", "probability"), TAILS)
def test_tails_are_those_of_the_tables(degrees: int, value: float, probability: float) -> None:
    assert student_tail(value, degrees) == pytest.approx(probability, rel=2e-3)


@given(st.integers(1, 60), st.floats(0, 8))
def test_a_tail_is_the_integral_of_the_density(degrees: int, value: float) -> None:
    half = (degrees + 1) / 2
    constant = math.exp(math.lgamma(half) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
    steps = 2000
    width = value / steps
    heights = [constant * (1 + (place * width) ** 2 / degrees) ** -half for place in range(steps + 1)]
    inside = width * (math.fsum(heights) - (heights[0] + heights[-1]) / 2)
    assert student_tail(value, degrees) == pytest.approx(1 - 2 * inside, abs=1e-4)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_a_difference_is_what_was_gained_less_what_was_lost(pairs: dict[str, tuple[bool, bool]]) -> None:
    first = {name: one for name, (one, _) in pairs.items()}
    second = {name: other for name, (_, other) in pairs.items()}
    counted = flips(first, second)
    found = difference({k: float(v) for k, v in first.items()}, {k: float(v) for k, v in second.items()}, resamples=50)
    assert found.estimate.mean == pytest.approx((counted.gained - counted.lost) / len(pairs))
    assert found.second - found.first == pytest.approx(found.estimate.mean)
    back = difference({k: float(v) for k, v in second.items()}, {k: float(v) for k, v in first.items()}, resamples=50)
    assert back.estimate.mean == pytest.approx(-found.estimate.mean)
    assert back.p_value == found.p_value


def test_only_questions_of_both_runs_count() -> None:
    found = difference({"a": 1.0, "b": 0.0, "c": 1.0}, {"b": 1.0, "c": 1.0, "d": 0.0})
    assert (found.estimate.count, found.first, found.second) == (2, 0.5, 1.0)
    with pytest.raises(ValueError, match="no question in common"):
        difference({"a": 1.0}, {"b": 1.0})


def simulated(generator: random.Random, gap: float, clusters: int = 60, size: int = 4) -> tuple[dict[str, float], ...]:
    """Two runs of questions in clusters: hard pictures are hard for both, and the second run is better by `gap`."""
    first, second, of = {}, {}, {}
    for cluster in range(clusters):
        rate = generator.uniform(0.1, 0.6)
        for place in range(size):
            name = f"{cluster}.{place}"
            luck = generator.random()
            first[name] = float(luck < rate)
            # half of the luck is shared, so that the runs are correlated as two models on one question are
            other = luck if generator.random() < 0.5 else generator.random()
            second[name] = float(other < rate + gap)
            of[name] = str(cluster)
    return first, second, of  # type: ignore[return-value]


def test_intervals_of_differences_hold_the_truth_and_p_values_are_honest() -> None:
    generator = random.Random(7)
    held = found_something = 0
    for _ in range(400):
        first, second, of = simulated(generator, 0.0)
        found = difference(first, second, of, resamples=20)  # type: ignore[arg-type]
        assert found.estimate.interval is not None and found.p_value is not None
        held += found.estimate.interval[0] <= 0 <= found.estimate.interval[1]
        found_something += found.p_value < 0.05
    assert 0.925 <= held / 400 <= 0.98
    assert found_something / 400 <= 0.075


def test_a_detectable_difference_is_found_in_four_of_five_cases() -> None:
    generator = random.Random(8)
    first, second, of = simulated(generator, 0.0)
    errors = []
    for _ in range(20):
        first, second, of = simulated(generator, 0.1)
        error = difference(first, second, of, resamples=20).estimate.standard_error  # type: ignore[arg-type]
        errors.append(error or 0.0)
    gap = detectable_difference(sum(errors) / len(errors))
    found = 0
    for _ in range(400):
        first, second, of = simulated(generator, gap)
        p_value = difference(first, second, of, resamples=20).p_value  # type: ignore[arg-type]
        found += p_value is not None and p_value < 0.05
    assert 0.72 <= found / 400 <= 0.88


def test_holm_is_the_rule_of_the_paper() -> None:
    """Step down: the smallest of m against α/m, the next against α/(m-1); adjusted values never fall."""
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.5, 0.9]) == pytest.approx((1.0, 1.0))
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_adjusted_values_keep_their_order_and_never_shrink(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(one >= other for one, other in zip(adjusted, values, strict=True))
    for (one, a), (other, b) in itertools.combinations(zip(values, adjusted, strict=True), 2):
        assert (one <= other) <= (a <= b)


def test_alike_runs_show_no_difference() -> None:
    scores = {str(place): float(place % 3 == 0) for place in range(30)}
    found = difference(scores, scores)
    assert (found.estimate.mean, found.p_value, found.detectable) == (0.0, 1.0, 0.0)
    assert found.correlation == pytest.approx(1.0)
