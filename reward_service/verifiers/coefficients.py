"""Expressions in variables whose coefficients are rounded: 1.414x + 0.577 for √2·x + 1/√3, either way round.

The rule for plain numbers (kinds/rounding.py) carried over to functions: every decimal of enough digits may be off by
half a unit of its last place, and the other side, which has no decimals of its own, must lie within what those halves
can move the value, at every probe point.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from reward_service.limits import Budget
from reward_service.verifiers.kinds.rounding import EVIDENT_DIGITS, ROUNDED_DIGITS
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.probing import probe, value_of

_POINTS: Final = 6
_POINTS_NEEDED: Final = 4
_MOST_DECIMALS: Final = 6
_MOST_NODES: Final = 80
_BITS: Final = 120
_SLOPE: Final = Fraction(103, 100)  # the halves move the value almost linearly
_LARGEST_SLACK: Final = Fraction(1, 100)  # of the value: more than that would say nothing


def rounded_alike(gold: Node, answer: Node, budget: Budget) -> bool:
    """Whether one side is the other with its coefficients rounded to three digits (the reference) or four."""
    if not tree.names(gold) or tree.size(gold) + tree.size(answer) > _MOST_NODES:
        return False
    if _decimals(gold, 1) and not _decimals(answer, 1):
        return _within(gold, answer, _decimals(gold, EVIDENT_DIGITS), budget)
    if _decimals(answer, 1) and not _decimals(gold, 1):
        return _within(answer, gold, _decimals(answer, ROUNDED_DIGITS), budget)
    return False


def _decimals(node: Node, digits: int) -> set[Node]:
    """The decimals with so many significant digits."""
    found = {part for part in tree.walk(node) if part.kind == tree.DECIMAL}
    return {part for part in found if len(str(abs(int(part.value[0] * 10 ** part.value[1])))) >= digits}


def _within(rounded: Node, exact: Node, decimals: set[Node], budget: Budget) -> bool:
    if not 1 <= len(decimals) <= _MOST_DECIMALS or tree.names(rounded) != tree.names(exact):
        return False
    moved = [_replaced(rounded, decimal) for decimal in decimals]
    agreed = 0
    for index in range(_POINTS):
        point = {name: tree.number(Fraction(probe(name, index, False))) for name in tree.names(rounded)}
        budget.spend(40)
        value = value_of(tree.substitute(rounded, point), budget, _BITS)
        wanted = value_of(tree.substitute(exact, point), budget, _BITS)
        others = [value_of(tree.substitute(other, point), budget, _BITS) for other in moved]
        if value is None or wanted is None or any(other is None for other in others):
            continue
        slack = sum((abs(other - value) for other in others if other is not None), Fraction(0)) * _SLOPE
        if slack > abs(value) * _LARGEST_SLACK or abs(value - wanted) > slack:
            return False
        agreed += 1
    return agreed >= _POINTS_NEEDED


def _replaced(node: Node, decimal: Node) -> Node:
    """The expression with one decimal half a unit of its last place higher."""
    if node == decimal:
        value, places = decimal.value
        return tree.number(value + Fraction(1, 2 * 10**places))
    if not node.parts:
        return node
    return Node(node.kind, tuple(_replaced(part, decimal) for part in node.parts), node.value)
