"""Residue classes: "n ≡ 2, 3 (mod 4)", "3 (mod 5)", and "n = 4k + 2" as the same classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reward_service.verifiers import numerics
from reward_service.verifiers.differences import different
from reward_service.verifiers.outcome import Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.statements import read_statement

if TYPE_CHECKING:
    from reward_service.verifiers.matching import Matcher

_COUNTERS: Final = frozenset({"k", "n", "m", "l", "j", "t", "s", "q"})
_LARGEST_MODULUS: Final = 10**9
_MOST_CLASSES: Final = 256


@dataclass(frozen=True, slots=True)
class Classes:
    """Residues modulo one number."""

    residues: frozenset[int]
    modulus: int

    def spread(self, modulus: int) -> frozenset[int] | None:
        """The same numbers as residues of a multiple of the modulus; None where there are too many."""
        factor = modulus // self.modulus
        if factor * len(self.residues) > _MOST_CLASSES:
            return None
        return frozenset(residue + self.modulus * step for residue in self.residues for step in range(factor))


def is_congruence(node: Node) -> bool:
    """Whether a modulus is written in it."""
    if node.kind == tree.LIST:
        return any(is_congruence(part) for part in node.parts)
    return node.kind == tree.RELATION and "mod" in node.value


def match(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference is written with a modulus."""
    wanted = read(gold)
    if wanted is None:
        same = gold == answer
        return (
            Outcome(equal=True, rule="congruence", reason="written alike")
            if same
            else different(gold, answer, "congruence.unread")
        )
    found = read(answer)
    if found is None:
        single = len(wanted.residues) == 1 and gold.kind == tree.RELATION and gold.value == ("mod",)
        return matcher.match(gold.parts[0], answer) if single else different(gold, answer, "congruence.kind")
    return compare(wanted, found, gold, answer)


def compare(wanted: Classes, found: Classes, gold: Node, answer: Node) -> Outcome:
    """Whether two sets of residue classes hold the same numbers."""
    common = wanted.modulus * found.modulus
    left, right = wanted.spread(common), found.spread(common)
    if wanted == found or (left is not None and left == right):
        return Outcome(equal=True, rule="congruence", reason="the same residue classes")
    return different(gold, answer, "congruence.different")


def read(node: Node) -> Classes | None:
    """The residue classes a tree stands for, or None."""
    if node.kind == tree.WHERE:
        return read(node.parts[0])
    if node.kind == tree.LIST:
        return _read_list(node)
    if node.kind == tree.RELATION and node.value[-1] == "mod":
        modulus, residue = _whole(node.parts[-1]), _whole(node.parts[-2])
        if modulus is None or residue is None or not 1 <= modulus <= _LARGEST_MODULUS:
            return None
        return Classes(frozenset({residue % modulus}), modulus)
    stated = read_statement(node) if node.kind == tree.RELATION else None
    return _linear(stated.value if stated is not None and stated.names else node)


def _read_list(node: Node) -> Classes | None:
    """`n ≡ 0, 1 (mod 4)`: a modulus written once counts for all; otherwise each item has its own."""
    moduli = [part.parts[-1] for part in node.parts if part.kind == tree.RELATION and part.value[-1] == "mod"]
    parts = node.parts
    if len(moduli) == 1 and parts[-1].kind == tree.RELATION and parts[-1].value[-1] == "mod":
        parts = tuple(
            part if part is parts[-1] else Node(tree.RELATION, (_last(part), moduli[0]), ("mod",)) for part in parts
        )
    classes = [read(part) for part in parts]
    known = [item for item in classes if item is not None]
    if len(known) != len(classes) or len({item.modulus for item in known}) != 1:
        return None
    return Classes(frozenset().union(*(item.residues for item in known)), known[0].modulus)


def _last(node: Node) -> Node:
    return node.parts[-1] if node.kind == tree.RELATION else node


def _linear(node: Node) -> Classes | None:
    """`4k + 2` with k any whole number."""
    names = tree.names(node)
    if len(names) != 1 or not names <= _COUNTERS or not tree.is_scalar(node):
        return None
    name = next(iter(names))
    try:
        values = [numerics.exact(node, {name: at}) for at in (0, 1, 2, 7)]
    except ArithmeticError:
        return None
    if any(value is None or value.denominator != 1 for value in values):
        return None
    start, second, third, far = (int(value) for value in values if value is not None)
    step = second - start
    if third - second != step or far != start + 7 * step or not 1 <= abs(step) <= _LARGEST_MODULUS:
        return None
    return Classes(frozenset({start % abs(step)}), abs(step))


def _whole(node: Node) -> int | None:
    try:
        value = numerics.exact(node)
    except ArithmeticError:
        return None
    return int(value) if value is not None and value.denominator == 1 else None
