"""Whether two answers are equal by OlympiadBench's judge: as text, interval, number, expression or equation.

Source: OpenBMB/OlympiadBench, inference/code/math_judger.py, `is_equal` and what it calls. `sympy.simplify` of a
difference or a ratio is replaced by values at points in high precision, so identities that simplify does not find are
found here; a power that the script refuses to compute (an exponent over 1000) is refused alike.
"""

from __future__ import annotations

from fractions import Fraction

from reward_service.limits import Budget
from reward_service.verifiers import probing
from reward_service.verifiers.official.sympy_latex import PI, read
from reward_service.verifiers.official.sympy_latex_tokens import Unreadable
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node

_PI = Node(tree.CONSTANT, (), "pi")
_SLACK = 1.01
_SYMBOLIC = Fraction(1, 1000)
_LARGEST_EXPONENT = 1000
_MOST_FACTOR = 1000  # of a ratio between two equations
_BRACKETS = "[]()"


def equality_step(first: str, second: str, precision: float, budget: Budget) -> str:
    """`is_equal`: by which step two parts are equal, empty if they are not."""
    if first == second and first:
        return "text"
    if _is_interval(first) and _is_interval(second):
        try:
            if _same_intervals(first, second, precision, budget):
                return "interval"
        except Unreadable:
            return ""
    step = _as_numbers(first, second, precision)
    if step:
        return step
    if not ("=" in first and "=" in second):
        try:
            if _same_expressions(first, second, precision, budget):
                return "expression"
        except Unreadable:
            pass
    try:
        return "equation" if _same_equations(first, second, budget) else ""
    except Unreadable:
        return ""


def _is_interval(text: str) -> bool:
    return text.startswith(("(", "[")) and text.endswith((")", "]"))


def _same_intervals(first: str, second: str, precision: float, budget: Budget) -> bool:
    """Unions piece by piece: both brackets, then the ends, of which the shorter list decides how many count."""
    left, right = first.split("\\cup"), second.split("\\cup")
    if len(left) != len(right):
        return False
    for one, other in zip(left, right, strict=True):
        if not one or not other:
            raise Unreadable("an empty piece")
        if one[0] != other[0] or one[-1] != other[-1]:
            return False
        ends = zip(one.strip(_BRACKETS).split(","), other.strip(_BRACKETS).split(","), strict=False)
        if not all(_same_expressions(low, high, precision, budget) for low, high in ends):
            return False
    return True


def _as_numbers(first: str, second: str, precision: float) -> str:
    """Numbers as Python reads them: within the precision, or so a hundred times more or less."""
    try:
        one, other = float(first), float(second)
    except ValueError:
        return ""
    for step, value in (("number", one), ("hundredfold", one / 100), ("hundredfold", one * 100)):
        if abs(value - other) <= precision * _SLACK:
            return step
    return ""


def _same_expressions(first: str, second: str, precision: float, budget: Budget) -> bool:
    """What stands behind the first "=", or all of it: one tree, or one value within the precision."""
    one, other = (_with_pi(read(_right_side(text), budget)) for text in (first, second))
    if one == other:
        return True
    variables = [any(part.kind == tree.SYMBOL for part in tree.walk(node)) for node in (one, other)]
    if variables[0] != variables[1]:
        return False
    if variables[0]:
        return _same_everywhere(one, other, budget)
    if not (_computable(one, budget) and _computable(other, budget)):
        return False
    left, right = probing.value_of(one, budget), probing.value_of(other, budget)
    return left is not None and right is not None and abs(left - right) <= Fraction(precision) * Fraction(_SLACK)


def _right_side(text: str) -> str:
    return (text.split("=")[1] if "=" in text else text).strip()


def _with_pi(node: Node) -> Node:
    return tree.substitute(node, {PI: _PI})


def _same_everywhere(one: Node, other: Node, budget: Budget) -> bool:
    """Two expressions of variables: equal, or apart by a constant below 0.001."""
    if not (tree.is_scalar(one) and tree.is_scalar(other)):
        return False
    if probing.agreement(one, other, budget).equal:
        return True
    apart = _constant_difference(one, other, budget)
    return apart is not None and abs(apart) < _SYMBOLIC


def _constant_difference(one: Node, other: Node, budget: Budget) -> Fraction | None:
    """By how much two expressions differ, where that does not depend on the variables."""
    variables = tree.names(one) | tree.names(other)
    zeros = dict.fromkeys(variables, tree.ZERO)
    ones = dict.fromkeys(variables, tree.ONE)
    for at in (zeros, ones):
        left, right = (probing.value_of(tree.substitute(node, at), budget) for node in (one, other))
        if left is not None and right is not None:
            shift = _literal(left - right)
            if shift is not None and probing.agreement(one, tree.add(other, shift), budget).equal:
                return left - right
    return None


def _literal(value: Fraction) -> Node | None:
    return tree.number(value) if value.denominator.bit_length() < 200 else None


def _computable(node: Node, budget: Budget) -> bool:
    """`can_compute_power`: a power, where the whole is one, of an exponent that is not too large."""
    if node.kind != tree.POWER:
        return True
    exponent = probing.value_of(node.parts[1], budget)
    return exponent is not None and abs(exponent) <= _LARGEST_EXPONENT


def _same_equations(first: str, second: str, budget: Budget) -> bool:
    """Two equations: the difference of the sides of one is a whole multiple of that of the other."""
    differences = []
    for text in (first, second):
        sides = text.split("=")
        if len(sides) != 2:
            raise Unreadable("not one equation")
        left, right = (_with_pi(read(side, budget)) for side in sides)
        if not (tree.is_scalar(left) and tree.is_scalar(right)):
            raise Unreadable("no values")
        differences.append(tree.add(left, tree.negative(right)))
    one, other = differences
    for at in range(2, 6):
        point = {
            name: tree.number(Fraction(at * 7 + place * 3, at + place + 1))
            for place, name in enumerate(sorted(tree.names(one) | tree.names(other)))
        }
        values = [probing.value_of(tree.substitute(node, point), budget) for node in (one, other)]
        if not values[0] or not values[1]:
            continue
        ratio = (values[0] / values[1]).limit_denominator(_MOST_FACTOR)
        if not ratio or abs(ratio) > _MOST_FACTOR or (ratio.denominator != 1 and abs(ratio.numerator) != 1):
            return False
        return probing.agreement(one, tree.multiply(tree.number(ratio), other), budget).equal
    return False
