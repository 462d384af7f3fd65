"""The expression tree that both LaTeX and plain mathematics are parsed into. Data only; meaning is given elsewhere.

One node type with a kind, its parts and a payload keeps traversal, printing and evaluation to one dispatch each.
Nodes are named tuples: immutable, hashable, and cheap to build, since parsing is most of a check's time.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final, NamedTuple

# Scalars
NUMBER: Final = "number"  # value: int or Fraction
DECIMAL: Final = "decimal"  # value: (Fraction, decimal places as written)
SYMBOL: Final = "symbol"  # value: canonical name, subscript and primes included
CONSTANT: Final = "constant"  # value: "pi", "e", "i" or "infinity"
ADD: Final = "add"
MULTIPLY: Final = "multiply"
POWER: Final = "power"  # base, exponent
CALL: Final = "call"  # value: name of a known function
APPLY: Final = "apply"  # value: name of an unknown function, as f in f(x)
PLUS_MINUS: Final = "plus_minus"  # left, right; value: +1 for \pm, -1 for \mp
# Structures
RELATION: Final = "relation"  # operands; value: tuple of operators between them
TUPLE: Final = "tuple"  # value: opening and closing bracket, as "(]"
SET: Final = "set"
LIST: Final = "list"  # bare enumeration; value: "," ";" "or" "and"
BUILDER: Final = "builder"  # element, condition
UNION: Final = "union"
INTERSECTION: Final = "intersection"
DIFFERENCE: Final = "difference"
NUMBER_SET: Final = "number_set"  # value: "R", "Z", "N", "Q", "C" with an optional sign
EMPTY: Final = "empty"
MATRIX: Final = "matrix"  # entries row by row; value: (rows, columns)
CASES: Final = "cases"  # value, condition, value, condition, ...
RATIO: Final = "ratio"
TEXT: Final = "text"  # value: words
NOTED: Final = "noted"  # value: words written beside the one part (a unit, a remark)
WHERE: Final = "where"  # body, conditions ...
LABELLED: Final = "labelled"  # one part; value: the words before its colon

SCALAR_KINDS: Final = frozenset(
    {NUMBER, DECIMAL, SYMBOL, CONSTANT, ADD, MULTIPLY, POWER, CALL, APPLY, PLUS_MINUS, RATIO}
)
REAL_SET_KINDS: Final = frozenset({BUILDER, UNION, INTERSECTION, DIFFERENCE, NUMBER_SET})


class Node(NamedTuple):
    """One node: its kind, its parts, and what the kind needs beside them."""

    kind: str
    parts: tuple[Node, ...] = ()
    value: Any = None


ZERO: Final = Node(NUMBER, (), 0)
ONE: Final = Node(NUMBER, (), 1)
MINUS_ONE: Final = Node(NUMBER, (), -1)
HALF: Final = Node(NUMBER, (), Fraction(1, 2))
INFINITY: Final = Node(CONSTANT, (), "infinity")
NEGATIVE_INFINITY: Final = Node(MULTIPLY, (MINUS_ONE, INFINITY))


def number(value: int | Fraction) -> Node:
    """A literal; integral fractions become ints."""
    if isinstance(value, Fraction) and value.denominator == 1:
        value = value.numerator
    return Node(NUMBER, (), value)


def symbol(name: str) -> Node:
    """A variable."""
    return Node(SYMBOL, (), name)


def add(*parts: Node) -> Node:
    """A sum, with nested sums opened."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if part.kind == ADD else (part,))
    return flat[0] if len(flat) == 1 else Node(ADD, tuple(flat))


def multiply(*parts: Node) -> Node:
    """A product, with nested products opened."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if part.kind == MULTIPLY else (part,))
    return flat[0] if len(flat) == 1 else Node(MULTIPLY, tuple(flat))


def power(base: Node, exponent: Node) -> Node:
    """A power; an exponent of one is dropped."""
    return base if exponent == ONE else Node(POWER, (base, exponent))


def negative(part: Node) -> Node:
    """The opposite; literals stay literals."""
    if part.kind == NUMBER:
        return Node(NUMBER, (), -part.value)
    if part.kind == DECIMAL:
        return Node(DECIMAL, (), (-part.value[0], part.value[1]))
    if part.kind == NOTED:
        return Node(NOTED, (negative(part.parts[0]),), part.value)
    if part.kind == TUPLE and part.value in ("()", "<>"):
        return Node(TUPLE, tuple(negative(entry) for entry in part.parts), part.value)
    return multiply(MINUS_ONE, part)


def divide(top: Node, bottom: Node) -> Node:
    """A quotient; of two integer literals, a rational literal unless the divisor is zero."""
    if top.kind == NUMBER and bottom.kind == NUMBER and bottom.value:
        return number(Fraction(top.value) / bottom.value)
    return multiply(top, power(bottom, MINUS_ONE))


def walk(node: Node) -> Iterator[Node]:
    """Every node, the root first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(current.parts)


def size(node: Node) -> int:
    """How many nodes it has."""
    total = 1
    for part in node.parts:
        total += size(part) if part.parts else 1
    return total


def names(node: Node) -> frozenset[str]:
    """Names of the variables that occur in it, bound ones included."""
    return frozenset(part.value for part in walk(node) if part.kind == SYMBOL)


def rational(node: Node) -> Fraction | None:
    """The value of a literal, or None for anything else."""
    if node.kind == NUMBER:
        return Fraction(node.value)
    if node.kind == DECIMAL:
        value: Fraction = node.value[0]
        return value
    return None


def is_scalar(node: Node) -> bool:
    """Whether it stands for one number or one expression."""
    return node.kind in SCALAR_KINDS


def substitute(node: Node, bindings: dict[str, Node]) -> Node:
    """The tree with variables replaced."""
    if node.kind == SYMBOL:
        return bindings.get(node.value, node)
    if not node.parts:
        return node
    return Node(node.kind, tuple(substitute(part, bindings) for part in node.parts), node.value)
