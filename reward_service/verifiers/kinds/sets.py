"""Several values: sets, bare enumerations, ordered tuples, and lists of named values.

Sets and bare enumerations are unordered and count a repeated value once; tuples are ordered. A bare enumeration is
accepted for a tuple in the tuple's order. Named values are paired by name where both sides name them, and keep their
order where only one side has different names ("x = 1, y = 2" is (1, 2), not {1, 2}).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reward_service.errors import InputLimitExceeded
from reward_service.verifiers import realsets
from reward_service.verifiers.differences import different
from reward_service.verifiers.kinds.expression import both_signs, every_sign, has_signs
from reward_service.verifiers.outcome import Outcome
from reward_service.verifiers.parsing import series, tree
from reward_service.verifiers.parsing.canonical import canonical
from reward_service.verifiers.parsing.printing import printed
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.statements import COORDINATES, is_name, read_statement

if TYPE_CHECKING:
    from reward_service.verifiers.matching import Matcher


class Item(NamedTuple):
    """One value of an enumeration and what it is called."""

    value: Node
    name: Node | None = None


def items(node: Node, *, free_signs: bool = False) -> list[Item]:
    """The values an enumeration holds: ± opened, names taken off, finite unions joined.

    `free_signs` chooses several signs ± of one value one by one instead of together.
    """
    kind = node.kind
    if kind in (tree.LIST, tree.SET):
        if kind == tree.LIST and node.value == ";" and all(part.kind == tree.LIST for part in node.parts):
            return [Item(_as_tuple(part)) for part in node.parts]
        found: list[Item] = []
        carried: Node | None = None
        for part in node.parts:
            inner = (
                items(part, free_signs=free_signs)
                if part.kind in (tree.LIST, tree.UNION) or not _is_plain(part)
                else [Item(part)]
            )
            if len(inner) == 1 and inner[0].name is not None:
                carried = inner[0].name
            elif carried is not None and part.kind != tree.RELATION:
                inner = [Item(item.value, item.name or carried) for item in inner]
            found.extend(inner)
        return _grouped(_without_ellipsis(found))
    if kind == tree.UNION:
        return [item for part in node.parts for item in items(part, free_signs=free_signs)]
    if kind == tree.WHERE:
        return [
            Item(Node(tree.WHERE, (item.value, *node.parts[1:])), item.name)
            for item in items(node.parts[0], free_signs=free_signs)
        ]
    if kind == tree.LABELLED:
        return [
            Item(item.value, Node(tree.TEXT, (), node.value)) for item in items(node.parts[0], free_signs=free_signs)
        ]
    if kind == tree.RELATION:
        if node.value == ("in",) and node.parts[1].kind == tree.SET:
            return [Item(item.value, node.parts[0]) for item in items(node.parts[1], free_signs=free_signs)]
        if any(part.kind == tree.PLUS_MINUS for part in tree.walk(node)):
            return [item for signed in both_signs(node) for item in items(signed, free_signs=free_signs)]
        stated = read_statement(node)
        if stated is not None and stated.names:
            if _is_curve(stated.names[0], stated.value):
                return [Item(node, stated.names[0])]
            return [Item(item.value, stated.names[0]) for item in items(stated.value, free_signs=free_signs)]
    if has_signs(node):
        return [Item(value) for value in (every_sign(node) if free_signs else both_signs(node))]
    return [Item(node)]


def _is_curve(name: Node, value: Node) -> bool:
    """Whether y = 2x is the equation of a curve, to be compared as one: its name is half of what it says."""
    return name.kind == tree.SYMBOL and name.value in COORDINATES and bool(tree.names(value) & COORDINATES)


def _without_ellipsis(found: list[Item]) -> list[Item]:
    """1, 2, …, 10 written out; an enumeration that cannot be is left as it is."""
    values = [item.value for item in found]
    if series.ELLIPSIS not in values:
        return found
    filled = series.filled_list(values)
    return found if filled is None else [Item(value) for value in filled]


def _grouped(found: list[Item]) -> list[Item]:
    """`p = 5, q = 2, p = 7, q = 2`: names that come round again make a list of tuples."""
    names = [printed(item.name) if item.name is not None else "" for item in found]
    if len(names) < 4 or "" in names:  # fewer cannot come round
        return found
    width = len(set(names))
    if not 2 <= width < len(names) or len(names) % width or names != names[:width] * (len(names) // width):
        return found
    return [
        Item(Node(tree.TUPLE, tuple(item.value for item in found[start : start + width]), "()"))
        for start in range(0, len(found), width)
    ]


def _is_plain(node: Node) -> bool:
    return node.kind in (tree.NUMBER, tree.DECIMAL, tree.SYMBOL) or (node.kind == tree.TUPLE and not has_signs(node))


def _as_tuple(node: Node) -> Node:
    """`p = 5, q = 2` inside a list of solutions is the pair (5, 2)."""
    return Node(tree.TUPLE, tuple(item.value for item in items(node)), "()")


# -- unordered


def match_collection(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference is a set, a bare enumeration, or a value with ±."""
    from reward_service.verifiers.kinds import interval

    if gold.kind == tree.LIST and realsets.is_condition(gold):
        return interval.match(gold, answer, matcher)
    if gold.kind == tree.SET and answer.kind == tree.RELATION and answer.value == ("in",):
        return matcher.match(gold, answer.parts[1])
    answer = _stripped(answer)
    if (
        gold.kind == tree.SET
        and len(gold.parts) == 1
        and gold.parts[0].kind == tree.TUPLE
        and answer.kind == tree.TUPLE
    ):
        return matcher.match(gold.parts[0], answer)
    wanted, found = items(gold), items(answer)
    limit = matcher.context.limits.alternatives
    if len(wanted) > limit or len(found) > limit:
        if len(wanted) > limit:
            raise InputLimitExceeded(f"more than {limit} values in the reference")
        return different(gold, answer, "set.count", "too many values")
    if gold.kind == tree.LIST and _all_alike(wanted, matcher):
        return matcher.match(wanted[0].value, answer)
    order = matcher.context.policy.order
    if answer.kind == tree.TUPLE and has_signs(answer):
        pass  # (±1, 0) is a list of two tuples, as `found` has it
    elif order != "free" and answer.kind == tree.TUPLE:
        listed = answer.value == "[]" and not (gold.kind == tree.SET and len(answer.parts) == 2)
        if (gold.kind == tree.LIST and gold.value in (",", ";")) or listed or _is_tuple_list(answer):
            if answer.value == "[]" or _is_tuple_list(answer):
                found = [item for part in answer.parts for item in items(part)]
            else:
                return _ordered(gold, answer, [item.value for item in wanted], list(answer.parts), matcher)
        else:
            return different(gold, answer, "set.kind", "a tuple where a set is wanted")
    elif answer.kind == tree.TUPLE:
        found = [item for part in answer.parts for item in items(part)]
    if answer.kind in tree.REAL_SET_KINDS and answer.kind != tree.UNION:
        return different(gold, answer, "set.kind", "not an enumeration")
    by_name = _by_name(wanted, found, gold, answer, matcher)
    if by_name is not None:
        return by_name
    if order == "strict" or _order_matters(wanted, found):
        return _ordered(gold, answer, [item.value for item in wanted], [item.value for item in found], matcher)
    outcome = _unordered(gold, answer, wanted, found, matcher)
    if outcome.equal or not (_signs(gold) > 1 or _signs(answer) > 1):
        return outcome
    return _unordered(gold, answer, items(gold, free_signs=True), items(answer, free_signs=True), matcher)


def _signs(node: Node) -> int:
    return sum(1 for part in tree.walk(node) if part.kind == tree.PLUS_MINUS)


def _stripped(answer: Node) -> Node:
    """An answer without the name of the set in front of it."""
    stated = read_statement(answer) if answer.kind == tree.RELATION else None
    if stated is not None and stated.names and not tree.is_scalar(stated.value):
        return stated.value
    return answer


def _is_tuple_list(node: Node) -> bool:
    return node.kind == tree.TUPLE and all(part.kind == tree.TUPLE for part in node.parts)


def _all_alike(wanted: list[Item], matcher: Matcher) -> bool:
    """Whether an enumeration in the reference gives one value in several forms: "1/2 or 0.5"."""
    if len(wanted) < 2:
        return False
    first = wanted[0].value
    if not all(tree.is_scalar(item.value) and item.name is None for item in wanted):
        return False
    return all(matcher.match(first, item.value).equal for item in wanted[1:])


def _by_name(wanted: list[Item], found: list[Item], gold: Node, answer: Node, matcher: Matcher) -> Outcome | None:
    """Pair values by their names where both sides give the same different names to all of them."""
    gold_names = [printed(item.name) for item in wanted if item.name is not None]
    answer_names = [printed(item.name) for item in found if item.name is not None]
    if len(gold_names) != len(wanted) or len(answer_names) != len(found) or len(set(gold_names)) != len(wanted):
        return None
    if len(wanted) < 2 or sorted(gold_names) != sorted(answer_names):
        return None
    by_name = {printed(item.name): item.value for item in found if item.name is not None}
    flags: tuple[str, ...] = ()
    for name, item in zip(gold_names, wanted, strict=True):
        outcome = matcher.match(item.value, by_name[name])
        if not outcome.equal:
            return different(gold, answer, "set.named", f"the value of {name} differs")
        flags += outcome.flags
    return Outcome(equal=True, rule="set.named", reason="each named value is equal", flags=_unique(flags))


def _order_matters(wanted: list[Item], found: list[Item]) -> bool:
    """Whether the names on one side fix an order: all different, and not one letter with different indices."""
    for side in (wanted, found):
        names = [printed(item.name) for item in side if item.name is not None]
        if len(names) == len(side) > 1 and len(set(names)) == len(names):
            roots = {name.split("_")[0] for name in names if "_" in name}
            if len(roots) != 1 or not all("_" in name for name in names):
                return True
    return False


def _unordered(gold: Node, answer: Node, wanted: list[Item], found: list[Item], matcher: Matcher) -> Outcome:
    flags: tuple[str, ...] = ()
    left = [item.value for item in found]
    keys = [canonical(value) for value in left]
    taken: set[int] = set()
    for item in wanted:
        partner = _partner(item.value, left, keys, taken, matcher)
        if partner is None:
            repeated = any(matcher.match(item.value, left[index]).equal for index in taken)
            if repeated and not (gold.kind == tree.LIST and answer.kind == tree.LIST):
                continue  # a value the reference repeats; a list that is given in full counts it as often
            return different(gold, answer, "set.missing", f"{printed(item.value)[:60]} is missing")
        index, outcome = partner
        taken.add(index)
        flags += outcome.flags
    for index, value in enumerate(left):
        if index not in taken and not any(matcher.match(value, left[other]).equal for other in taken):
            return different(gold, answer, "set.extra", f"{printed(value)[:60]} is not in the reference")
    return Outcome(equal=True, rule="set.items", reason="the same values in some order", flags=_unique(flags))


def _partner(
    value: Node, left: list[Node], keys: list[Node], taken: set[int], matcher: Matcher
) -> tuple[int, Outcome] | None:
    key = canonical(value)
    order = sorted((index for index in range(len(left)) if index not in taken), key=lambda index: keys[index] != key)
    for index in order:
        outcome = matcher.match(value, left[index])
        if outcome.equal:
            return index, outcome
    return None


# -- ordered


def match_tuple(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference is a tuple, or an interval written like one."""
    from reward_service.verifiers.kinds import interval

    if has_signs(gold):
        return match_collection(gold, answer, matcher)
    if realsets.is_interval(gold):
        return interval.match(gold, answer, matcher)
    kind = answer.kind
    if kind == tree.RELATION:
        if realsets.is_condition(answer) and len(gold.parts) == 2:
            return interval.match(gold, answer, matcher)
        if answer.value == ("in",):
            return matcher.match(gold, answer.parts[1])
        stated = read_statement(answer)
        if stated is not None and stated.names:
            return matcher.match(gold, stated.value)
        return different(gold, answer, "tuple.kind", "a condition where a tuple is wanted")
    if kind in (tree.BUILDER, tree.UNION, tree.INTERSECTION, tree.DIFFERENCE):
        if kind == tree.BUILDER and answer.parts[0].kind == tree.TUPLE:
            return different(gold, answer, "tuple.kind")
        return interval.match(gold, answer, matcher)
    if kind == tree.SET and len(answer.parts) == 1:
        return matcher.match(gold, answer.parts[0])
    if gold.value == "[]" and kind in (tree.SET, tree.LIST) and _is_tuple_list(gold):
        return match_collection(Node(tree.SET, gold.parts), answer, matcher)
    if kind == tree.MATRIX and 1 in answer.value:
        return _ordered(gold, answer, list(gold.parts), list(answer.parts), matcher)
    if kind == tree.LIST and answer.value != "or":
        return _ordered(gold, answer, list(gold.parts), [item.value for item in items(answer)], matcher)
    if kind != tree.TUPLE:
        return different(gold, answer, "tuple.kind", "the reference is a tuple")
    if len(gold.parts) == 2 and not _same_brackets(str(gold.value), str(answer.value)):
        return different(gold, answer, "tuple.brackets", "the brackets differ")
    if matcher.context.policy.order == "free":
        wanted, found = [Item(part) for part in gold.parts], [Item(part) for part in answer.parts]
        return _unordered(gold, answer, wanted, found, matcher)
    return _ordered(gold, answer, list(gold.parts), list(answer.parts), matcher)


def _same_brackets(gold: str, answer: str) -> bool:
    point = ("()", "<>")
    return gold == answer or (gold in point and answer in point)


def _ordered(gold: Node, answer: Node, wanted: list[Node], found: list[Node], matcher: Matcher) -> Outcome:
    if len(wanted) != len(found):
        return different(gold, answer, "tuple.length", f"{len(found)} parts where {len(wanted)} are wanted")
    flags: tuple[str, ...] = ()
    for position, (left, right) in enumerate(zip(wanted, found, strict=True), start=1):
        outcome = matcher.match(left, _unnamed(right))
        if not outcome.equal:
            return different(gold, answer, "tuple.part", f"part {position} differs")
        flags += outcome.flags
    return Outcome(equal=True, rule="tuple.parts", reason="equal part by part", flags=_unique(flags))


def _unnamed(node: Node) -> Node:
    if node.kind == tree.RELATION:
        stated = read_statement(node)
        if stated is not None and stated.names and all(is_name(name) for name in stated.names):
            return stated.value
    return node


def _unique(flags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(flags))


def match_empty(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference is the empty set: "no solution" in words counts."""
    if answer.kind == tree.RELATION and answer.value in (("in",), ("=",)):
        return matcher.match(gold, answer.parts[1])
    if answer.kind == tree.EMPTY:
        return Outcome(equal=True, rule="set.empty", reason="both are empty")
    from reward_service.verifiers.realsets import says_nothing

    if answer.kind == tree.TEXT and says_nothing(str(answer.value)):
        return Outcome(equal=True, rule="set.empty", reason="no solution is the empty set")
    return different(gold, answer, "set.empty")
