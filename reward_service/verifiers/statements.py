"""What an equation says: "x = 5" names a value, "2x + y = 3" is a condition, "x = 41 = 42" contradicts itself.

The left members of a chain that are names (a variable, f(x), a segment AB, |AB|, a ratio of segments, a tuple of
names) name it; the members after them are its values, those behind a sign of approximation only approximate it.
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node

# Names of coordinates: "x = 3" and "y = 3" are different lines, while labels of quantities ("S = 3", "k = 3") do not
# matter to the value.
COORDINATES = frozenset({"x", "y", "z", "r", "theta", "rho"})


@dataclass(frozen=True, slots=True)
class Statement:
    """The names and values of a chain of equalities; `approximate` are the members behind an approximation sign."""

    names: tuple[Node, ...]
    values: tuple[Node, ...]
    approximate: tuple[Node, ...] = ()

    @property
    def value(self) -> Node:
        """The value the chain ends in: the last exact one, or the only approximate one."""
        return self.values[-1] if self.values else self.approximate[-1]


def read_statement(node: Node) -> Statement | None:
    """The statement of a chain of equalities, or None where the node is no such chain or has no name."""
    if node.kind != tree.RELATION or not all(operator in ("=", "~") for operator in node.value):
        return None
    names: list[Node] = []
    values: list[Node] = []
    approximate: list[Node] = []
    behind = False
    for index, part in enumerate(node.parts):
        behind = behind or (index > 0 and node.value[index - 1] == "~")
        last = index == len(node.parts) - 1
        if not values and not approximate and not last and is_name(part):
            names.append(part)
        elif behind:
            approximate.append(part)
        else:
            values.append(part)
    if not values and not approximate:
        return None
    return Statement(tuple(names), tuple(values), tuple(approximate))


def is_name(node: Node) -> bool:
    """Whether a member of an equation only names what the next member says."""
    kind, parts, value = node
    if kind in (tree.SYMBOL, tree.TEXT):
        return True
    if kind == tree.CONSTANT:
        return value in ("e", "i")
    if kind == tree.APPLY:
        return True
    if kind == tree.LABELLED:
        return is_name(parts[0])
    if kind == tree.NOTED:
        return is_name(parts[0])
    if kind == tree.CALL and value in ("abs", "derivative"):
        return _is_geometric(parts[0]) or (parts[0].kind == tree.SYMBOL and parts[0].value.startswith("vec"))
    if (
        kind == tree.CALL
        and len(parts) == 1
        and value in ("max", "min", "sin", "cos", "tan", "deg", "dim", "det", "arg")
    ):
        inner = parts[0]
        greek = inner.kind == tree.SYMBOL and len(inner.value) > 2
        return _is_geometric(inner) or greek or inner.kind in (tree.APPLY, tree.TEXT) or value in ("max", "min")
    if kind in (tree.TUPLE, tree.RATIO, tree.UNION, tree.INTERSECTION, tree.DIFFERENCE):
        return all(is_name(part) for part in parts)
    if kind == tree.POWER:
        return _is_geometric(parts[0]) and parts[1] == tree.MINUS_ONE
    return kind == tree.MULTIPLY and all(_is_geometric(part) for part in parts)


def _is_geometric(node: Node) -> bool:
    """Capital letters that name points: A, AB, A_1, AB/CD."""
    kind, parts, value = node
    if kind == tree.SYMBOL:
        return bool(value[0].isupper()) or value.startswith(("angle", "triangle", "vec"))
    if kind == tree.POWER:
        return _is_geometric(parts[0]) and parts[1] == tree.MINUS_ONE
    return kind == tree.MULTIPLY and all(_is_geometric(part) for part in parts)


def names_agree(gold: Node, answer: Node) -> bool:
    """Whether two names can stand for the same quantity."""
    if gold == answer:
        return True
    if gold.kind == answer.kind == tree.SYMBOL:
        if gold.value.lower() == answer.value.lower():
            return True
        return not (gold.value in COORDINATES and answer.value in COORDINATES)
    if gold.kind == answer.kind == tree.TUPLE:
        return len(gold.parts) == len(answer.parts)
    return True


def reordered(gold: Node, answer: Node, value: Node) -> Node:
    """The answer's tuple in the reference's order of names: (b, a) = (4, 2) beside (a, b) = (2, 4)."""
    if gold.kind != tree.TUPLE or answer.kind != tree.TUPLE or value.kind != tree.TUPLE:
        return value
    if len(set(answer.parts)) != len(value.parts) or set(gold.parts) != set(answer.parts):
        return value
    by_name = dict(zip(answer.parts, value.parts, strict=True))
    return Node(tree.TUPLE, tuple(by_name[name] for name in gold.parts), value.value)


def aligned(gold: Node, answer: Node, value: Node) -> Node:
    """The answer's value with the arguments of its function named as in the reference: f(t) = 2t beside f(x) = 2x."""
    if gold.kind != tree.APPLY or answer.kind != tree.APPLY or len(gold.parts) != len(answer.parts):
        return value
    bindings: dict[str, Node] = {}
    for wanted, found in zip(gold.parts, answer.parts, strict=True):
        if wanted.kind != tree.SYMBOL or found.kind != tree.SYMBOL:
            return value
        bindings[found.value] = wanted
    return tree.substitute(value, bindings)
