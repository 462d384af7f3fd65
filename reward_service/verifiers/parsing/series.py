"""Sums and products written with an ellipsis: a_1 + a_2 + … + a_n, (v - a_1)(v - a_2) ⋯ (v - a_n).

They are compared by writing them out for some small values of the last index. The step is read off the terms
before the ellipsis; a series whose terms do not move in equal steps stays as it is.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from reward_service.verifiers import numerics
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node

ELLIPSIS: Final = tree.symbol("…")
_AFFINE: Final = re.compile(r"([A-Za-z])([+-]\d{1,3})?|(\d{1,4})")
_INDICES: Final = frozenset("nkmNprlijq")
_LONGEST: Final = 40


def has_ellipsis(node: Node) -> bool:
    """Whether a sum or product in it is written with an ellipsis."""
    return any(part.kind in (tree.ADD, tree.MULTIPLY) and ELLIPSIS in part.parts for part in tree.walk(node))


def indices(node: Node) -> frozenset[str]:
    """Letters that end a series in it, or stand in a subscript of its last or first term."""
    found: set[str] = set()
    for part in tree.walk(node):
        if part.kind in (tree.ADD, tree.MULTIPLY) and ELLIPSIS in part.parts:
            for term in part.parts:
                for inner in tree.walk(term):
                    if inner.kind != tree.SYMBOL:
                        continue
                    root, _, subscript = str(inner.value).partition("_")
                    affine = _AFFINE.fullmatch(subscript)
                    if affine is not None and affine.group(1) in _INDICES:
                        found.add(affine.group(1))
                    elif not subscript and root in _INDICES and root not in ("p", "q", "r"):
                        found.add(root)
    return frozenset(found)


def written_out(node: Node, values: dict[str, int]) -> Node | None:
    """The tree with its indices replaced by numbers and every ellipsis written out; None where one cannot be."""
    replaced = _with_indices(node, values)
    return _filled(replaced)


def _with_indices(node: Node, values: dict[str, int]) -> Node:
    if node.kind == tree.SYMBOL:
        name = str(node.value)
        if name in values:
            return tree.number(values[name])
        root, _, subscript = name.partition("_")
        affine = _AFFINE.fullmatch(subscript) if subscript else None
        if affine is not None and affine.group(1) in values:
            return tree.symbol(f"{root}_{values[affine.group(1)] + int(affine.group(2) or 0)}")
        return node
    if not node.parts:
        return node
    done = Node(node.kind, tuple(_with_indices(part, values) for part in node.parts), node.value)
    if node.kind != tree.ADD or ELLIPSIS in node.parts:
        return done  # a power or product of numbers stays one: its shape shows how the terms go on
    value = _constant(done)
    return done if value is None else tree.number(value)


def _folded(node: Node) -> Node:
    value = _constant(node)
    return node if value is None else tree.number(value)


def _constant(node: Node) -> Fraction | int | None:
    try:
        return numerics.exact(node)
    except ArithmeticError:
        return None


def _filled(node: Node) -> Node | None:
    if not node.parts:
        return node
    parts: list[Node] = []
    for part in node.parts:
        inner = _filled(part)
        if inner is None:
            return None
        parts.append(inner)
    if node.kind in (tree.ADD, tree.MULTIPLY) and ELLIPSIS in parts:
        at = parts.index(ELLIPSIS)
        if not 1 <= at < len(parts) - 1:
            return None
        middle = _between(parts[at - 2] if at >= 2 else None, parts[at - 1], parts[at + 1])
        if middle is None:
            return None
        parts = [*parts[:at], *middle, *parts[at + 1 :]]
    return Node(node.kind, tuple(parts), node.value)


def filled_list(values: list[Node]) -> list[Node] | None:
    """An enumeration with one ellipsis between numbers in equal steps, written out; None where it cannot be."""
    at = values.index(ELLIPSIS)
    if not 1 <= at < len(values) - 1:
        return None
    middle = _between(values[at - 2] if at >= 2 else None, values[at - 1], values[at + 1])
    return None if middle is None else [*values[:at], *middle, *values[at + 1 :]]


def _between(earlier: Node | None, before: Node, after: Node) -> list[Node] | None:
    """The terms strictly between two neighbours of an ellipsis: of one shape, or else numbers in equal steps."""
    terms = _in_steps(earlier, before, after)
    if terms is not None:
        return terms
    return _in_steps(None if earlier is None else _folded(earlier), _folded(before), _folded(after))


def _in_steps(earlier: Node | None, before: Node, after: Node) -> list[Node] | None:
    slots: list[tuple[int | Fraction, int | Fraction]] = []
    if not _collect(before, after, slots) or not slots:
        return None
    steps: list[int | Fraction] = [1 if end > start else -1 for start, end in slots]
    if earlier is not None:
        moves: list[tuple[int | Fraction, int | Fraction]] = []
        if _collect(earlier, before, moves) and len(moves) == len(slots):
            steps = [end - start for start, end in moves]
    counts = {Fraction(end - start) / step for (start, end), step in zip(slots, steps, strict=True) if step}
    if len(counts) != 1 or any(not step for step in steps):
        return None
    count = counts.pop()
    if count.denominator != 1 or not 1 <= count <= _LONGEST:
        return None
    return [
        _moved(before, [start + step * index for (start, _), step in zip(slots, steps, strict=True)], after)
        for index in range(1, int(count))
    ]


def _collect(left: Node, right: Node, slots: list[tuple[int | Fraction, int | Fraction]]) -> bool:
    """Pairs of numbers or whole subscripts in which two terms of one shape differ."""
    if left == right:
        return True
    first, second = _slot(left), _slot(right)
    if first is not None and second is not None:
        if first[0] != second[0]:
            return False
        slots.append((first[1], second[1]))
        return True
    if left.kind != right.kind or left.value != right.value or len(left.parts) != len(right.parts):
        return False
    return all(_collect(a, b, slots) for a, b in zip(left.parts, right.parts, strict=True))


def _slot(node: Node) -> tuple[str, int | Fraction] | None:
    """(what stays, the number that moves) of a literal or of a variable with a whole subscript."""
    if node.kind == tree.NUMBER:
        return "", node.value
    if node.kind == tree.SYMBOL:
        root, _, subscript = str(node.value).partition("_")
        if subscript.isdigit():
            return root, int(subscript)
    return None


def _moved(term: Node, values: list[int | Fraction], other: Node) -> Node:
    remaining = iter(values)

    def visit(node: Node, against: Node) -> Node:
        if node == against:
            return node
        slot = _slot(node)
        if slot is not None:
            value = next(remaining)
            return tree.number(value) if node.kind == tree.NUMBER else tree.symbol(f"{slot[0]}_{value}")
        return Node(node.kind, tuple(visit(a, b) for a, b in zip(node.parts, against.parts, strict=True)), node.value)

    return visit(term, other)
