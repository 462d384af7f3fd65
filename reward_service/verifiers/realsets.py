"""Trees → sets of real numbers: intervals, points, conditions in one variable, and their unions and differences."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from reward_service.limits import Budget
from reward_service.verifiers import numerics
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.probing import agreement
from reward_service.verifiers.statements import read_statement

_ORDER: Final = frozenset({"<", "<=", ">", ">=", "!="})
_INTERVAL_BRACKETS: Final = frozenset({"(]", "[)", "()", "[]"})


@dataclass(frozen=True, slots=True)
class Span:
    """An interval; None as an end means unbounded."""

    low: Node | None
    high: Node | None
    low_closed: bool = False
    high_closed: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """Finitely many numbers."""

    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """The numbers for which a relation between two expressions in one variable holds."""

    left: Node
    operator: str
    right: Node
    variable: str


@dataclass(frozen=True, slots=True)
class Combined:
    """A union, intersection or difference."""

    operation: str
    sets: tuple[RealSet, ...]


RealSet = Span | Points | Condition | Combined


def is_interval(node: Node) -> bool:
    """Whether a tuple can only be an interval: half-open, or with an infinite end."""
    if node.kind != tree.TUPLE or len(node.parts) != 2 or node.value not in _INTERVAL_BRACKETS:
        return False
    return node.value in ("(]", "[)") or any(_is_infinite(part) for part in node.parts)


def is_condition(node: Node) -> bool:
    """Whether a relation, or a list of relations, is a set of values of one variable."""
    if node.kind == tree.RELATION:
        return set(node.value) <= _ORDER and _unknown(node) is not None
    if node.kind != tree.LIST:
        return False
    unknowns = set()
    inequality = False
    for part in node.parts:
        if part.kind != tree.RELATION:
            return False
        if set(part.value) <= _ORDER:
            inequality = True
        elif part.value != ("=",) and part.value != ("in",):
            return False
        unknowns.add(_unknown(part))
    return inequality and len(unknowns) == 1 and None not in unknowns


def _is_infinite(node: Node) -> bool:
    return node == tree.INFINITY or node == tree.NEGATIVE_INFINITY


def _unknown(relation: Node) -> Node | None:
    """What a relation is about: its only variable, or the variable that stands alone on one side.

    An unknown function value such as f(x) counts as one variable.
    """
    alone = [part for part in relation.parts if part.kind in (tree.SYMBOL, tree.APPLY)]
    if len(alone) == 1:
        return alone[0]
    found = {part for part in tree.walk(relation) if part.kind in (tree.SYMBOL, tree.APPLY)}
    applied = {
        inner for part in found if part.kind == tree.APPLY for inner in tree.walk(part) if inner.kind == tree.SYMBOL
    }
    found -= applied
    if len(found) == 1:
        return next(iter(found))
    if len(alone) > 1 and len(relation.parts) == 3:
        return relation.parts[1] if relation.parts[1] in alone else None
    return None


def read(node: Node, budget: Budget) -> RealSet | None:
    """The set of reals a tree stands for, or None."""
    budget.spend(10)
    kind, parts, value = node
    if kind == tree.TUPLE and len(parts) == 2 and value in _INTERVAL_BRACKETS:
        if not all(tree.is_scalar(part) for part in parts):
            return None
        low = None if parts[0] == tree.NEGATIVE_INFINITY else parts[0]
        high = None if parts[1] == tree.INFINITY else parts[1]
        return Span(low, high, value[0] == "[" and low is not None, value[1] == "]" and high is not None)
    if kind == tree.SET:
        values = tuple(part for part in parts if tree.is_scalar(part))
        return Points(values) if len(values) == len(parts) else None
    if kind == tree.EMPTY:
        return Points(())
    if kind == tree.TEXT:
        meant = set_in_words(str(value))
        return None if meant is None else read(meant, budget)
    if kind == tree.NUMBER_SET or (kind == tree.SYMBOL and value == "R"):
        return _number_set(str(value))
    if kind in (tree.UNION, tree.INTERSECTION, tree.DIFFERENCE):
        return _combined(kind, parts, budget)
    if kind == tree.BUILDER:
        return _built(node, budget)
    if kind == tree.WHERE:
        return _with_conditions(node, budget)
    if kind == tree.RELATION and value == ("!=",) and parts[1].kind == tree.PLUS_MINUS:
        left, right = parts[1].parts
        signed = (tree.add(left, right), tree.add(left, tree.negative(right)))
        kept = tuple(_related(Node(tree.RELATION, (parts[0], part), value), budget) for part in signed)
        return Combined("intersection", tuple(item for item in kept if item is not None)) if all(kept) else None
    if kind == tree.RELATION:
        return _related(node, budget)
    if kind == tree.LIST and is_condition(node):
        inner = tuple(read(part, budget) for part in parts)
        known = tuple(item for item in inner if item is not None)
        if len(known) != len(inner):
            return None
        return Combined("union" if value == "or" else "intersection", known)
    if kind == tree.LIST and all(part.kind in (tree.TUPLE, tree.UNION, tree.SET) for part in parts):
        return _combined(tree.UNION, parts, budget)
    return None


_EVERYTHING: Final = frozenset(
    {"all real numbers", "all reals", "any real number", "all real values", "every real number", "全体实数", "任意实数"}
)


def set_in_words(words: str) -> Node | None:
    """The reals or the empty set where words say so, else None."""
    folded = words.casefold().strip(" .")
    if folded in _EVERYTHING:
        return Node(tree.NUMBER_SET, (), "R")
    return Node(tree.EMPTY) if says_nothing(folded) else None


def says_nothing(words: str) -> bool:
    """Whether words say that there is no solution."""
    return words.casefold().startswith(
        ("no solution", "no real", "no such", "none", "does not exist", "doesn't exist", "empty set", "无解", "空集")
    )


def _number_set(name: str) -> RealSet | None:
    if name == "R":
        return Span(None, None)
    if name in ("R+", "R>0", "R_+", "R++"):
        return Span(tree.ZERO, None)
    if name in ("R-", "R<0"):
        return Span(None, tree.ZERO)
    if name in ("R>=0", "R0+", "R+0"):
        return Span(tree.ZERO, None, low_closed=True)
    return None


def _combined(kind: str, parts: tuple[Node, ...], budget: Budget) -> RealSet | None:
    inner = tuple(read(part, budget) for part in parts)
    known = tuple(item for item in inner if item is not None)
    return Combined(kind, known) if len(known) == len(inner) else None


def _built(node: Node, budget: Budget) -> RealSet | None:
    element, condition = node.parts
    if element.kind == tree.RELATION and element.value == ("in",):
        base = read(element.parts[1], budget)
        inner = read(condition, budget)
        return None if base is None or inner is None else Combined(tree.INTERSECTION, (base, inner))
    if element.kind != tree.SYMBOL:
        return None
    return read(condition, budget)


def _with_conditions(node: Node, budget: Budget) -> RealSet | None:
    inner = [read(part, budget) for part in node.parts]
    known = tuple(item for item in inner if item is not None)
    if not known or inner[0] is None:
        return None
    return known[0] if len(known) == 1 else Combined(tree.INTERSECTION, known)


def _related(node: Node, budget: Budget) -> RealSet | None:
    operators, parts = node.value, node.parts
    if operators == ("in",):
        return read(parts[1], budget)
    if operators == ("notin",):
        inner = read(parts[1], budget)
        return None if inner is None else Combined(tree.DIFFERENCE, (Span(None, None), inner))
    stated = read_statement(node)
    if stated is not None and stated.names and not tree.is_scalar(stated.value):
        return read(stated.value, budget)
    if not set(operators) <= _ORDER | {"="}:
        return None
    unknown = _unknown(node)
    if unknown is None:
        return None
    if unknown.kind == tree.APPLY:
        node = _with_name(node, unknown, "…value")
        parts = node.parts
        unknown = tree.symbol("…value")
    chain = _chain(operators, parts, unknown)
    if chain is not None:
        return chain
    pieces = tuple(
        _simple(parts[index], operator, parts[index + 1], unknown, budget) for index, operator in enumerate(operators)
    )
    return pieces[0] if len(pieces) == 1 else Combined(tree.INTERSECTION, pieces)


def _with_name(node: Node, target: Node, name: str) -> Node:
    if node == target:
        return tree.symbol(name)
    if not node.parts:
        return node
    return Node(node.kind, tuple(_with_name(part, target, name) for part in node.parts), node.value)


def _chain(operators: tuple[str, ...], parts: tuple[Node, ...], unknown: Node) -> Span | None:
    """low < x < high, either way round."""
    if len(parts) != 3 or parts[1] != unknown or any(unknown in tree.walk(part) for part in (parts[0], parts[2])):
        return None
    if set(operators) <= {"<", "<="}:
        low, high, closed = parts[0], parts[2], (operators[0] == "<=", operators[1] == "<=")
    elif set(operators) <= {">", ">="}:
        low, high, closed = parts[2], parts[0], (operators[1] == ">=", operators[0] == ">=")
    else:
        return None
    return Span(
        None if low == tree.NEGATIVE_INFINITY else low,
        None if high == tree.INFINITY else high,
        closed[0] and low != tree.NEGATIVE_INFINITY,
        closed[1] and high != tree.INFINITY,
    )


_TURNED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def _simple(left: Node, operator: str, right: Node, unknown: Node, budget: Budget) -> RealSet:
    """One relation solved for the unknown where it is linear, kept as a condition where not."""
    name = str(unknown.value)
    if right == unknown and name not in tree.names(left):
        return _half_line(left, _TURNED[operator])
    if left == unknown and name not in tree.names(right):
        return _half_line(right, operator)
    difference = tree.add(left, tree.negative(right))
    solved = _linear(difference, name, budget)
    if solved is None:
        return Condition(left, operator, right, name)
    root, rising = solved
    return _half_line(root, operator if rising else _TURNED[operator])


def _half_line(end: Node, operator: str) -> RealSet:
    if operator == "=":
        return Points((end,))
    if operator == "!=":
        return Combined(tree.DIFFERENCE, (Span(None, None), Points((end,))))
    if operator in ("<", "<="):
        return Span(None, None if end == tree.INFINITY else end, False, operator == "<=" and end != tree.INFINITY)
    unbounded = end == tree.NEGATIVE_INFINITY
    return Span(None if unbounded else end, None, operator == ">=" and not unbounded, False)


def _linear(node: Node, name: str, budget: Budget) -> tuple[Node, bool] | None:
    """(root, whether it rises) of a tree linear in a variable with a rational slope, or None."""
    budget.spend(40)
    try:
        values = [tree.substitute(node, {name: tree.number(value)}) for value in (0, 1, 2, 5, -3)]
        slope = numerics.exact(tree.add(values[1], tree.negative(values[0])))
    except ArithmeticError:
        return None
    if slope is None or slope == 0:
        return None
    for at, value in zip((2, 5, -3), values[2:], strict=True):
        straight = tree.add(values[0], tree.number(Fraction(slope) * at))
        if not agreement(value, straight, budget).equal:
            return None
    return tree.multiply(values[0], tree.number(Fraction(-1) / slope)), slope > 0
