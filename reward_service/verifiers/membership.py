"""Whether two sets of real numbers are the same, by membership.

They are compared at every end point of either and between neighbours. Conditions that are not linear are followed on
a grid, with their changes of sign bisected to the last bit, so an equality with one is only probable.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Final

from reward_service.limits import Budget
from reward_service.verifiers import numerics
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.probing import probe
from reward_service.verifiers.realsets import Combined, Condition, Points, RealSet, Span

_CLOSE: Final = Fraction(1, 1 << 90)
_GRID: Final = tuple(
    sorted(
        {Fraction(k, 2) for k in range(-24, 25)}
        | {Fraction(k * 7, 16) + Fraction(1, 97) for k in range(-30, 31)}
        | {Fraction(k) for k in (-1000, -100, -50, -20, -16, 16, 20, 50, 100, 1000)}
    )
)


def same_set(gold: RealSet, answer: RealSet, budget: Budget) -> tuple[bool, bool] | None:
    """(equal, certain), or None where end points have no values. Parameters in end points take three probe values."""
    certain = not (_has_condition(gold) or _has_condition(answer))
    parameters = sorted(_parameters(gold) | _parameters(answer))
    compared = 0
    for index in range(9) if parameters else (0,):
        point: dict[str, Fraction | int] = {name: probe(name, index, False) for name in parameters}
        try:
            same, inhabited = same_at(gold, answer, point, budget)
        except ArithmeticError:
            continue
        if not same:
            return False, True
        compared += inhabited
        if compared >= 2:
            break
    return (True, certain and not parameters) if compared else None


def same_at(gold: RealSet, answer: RealSet, point: dict[str, Fraction | int], budget: Budget) -> tuple[bool, bool]:
    """(whether both hold the same samples, whether any sample is in them)."""
    gold, answer = _resolved(gold, point, budget), _resolved(answer, point, budget)
    ends: list[Fraction] = []
    for item in (gold, answer):
        _collect_ends(item, point, ends, budget)
    ends.sort()
    distinct: list[Fraction] = []
    for end in ends:
        if not distinct or end - distinct[-1] > _CLOSE * max(Fraction(1), abs(end)):
            distinct.append(end)
    samples = list(distinct)
    if distinct:
        samples.extend((low + high) / 2 for low, high in itertools.pairwise(distinct))
        samples.extend((distinct[0] - 1, distinct[-1] + 1, distinct[0] - 1000, distinct[-1] + 1000))
    else:
        samples.append(Fraction(0))
    if _has_condition(gold) or _has_condition(answer):
        samples.extend(_GRID)
    inhabited = False
    for sample in samples:
        budget.spend(10)
        inside = _contains(gold, sample, point, budget)
        if inside != _contains(answer, sample, point, budget):
            return False, inhabited
        inhabited = inhabited or inside
    return True, inhabited


def _has_condition(item: RealSet) -> bool:
    if isinstance(item, Combined):
        return any(_has_condition(inner) for inner in item.sets)
    return isinstance(item, Condition)


def _parameters(item: RealSet) -> frozenset[str]:
    if isinstance(item, Combined):
        return frozenset().union(*(_parameters(inner) for inner in item.sets))
    if isinstance(item, Condition):
        return (tree.names(item.left) | tree.names(item.right)) - {item.variable}
    nodes = item.values if isinstance(item, Points) else tuple(end for end in (item.low, item.high) if end is not None)
    return frozenset().union(*(tree.names(node) for node in nodes))


def _number(node: Node, point: dict[str, Fraction | int], budget: Budget) -> Fraction:
    """A rational within 2**-150 of the value. Raises ArithmeticError where it has none."""
    budget.spend(4 + 2 * len(node.parts))
    exact = numerics.exact(node, point, budget)
    if exact is not None:
        return Fraction(exact)
    value = numerics.evaluate(node, point, numerics.Precision(260, budget))
    if len(value) != 4 or abs(value[2]) > 20_000:
        raise numerics.TooLarge("an end point too large to compare")
    number = Fraction(int(value[1])) * Fraction(2) ** int(value[2])
    return -number if value[0] else number


def _resolved(item: RealSet, point: dict[str, Fraction | int], budget: Budget) -> RealSet:
    """The same set with its end points as literals, so that each is worked out once."""
    if isinstance(item, Combined):
        return Combined(item.operation, tuple(_resolved(inner, point, budget) for inner in item.sets))
    if isinstance(item, Span):
        low = None if item.low is None else tree.number(_number(item.low, point, budget))
        high = None if item.high is None else tree.number(_number(item.high, point, budget))
        return Span(low, high, item.low_closed, item.high_closed)
    if isinstance(item, Points):
        return Points(tuple(tree.number(_number(value, point, budget)) for value in item.values))
    return item


def _collect_ends(item: RealSet, point: dict[str, Fraction | int], ends: list[Fraction], budget: Budget) -> None:
    if isinstance(item, Combined):
        for inner in item.sets:
            _collect_ends(inner, point, ends, budget)
    elif isinstance(item, Span):
        ends.extend(_number(end, point, budget) for end in (item.low, item.high) if end is not None)
    elif isinstance(item, Points):
        ends.extend(_number(value, point, budget) for value in item.values)
    else:
        ends.extend(_roots(item, point, budget))


def _roots(item: Condition, point: dict[str, Fraction | int], budget: Budget) -> list[Fraction]:
    """Where the two sides of a condition meet, as far as a change of sign between grid points shows it."""
    difference = tree.add(item.left, tree.negative(item.right))
    found: list[Fraction] = []
    before: tuple[Fraction, Fraction] | None = None
    for place in _GRID:
        try:
            value = _number(difference, {**point, item.variable: place}, budget)
        except ArithmeticError:
            before = None
            continue
        if value == 0:
            found.append(place)
        elif before is not None and (before[1] > 0) != (value > 0) and before[1] != 0:
            root = _bisected(difference, item.variable, before, place, point, budget)
            if root is not None:
                found.append(root)
        before = (place, value)
    return found


def _bisected(
    node: Node,
    name: str,
    start: tuple[Fraction, Fraction],
    high: Fraction,
    point: dict[str, Fraction | int],
    budget: Budget,
) -> Fraction | None:
    """The root between two places of different sign, to 2**-110; None at a pole."""
    low, rising = start[0], start[1] < 0
    largest = abs(start[1])
    for _ in range(112):
        middle = (low + high) / 2
        try:
            value = _number(node, {**point, name: middle}, budget)
        except ArithmeticError:
            return None
        if value == 0:
            return middle
        if (value < 0) == rising:
            low = middle
        else:
            high = middle
        largest = max(largest, abs(value))
    return None if largest > 1_000_000 else (low + high) / 2


def _contains(item: RealSet, sample: Fraction, point: dict[str, Fraction | int], budget: Budget) -> bool:
    if isinstance(item, Combined):
        inside = [_contains(inner, sample, point, budget) for inner in item.sets]
        if item.operation == tree.UNION:
            return any(inside)
        return all(inside) if item.operation == tree.INTERSECTION else inside[0] and not any(inside[1:])
    if isinstance(item, Span):
        return _above(item.low, item.low_closed, sample, point, budget) and _below(
            item.high, item.high_closed, sample, point, budget
        )
    if isinstance(item, Points):
        return any(_near(_number(value, point, budget), sample) for value in item.values)
    return _holds(item, sample, point, budget)


def _near(end: Fraction, sample: Fraction) -> bool:
    return abs(end - sample) <= _CLOSE * max(Fraction(1), abs(end))


def _above(end: Node | None, closed: bool, sample: Fraction, point: dict[str, Fraction | int], budget: Budget) -> bool:
    if end is None:
        return True
    value = _number(end, point, budget)
    return closed if _near(value, sample) else sample > value


def _below(end: Node | None, closed: bool, sample: Fraction, point: dict[str, Fraction | int], budget: Budget) -> bool:
    if end is None:
        return True
    value = _number(end, point, budget)
    return closed if _near(value, sample) else sample < value


def _holds(item: Condition, sample: Fraction, point: dict[str, Fraction | int], budget: Budget) -> bool:
    """Whether the condition holds; it does not where a side is undefined."""
    bindings = {**point, item.variable: sample}
    try:
        apart = _number(tree.add(item.left, tree.negative(item.right)), bindings, budget)
    except ArithmeticError:
        return False
    zero = abs(apart) <= _CLOSE * max(Fraction(1), abs(sample))
    operator = item.operator
    if zero:
        return operator in ("<=", ">=", "=")
    if operator in ("<", "<="):
        return apart < 0
    if operator in (">", ">="):
        return apart > 0
    return operator == "!="
