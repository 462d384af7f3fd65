"""One order for the parts of sums and products, so that trees that differ only in order compare as equal."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node

_COMMUTATIVE = frozenset({tree.ADD, tree.MULTIPLY, tree.SET, tree.UNION, tree.INTERSECTION})


def canonical(node: Node) -> Node:
    """The tree with commutative parts sorted and decimals as numbers; no arithmetic is done."""
    kind, parts, value = node
    if kind == tree.DECIMAL:
        return tree.number(value[0])
    if not parts:
        return node
    done = tuple(canonical(part) for part in parts)
    if kind in (tree.ADD, tree.MULTIPLY):
        done = tuple(inner for part in done for inner in (part.parts if part.kind == kind else (part,)))
    if kind in _COMMUTATIVE:
        done = tuple(sorted(done, key=order_key))
    return Node(kind, done, value)


def order_key(node: Node) -> Any:
    """A total order on trees: by kind, then payload, then parts."""
    kind, parts, value = node
    number = value if isinstance(value, (int, Fraction)) else 0
    return (kind, "" if number else str(value), number, len(parts), tuple(order_key(part) for part in parts))
