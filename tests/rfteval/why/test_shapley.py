"""Dividing a gap: the shares add up, and are the averages over all orders that they are said to be."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfteval.why.shapley import Factor, Levels, divide

QUESTIONS = [f"q{number}" for number in range(6)]


def cells(seed: int) -> dict[Levels, dict[str, float]]:
    """Scores of every question in every cell, drawn anew for each."""
    generator = random.Random(seed)
    found: dict[Levels, dict[str, float]] = {}
    for levels in itertools.product(range(4), repeat=3):
        found[levels] = {question: generator.random() for question in QUESTIONS}
    return found


def mean(scores: dict[str, float]) -> float:
    return sum(scores.values()) / len(scores)


@given(st.integers(0, 1000), st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_shares_add_up_to_the_gap_and_are_means_over_all_orders(seed: int, sizes: list[int]) -> None:
    table = cells(seed)

    def cell(levels: Levels) -> dict[str, float]:
        return table[(*levels, *(0 for _ in range(3 - len(levels))))]

    factors = [
        Factor(name=str(place), steps=tuple(f"{place}.{step}" for step in range(size)))
        for place, size in enumerate(sizes)
    ]
    effects = divide(factors, cell, {})
    first, last = tuple(0 for _ in sizes), tuple(sizes)
    gap = mean(cell(last)) - mean(cell(first))
    assert sum(effect.share.mean for effect in effects) == pytest.approx(gap, abs=1e-12)
    shares = {effect.name: effect.share.mean for effect in effects}
    for place, size in enumerate(sizes):
        orders = []
        for order in itertools.permutations(range(len(sizes))):
            before = [0] * len(sizes)
            for other in order[: order.index(place)]:
                before[other] = sizes[other]
            after = list(before)
            after[place] = size
            orders.append(mean(cell(tuple(after))) - mean(cell(tuple(before))))
        own = sum(shares[f"{place}.{step}"] for step in range(size))
        assert own == pytest.approx(sum(orders) / len(orders), abs=1e-12)


def test_what_does_not_interact_has_one_effect() -> None:
    def cell(levels: Levels) -> dict[str, float]:
        return dict.fromkeys(QUESTIONS, 0.1 + 0.2 * levels[0] - 0.1 * levels[1])

    one, other = divide([Factor(name="a", steps=("a",)), Factor(name="b", steps=("b",))], cell, {})
    for effect, size in ((one, 0.2), (other, -0.1)):
        assert (effect.alone, effect.last, effect.share.mean) == pytest.approx((size, size, size))


def test_an_interaction_is_divided_evenly() -> None:
    """Either swap alone does nothing; both together give everything."""

    def cell(levels: Levels) -> dict[str, float]:
        return {question: float(levels == (1, 1)) for question in QUESTIONS}

    effects = divide([Factor(name="a", steps=("a",)), Factor(name="b", steps=("b",))], cell, {})
    assert [(effect.alone, effect.last, effect.share.mean) for effect in effects] == [(0.0, 1.0, 0.5)] * 2


def test_a_question_without_a_score_in_some_cell_is_in_none() -> None:
    def cell(levels: Levels) -> dict[str, float]:
        return {"q0": 0.0, "q1": 1.0} if levels == (0,) else {"q0": 1.0}

    (effect,) = divide([Factor(name="a", steps=("a",))], cell, {})
    assert (effect.alone, effect.share.count) == (1.0, 1)
    with pytest.raises(ValueError, match="no question"):
        divide([Factor(name="a", steps=("a",))], lambda levels: {f"q{levels[0]}": 1.0}, {})


def test_errors_are_those_of_the_clusters() -> None:
    generator = random.Random(4)
    change = {question: generator.random() for question in QUESTIONS}

    def cell(levels: Levels) -> dict[str, float]:
        return {question: change[question] * levels[0] for question in QUESTIONS}

    (effect,) = divide([Factor(name="a", steps=("a",))], cell, {question: question[1] for question in QUESTIONS})
    (paired,) = divide([Factor(name="a", steps=("a",))], cell, {"q0": "x", "q1": "x"})
    assert effect.share.clusters == 6 and paired.share.clusters == 5


def test_without_factors_there_are_no_effects() -> None:
    assert divide([], lambda levels: {"q": 1.0}, {}) == ()
    with pytest.raises(ValueError):
        Factor(name="a", steps=())
