"""Matrices and vectors: entry by entry; sums, products and scalar multiples of matrices are worked out first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reward_service.verifiers.differences import different
from reward_service.verifiers.outcome import Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.statements import read_statement

if TYPE_CHECKING:
    from reward_service.verifiers.matching import Matcher

_LARGEST_POWER = 12
_LARGEST_DETERMINANT = 5


def match(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference is a matrix; a row or column is also a tuple, in either shape."""
    if answer.kind == tree.RELATION:
        stated = read_statement(answer)
        if stated is None or (not stated.names and stated.value.kind != tree.MATRIX):
            return different(gold, answer, "matrix.kind", "the reference is a matrix")
        return matcher.match(gold, stated.value)
    if answer.kind == tree.TUPLE and 1 in gold.value:
        found: tuple[Node, ...] = answer.parts
        if gold.value[0] > 1 and all(part.kind == tree.TUPLE and len(part.parts) == 1 for part in found):
            found = tuple(part.parts[0] for part in found)
        return _entries(gold, answer, found, matcher)
    worked = evaluated(answer)
    if worked is None or worked.kind != tree.MATRIX:
        return different(gold, answer, "matrix.kind", "the reference is a matrix")
    vectors = 1 in gold.value and 1 in worked.value and len(gold.parts) == len(worked.parts)
    if worked.value != gold.value and not vectors:
        return different(gold, answer, "matrix.shape", f"{worked.value} where {gold.value} is wanted")
    return _entries(gold, answer, worked.parts, matcher)


def _entries(gold: Node, answer: Node, found: tuple[Node, ...], matcher: Matcher) -> Outcome:
    if len(found) != len(gold.parts):
        return different(gold, answer, "matrix.shape", f"{len(found)} entries where {len(gold.parts)} are wanted")
    flags: list[str] = []
    for position, (left, right) in enumerate(zip(gold.parts, found, strict=True), start=1):
        outcome = matcher.match(left, right)
        if not outcome.equal:
            return different(gold, answer, "matrix.entry", f"entry {position} differs")
        flags.extend(outcome.flags)
    return Outcome(equal=True, rule="matrix.entries", reason="equal entry by entry", flags=tuple(dict.fromkeys(flags)))


def has_matrix(node: Node) -> bool:
    """Whether a matrix takes part in an expression."""
    return any(part.kind == tree.MATRIX for part in tree.walk(node))


def evaluated(node: Node) -> Node | None:
    """A matrix expression worked out: a MATRIX, a scalar for a determinant, or None where it cannot be."""
    kind, parts, value = node
    if kind == tree.MATRIX or not has_matrix(node):
        return node
    if kind == tree.CALL and value == "det":
        return _determinant(parts[0])
    if kind == tree.POWER and value is None and parts[1].kind == tree.NUMBER:
        return _power(parts[0], parts[1].value)
    if kind not in (tree.ADD, tree.MULTIPLY):
        return None
    total: Node | None = None
    for part in parts:
        worked = evaluated(part)
        if worked is None:
            return None
        combine = _sum if kind == tree.ADD else _product
        total = worked if total is None else combine(total, worked)
        if total is None:
            return None
    return total


def _sum(left: Node, right: Node) -> Node | None:
    if left.kind != tree.MATRIX or right.kind != tree.MATRIX or left.value != right.value:
        return None
    return Node(tree.MATRIX, tuple(tree.add(a, b) for a, b in zip(left.parts, right.parts, strict=True)), left.value)


def _product(left: Node, right: Node) -> Node | None:
    if left.kind != tree.MATRIX:
        if right.kind != tree.MATRIX:
            return tree.multiply(left, right)
        return Node(tree.MATRIX, tuple(tree.multiply(left, entry) for entry in right.parts), right.value)
    if right.kind != tree.MATRIX:
        return Node(tree.MATRIX, tuple(tree.multiply(entry, right) for entry in left.parts), left.value)
    rows, inner = left.value
    if inner != right.value[0] or rows * right.value[1] * inner > 400:
        return None
    width = right.value[1]
    entries = [
        tree.add(*(tree.multiply(left.parts[row * inner + k], right.parts[k * width + column]) for k in range(inner)))
        for row in range(rows)
        for column in range(width)
    ]
    return Node(tree.MATRIX, tuple(entries), (rows, width))


def _power(base: Node, exponent: object) -> Node | None:
    if base.kind != tree.MATRIX or not isinstance(exponent, int) or not 1 <= exponent <= _LARGEST_POWER:
        return None
    if base.value[0] != base.value[1] or base.value[0] > 4:
        return None
    total: Node | None = base
    for _ in range(exponent - 1):
        total = _product(total, base) if total is not None else None
        if total is None or sum(1 for _ in tree.walk(total)) > 2_000:
            return None
    return total


def _determinant(node: Node) -> Node | None:
    if node.kind != tree.MATRIX or node.value[0] != node.value[1] or node.value[0] > _LARGEST_DETERMINANT:
        return None
    size = node.value[0]
    if size == 1:
        return node.parts[0]
    terms = []
    for column in range(size):
        minor = tuple(
            node.parts[row * size + other] for row in range(1, size) for other in range(size) if other != column
        )
        inner = _determinant(Node(tree.MATRIX, minor, (size - 1, size - 1)))
        if inner is None:
            return None
        term = tree.multiply(node.parts[column], inner)
        terms.append(tree.negative(term) if column % 2 else term)
    return tree.add(*terms)
