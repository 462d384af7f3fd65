"""One value: a number or an expression, exact or approximate, with or without a name, a unit or a remark beside it.

`match` compares trees for the recursion of matching.py; `compare` is the kind for texts: it reads both sides and
starts that recursion, so it settles every reference that the parser can read, whatever its structure.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reward_service.verifiers.differences import different
from reward_service.verifiers.kinds import matrix
from reward_service.verifiers.outcome import Context, Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.statements import read_statement
from reward_service.verifiers.values import compare_values

if TYPE_CHECKING:
    from reward_service.verifiers.kinds.units import Unit
    from reward_service.verifiers.matching import Matcher


_MOST_SIGNS: Final = 4  # signs ± that are chosen one by one


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare two texts as mathematics; None where the reference is not mathematics."""
    from reward_service.verifiers.reading import compare_texts

    return compare_texts(gold, answer, context)


def match(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference is one value, or a value with ± that stands for two."""
    if has_signs(gold):
        from reward_service.verifiers.kinds import sets

        return sets.match_collection(gold, answer, matcher)
    kind = answer.kind
    if kind == tree.RELATION:
        return _stated(gold, answer, matcher)
    if kind in (tree.SET, tree.TUPLE) and len(answer.parts) == 1:
        return matcher.match(gold, answer.parts[0])
    if kind == tree.MATRIX and answer.value == (1, 1):
        return matcher.match(gold, answer.parts[0])
    if kind == tree.LIST or has_signs(answer):
        return _every_item(gold, answer, matcher)
    if matrix.has_matrix(answer):
        evaluated = matrix.evaluated(answer)
        if evaluated is not None and evaluated.kind != tree.MATRIX:
            return match(gold, evaluated, matcher)
    if matrix.has_matrix(gold):
        worked = matrix.evaluated(gold)
        if worked is not None and worked != gold:
            return matcher.match(worked, answer)
    if kind == tree.NOTED or gold.kind == tree.NOTED:
        return _noted(gold, answer, matcher)
    if (
        gold.kind == tree.SYMBOL
        and gold.value == "R"
        and kind in (tree.TUPLE, tree.NUMBER_SET, tree.TEXT, tree.BUILDER)
    ):
        return matcher.match(Node(tree.NUMBER_SET, (), "R"), answer)
    if not tree.is_scalar(answer):
        return different(gold, answer, "expression.kind", "the reference is one value")
    return compare_values(gold, answer, matcher.context)


def match_text(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """Words inside a structure: equal but for case, spacing and punctuation."""
    if answer.kind == tree.RELATION:
        stated = read_statement(answer)
        if stated is not None and stated.names:
            return matcher.match(gold, stated.value)
    if answer.kind in (tree.TEXT, tree.SYMBOL) and _folded(str(gold.value)) == _folded(str(answer.value)):
        return Outcome(equal=True, rule="text.folded", reason="the same words")
    return different(gold, answer, "text.different")


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def has_signs(node: Node) -> bool:
    """Whether a value or a tuple holds a ± and so stands for several."""
    return (tree.is_scalar(node) or node.kind == tree.TUPLE) and any(
        part.kind == tree.PLUS_MINUS for part in tree.walk(node)
    )


def both_signs(node: Node) -> tuple[Node, Node]:
    """The two values of an expression with ±: every ± as plus with every ∓ as minus, then the other way round."""
    return _signed(node, 1), _signed(node, -1)


def every_sign(node: Node) -> tuple[Node, ...]:
    """The values of an expression whose signs ± are chosen one by one; as `both_signs` where there is only one."""
    count = sum(1 for part in tree.walk(node) if part.kind == tree.PLUS_MINUS)
    if not 2 <= count <= _MOST_SIGNS:
        return both_signs(node)
    return tuple(_chosen(node, iter(signs)) for signs in itertools.product((1, -1), repeat=count))


def _chosen(node: Node, signs: Iterator[int]) -> Node:
    if not node.parts:
        return node
    parts = tuple(_chosen(part, signs) for part in node.parts)
    if node.kind == tree.PLUS_MINUS:
        return _resolved(parts, next(signs))
    return Node(node.kind, parts, node.value)


def _resolved(parts: tuple[Node, ...], sign: int) -> Node:
    left, right = parts
    right = right if sign > 0 else tree.negative(right)
    return right if left == tree.ZERO else tree.add(left, right)


def _signed(node: Node, sign: int) -> Node:
    if not node.parts:
        return node
    parts = tuple(_signed(part, sign) for part in node.parts)
    if node.kind == tree.PLUS_MINUS:
        return _resolved(parts, sign * node.value)
    return Node(node.kind, parts, node.value)


# -- an answer that is an equation or a list


def _stated(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """`x = 5`, `m+n = 5`, `x = 2+3 = 5`, `5 ≈ 4.99`: every exact member in known variables must be the reference."""
    if answer.value == ("in",):
        inner = answer.parts[1]
        if inner.kind == tree.SET and len(inner.parts) == 1:
            return matcher.match(gold, inner.parts[0])
        return different(gold, answer, "expression.kind", "a set where one value is wanted")
    stated = read_statement(answer)
    if stated is None:
        return different(gold, answer, "expression.relation", "a condition where a value is wanted")
    values = stated.values
    if not stated.names:
        values = _values_of_equation(gold, stated.values)
    if not values:
        if stated.approximate and stated.names:
            return matcher.match(gold, stated.approximate[0])
        return different(gold, answer, "expression.relation", "an equation where a value is wanted")
    outcome = matcher.match(gold, values[-1])
    if not outcome.equal:
        return outcome
    known = tree.names(gold)
    for value in values[:-1]:
        if tree.is_scalar(value) and is_plain(value, known) and not compare_values(gold, value, matcher.context).equal:
            return different(gold, answer, "expression.contradiction", "its members are not equal")
    return outcome


def is_plain(node: Node, known: frozenset[str]) -> bool:
    """Whether an expression is worked out in known variables: none other, and no unknown function."""
    return tree.names(node) <= known and not any(part.kind == tree.APPLY for part in tree.walk(node))


def _values_of_equation(gold: Node, members: tuple[Node, ...]) -> tuple[Node, ...]:
    """The members that can be the value of an equation without a name in front: `m + n = 113`, `2·3 = 6`.

    The first member must be an expression in at least two variables, or hold none but the reference's; an equation
    in one unknown, such as 3x = 6, is a condition on it and has no value.
    """
    if len(members) < 2:
        return members
    first, rest = members[0], members[1:]
    foreign = tree.names(first) - tree.names(gold)
    applied = [part for part in tree.walk(first) if part.kind == tree.APPLY]
    if applied and tree.names(gold) and any(tree.names(part) for part in applied):
        return ()  # f(x) + 1 = x is an equation for a function
    if applied:
        return rest
    if not foreign:
        return members
    if len(foreign) == 1 and first.kind != tree.CALL:
        return ()
    return rest if first.kind in (tree.ADD, tree.MULTIPLY, tree.CALL, tree.POWER) else ()


def _every_item(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """A list is right for one value only if each of its items is: `\\frac12, 0.5`; `41 or 42` is not 42."""
    from reward_service.verifiers.kinds.sets import items

    found = items(answer)
    counted = {str(item.value.value).casefold() for item in found if item.value.kind == tree.NOTED}
    alone = any(item.value.kind != tree.NOTED for item in found)
    things = any(item.value.kind == tree.NOTED and _unit_of(item.value) is None for item in found)
    if answer.value == "and" and (len(counted) > 1 or (alone and things)):
        return different(gold, answer, "expression.counts", "several things are counted where one is wanted")
    outcome = None
    for item in found:
        outcome = matcher.match(gold, item.value)
        if not outcome.equal:
            return different(gold, answer, "expression.several", "several values where one is wanted")
    return outcome or different(gold, answer, "expression.kind")


# -- units and remarks


def _noted(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """Values with words beside them: units convert, remarks are ignored."""
    from reward_service.verifiers.kinds.units import conversion, parse_tail

    gold_value = gold.parts[0] if gold.kind == tree.NOTED else gold
    answer_value = answer.parts[0] if answer.kind == tree.NOTED else answer
    policy = matcher.context.policy
    gold_unit = _unit_of(gold)
    answer_unit = _unit_of(answer)
    if answer.kind == tree.NOTED and answer_unit is None and parse_tail(str(answer.value)) is None:
        return different(
            gold, answer, "expression.remark", f"the words {str(answer.value)[:40]!r} may change the value"
        )
    if policy.units == "ignore" or gold_unit == answer_unit:
        return matcher.match(gold_value, answer_value)
    if gold_unit is None or answer_unit is None:
        if policy.units == "required" and gold_unit is not None:
            return different(gold, answer, "quantity.unit_missing", "the reference has a unit, the answer has none")
        return matcher.match(gold_value, answer_value)
    change = conversion(answer_unit, gold_unit)
    if change is None:
        return different(gold, answer, "quantity.dimension", "the units measure different things")
    factor, offset = change
    converted = tree.multiply(tree.number(factor), answer_value)
    return matcher.match(gold_value, tree.add(converted, tree.number(offset)) if offset else converted)


def _unit_of(node: Node) -> Unit | None:
    from reward_service.verifiers.kinds.units import parse_tail

    if node.kind != tree.NOTED:
        return None
    tail = parse_tail(str(node.value))
    return tail.unit if tail is not None else None
