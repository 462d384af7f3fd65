"""Dividing a gap among factors that were swapped: alone, after the others, and in even shares. Pure.

A factor has levels 0 (as in the first run) to its last (as in the second). A cell is a choice of levels, and has the
scores of all questions. The even share of a factor is its effect averaged over every order of swapping (Shapley 1953),
so that the shares add up to the gap; what one swap does alone, and what it does last, show how far factors interact.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rfteval.statistics.intervals import Estimate, estimate

Levels = tuple[int, ...]
Cell = Callable[[Levels], Mapping[str, float]]  # the scores of all questions with the factors at these levels


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What swapping one thing does to the score, as shares: `alone` in the first run, `last` after everything else.

    `share` is the even share with its clustered error.
    """

    name: str
    alone: float
    last: float
    share: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """What is swapped: `steps` name the changes between its levels, one after the other."""

    name: str
    steps: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError(f"factor {self.name!r} has one level, so nothing of it can be swapped")


def divide(factors: Sequence[Factor], cell: Cell, clusters: Mapping[str, str]) -> tuple[Effect, ...]:
    """The effect of each step of each factor, over the questions that every cell has. Raises ValueError for none.

    The even shares of all steps add up to the last cell's mean less the first one's.
    """
    sizes = [len(factor.steps) for factor in factors]
    cells = {levels: cell(levels) for levels in itertools.product(*(range(size + 1) for size in sizes))}
    questions = set.intersection(*(set(scores) for scores in cells.values()))
    if not questions:
        raise ValueError("no question has a score in every cell")
    effects = []
    for place, factor in enumerate(factors):
        for step, name in enumerate(factor.steps):
            shares = dict.fromkeys(questions, 0.0)
            for others, weight in _contexts(place, sizes):
                before, after = cells[_at(others, place, step)], cells[_at(others, place, step + 1)]
                for question in questions:
                    shares[question] += weight * (after[question] - before[question])
            first = tuple(0 for _ in sizes)
            last = tuple(sizes)
            effects.append(
                Effect(
                    name=name,
                    alone=_gap(cells[_at(first, place, step)], cells[_at(first, place, step + 1)], questions),
                    last=_gap(cells[_at(last, place, step)], cells[_at(last, place, step + 1)], questions),
                    share=estimate(shares, clusters, shares=False),
                )
            )
    return tuple(effects)


def _contexts(place: int, sizes: Sequence[int]) -> list[tuple[Levels, float]]:
    """The levels of the other factors, all at 0 or at their last, with the weight of the orders that lead there.

    k others are swapped before the factor in k! (n-1-k)! of the n! orders.
    """
    count = len(sizes)
    others = [other for other in range(count) if other != place]
    found = []
    for swapped in itertools.product((False, True), repeat=len(others)):
        levels = [0] * count
        for other, each in zip(others, swapped, strict=True):
            levels[other] = sizes[other] if each else 0
        before = sum(swapped)
        weight = math.factorial(before) * math.factorial(count - 1 - before) / math.factorial(count)
        found.append((tuple(levels), weight))
    return found


def _at(levels: Levels, place: int, level: int) -> Levels:
    return (*levels[:place], level, *levels[place + 1 :])


def _gap(before: Mapping[str, float], after: Mapping[str, float], questions: set[str]) -> float:
    return math.fsum(after[question] - before[question] for question in questions) / len(questions)
