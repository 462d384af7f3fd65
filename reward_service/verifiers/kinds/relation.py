"""References that are relations: equations, inequalities, memberships, congruences.

An equation that names a value is that value. Any other equation is a condition: it equals another one if their zero
sets do, which is decided by a constant ratio of the two sides' differences, or by solving for a variable in which
both are linear. Inequalities in one variable are sets of reals (interval.py).
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final

from reward_service.limits import Budget
from reward_service.verifiers import numerics, realsets
from reward_service.verifiers.differences import different
from reward_service.verifiers.kinds import families, interval, sets
from reward_service.verifiers.kinds.expression import is_plain
from reward_service.verifiers.outcome import Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.probing import agreement, probe
from reward_service.verifiers.statements import Statement, aligned, names_agree, read_statement, reordered

if TYPE_CHECKING:
    from reward_service.verifiers.matching import Matcher

_REVERSED: Final = {
    "<": ">", ">": "<", "<=": ">=", ">=": "<=",
    **{symmetric: symmetric for symmetric in ("=", "!=", "~", "cong", "sim", "perp", "parallel", "equiv")},
}  # fmt: skip
_EQUATION: Final = Outcome(
    equal=True,
    rule="relation.equivalent",
    reason="the two equations have the same solutions",
    flags=("probabilistic",),
)


_MOST_UNKNOWNS: Final = 12  # variables that an equation is tried to be solved for
_ARBITRARY: Final = frozenset({"c", "C", "k", "K", "C_1", "c_1", "lambda"})  # what arbitrary constants are called
_COUNTERS: Final = frozenset({"k", "n", "m", "l", "j"})


def match(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference is a relation."""

    operators = gold.value
    if any(part.kind == tree.PLUS_MINUS for part in tree.walk(gold)):
        return sets.match_collection(gold, answer, matcher)
    if all(operator in ("=", "~") for operator in operators):
        return _match_equation(gold, answer, matcher)
    if operators == ("in",):
        return _match_membership(gold, answer, matcher)
    if realsets.is_condition(gold):
        if not _same_constants(gold, answer):
            return different(gold, answer, "relation.name", "other values of the function are compared")
        if answer.kind == tree.RELATION and answer.value == operators and answer.parts != gold.parts:
            outcome = _match_parts(gold, answer, matcher)
            if outcome.equal:
                return outcome
        return interval.match(gold, answer, matcher)
    return match_statement(gold, answer, matcher)


def _same_constants(gold: Node, answer: Node) -> bool:
    """Whether two conditions speak of the same values f(1), f(2), ... of an unknown function, if both speak of such."""
    wanted, found = (
        {part for part in tree.walk(node) if part.kind == tree.APPLY and not tree.names(part)}
        for node in (gold, answer)
    )
    return not wanted or not found or wanted == found


def match_statement(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """A relation as a statement rather than as a set of values: the same sides, or a multiple of them."""
    operators = gold.value
    if answer.kind != tree.RELATION:
        return different(gold, answer, "relation.kind", "the reference is a relation")
    outcome = _match_parts(gold, answer, matcher)
    if outcome.equal:
        return outcome
    if len(operators) == 1 and operators[0] in ("<", ">", "<=", ">=", "!=") and len(answer.value) == 1:
        return _match_inequality(gold, answer, matcher)
    return outcome


def _match_membership(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    if answer.kind == tree.RELATION and answer.value == ("in",):
        return matcher.match(gold.parts[1], answer.parts[1])
    return matcher.match(gold.parts[1], answer)


# -- equations


def _match_equation(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    stated = read_statement(gold)
    outcome: Outcome | None = None
    if stated is not None and not stated.names and "~" in gold.value and answer.kind != tree.RELATION:
        return matcher.match(stated.value, answer)
    if stated is not None and stated.names:
        outcome = _match_named(stated, gold, answer, matcher)
        if outcome.equal:
            return outcome
    if answer.kind == tree.RELATION and answer.value == ("=",) and gold.value == ("=",):
        names_function = stated is not None and stated.names and stated.names[0].kind == tree.APPLY
        if (
            _is_curve(gold)
            and not names_function
            and _same_solutions(_zero_form(gold), _zero_form(answer), matcher.budget)
        ):
            return _EQUATION
        return outcome or different(gold, answer, "relation.different")
    if stated is not None and not stated.names and (len(gold.value) > 1 or "~" in gold.value):
        return matcher.match(stated.value, answer)
    if tree.is_scalar(answer) and gold.value == ("=",) and _solves(gold, answer, matcher.budget):
        return Outcome(
            equal=True,
            rule="relation.solved",
            reason="the reference solved for one of its variables",
            flags=("probabilistic",),
        )
    return outcome or different(gold, answer, "relation.kind", "the reference is an equation")


def _match_named(stated: Statement, gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference names a value; the answer may name it alike, otherwise, or not at all."""
    value, name = stated.value, stated.names[0]
    if len(stated.names) > 1 and all(map(_is_variable, stated.names)):
        several = _match_variables(stated, value, answer, matcher)
        if several is not None:
            return several
    if not stated.values and stated.approximate:
        value = stated.approximate[-1]
    if answer.kind == tree.RELATION:
        found = read_statement(answer)
        if name.kind == tree.APPLY and answer.parts[0] != name and name in tree.walk(answer.parts[0]):
            return different(gold, answer, "relation.name", "an equation for the function, and not its value")
        if found is not None and found.names:
            if not any(names_agree(left, right) for left in stated.names for right in found.names):
                return different(gold, answer, "relation.name", "another variable")
            known = tree.names(value)
            for member in found.values[:-1]:
                if tree.is_scalar(member) and is_plain(member, known) and not matcher.match(value, member).equal:
                    return different(gold, answer, "expression.contradiction", "its members are not equal")
            answer_value = reordered(name, found.names[0], aligned(name, found.names[0], found.value))
            return _match_values(stated, value, answer_value, matcher)
    return _match_values(stated, value, answer, matcher)


def _is_variable(node: Node) -> bool:
    return node.kind == tree.SYMBOL and bool(node.value[0].islower())


def _match_variables(stated: Statement, value: Node, answer: Node, matcher: Matcher) -> Outcome | None:
    """`a = b = c = 1` gives three variables one value: (1, 1, 1) is the same, a = b = 1 says less.

    None where the answer does not speak of variables or tuples; the value alone then decides.
    """
    gold = Node(tree.TUPLE, (value,) * len(stated.names), "()")
    if answer.kind == tree.TUPLE:
        return matcher.match(gold, answer)
    if answer.kind != tree.RELATION:
        return None
    found = read_statement(answer)
    if found is None or not all(map(_is_variable, found.names)):
        return matcher.match(gold, answer) if found is not None and found.value.kind == tree.TUPLE else None
    if found.names and len(set(found.names)) != len(set(stated.names)):
        return different(gold, answer, "relation.names", "it gives a value to other variables")
    return None


def _match_values(stated: Statement, value: Node, answer: Node, matcher: Matcher) -> Outcome:
    outcome = matcher.match(value, answer)
    if outcome.equal:
        return outcome
    renamed = families.renaming(value, answer)
    if renamed is not None and all(_may_rename(found, wanted.value, stated) for found, wanted in renamed.items()):
        return matcher.match(value, tree.substitute(answer, renamed))
    return _match_parameters(stated, value, answer, matcher) or outcome


def _match_parameters(stated: Statement, value: Node, answer: Node, matcher: Matcher) -> Outcome | None:
    """A family of functions: its parameters may be called anything, unless the question gave them their names."""
    question = matcher.context.reference.question
    name = stated.names[0]
    if name.kind not in (tree.APPLY, tree.TUPLE):
        return None
    arguments = {part.value for part in tree.walk(name) if part.kind == tree.SYMBOL}
    wanted = sorted(tree.names(value) - arguments)
    found = sorted(tree.names(answer) - arguments)
    if not 1 <= len(wanted) <= 3 or len(wanted) != len(found):
        return None
    arbitrary = all(letter in _ARBITRARY for letter in (*wanted, *found))
    if not arbitrary and (not question or any(_is_given(letter, question) for letter in (*wanted, *found))):
        return None
    for order in itertools.permutations(wanted):
        bindings = {old: tree.symbol(new) for old, new in zip(found, order, strict=True)}
        outcome = matcher.match(value, tree.substitute(answer, bindings))
        if outcome.equal:
            return outcome
    return None


def _is_given(letter: str, question: str) -> bool:
    return re.search(rf"(?<![A-Za-z\\\\]){re.escape(letter)}(?![A-Za-z])", question) is not None


def _may_rename(found: str, wanted: str, stated: Statement) -> bool:
    """Whether a name of the answer may stand for another one of the reference: the same letter in another case, or
    another letter that counts ("x = kπ" and "x = nπ")."""
    if found.lower() == wanted.lower():
        return True
    return found in _COUNTERS and wanted in _COUNTERS and stated.names[0].kind == tree.SYMBOL


def _is_curve(gold: Node) -> bool:
    """Whether an equation relates variables rather than naming a constant value."""
    return bool(tree.names(gold))


def _zero_form(relation: Node) -> Node:
    return tree.add(relation.parts[0], tree.negative(relation.parts[1]))


def _same_solutions(gold: Node, answer: Node, budget: Budget) -> bool:
    variables = tree.names(gold)
    if not variables or tree.names(answer) != variables:
        return False
    if _constant_ratio(gold, answer, budget) is not None:
        return True
    return any(
        _same_root(gold, answer, name, budget) and _same_root(answer, gold, name, budget) for name in sorted(variables)
    )


def _constant_ratio(gold: Node, answer: Node, budget: Budget) -> int | None:
    """The sign of gold / answer if that quotient is one constant and not zero, else None."""
    variables = sorted(tree.names(gold) | tree.names(answer))
    quotient = tree.divide(gold, answer)
    moved = {name: tree.symbol(f"{name}…") for name in variables}
    budget.spend(30)
    if not agreement(quotient, tree.substitute(quotient, moved), budget).equal:
        return None
    for index in range(4):
        point = {name: probe(name, index, False) for name in variables}
        try:
            precision = numerics.Precision(200, budget)
            value = numerics.evaluate(quotient, point, precision)
        except ArithmeticError:
            continue
        if len(value) == 4 and value[1]:
            return -1 if value[0] else 1
        return None
    return None


def _same_root(solved: Node, other: Node, name: str, budget: Budget) -> bool:
    """Whether the root of `solved` in a variable in which it is linear is a root of `other`, whatever the rest is."""
    root = _linear_root(solved, name, budget)
    if root is None:
        return False
    return agreement(tree.substitute(other, {name: root}), tree.ZERO, budget).equal


def _linear_root(node: Node, name: str, budget: Budget) -> Node | None:
    """-B/A for a tree A·name + B, found by its values at 0, 1 and 2; None where it is not linear or A is zero."""
    at_zero, at_one, at_two = (tree.substitute(node, {name: tree.number(value)}) for value in (0, 1, 2))
    slope = tree.add(at_one, tree.negative(at_zero))
    bend = tree.add(at_two, tree.negative(at_one), tree.negative(slope))
    budget.spend(60 + 10 * tree.size(node))
    if not agreement(bend, tree.ZERO, budget).equal or agreement(slope, tree.ZERO, budget).equal:
        return None
    at_five = tree.substitute(node, {name: tree.number(5)})
    straight = tree.add(at_zero, tree.multiply(tree.number(5), slope))
    if not agreement(at_five, straight, budget).equal:
        return None
    return tree.multiply(tree.negative(at_zero), tree.power(slope, tree.MINUS_ONE))


def _solves(gold: Node, answer: Node, budget: Budget) -> bool:
    """Whether a bare expression is the reference equation solved for one variable: xy = 6 and 6/x.

    The variable must not occur in the answer, the equation must be linear in it and then hold identically. The
    bare right side of an equation whose left side is an expression, as 1 for 2x + z = 1, solves nothing.
    """
    left_out = sorted(tree.names(gold) - tree.names(answer), key=lambda name: (name != "y", name))[:_MOST_UNKNOWNS]
    zero = _zero_form(gold)
    for name in left_out:
        satisfied = agreement(tree.substitute(zero, {name: answer}), tree.ZERO, budget)
        if satisfied.equal and _linear_root(zero, name, budget) is not None:
            return True
    return False


# -- inequalities and the rest


def _match_parts(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """Operand by operand, from the left or from the right."""
    if len(gold.parts) != len(answer.parts):
        return different(gold, answer, "relation.different")
    reversed_operators = tuple(_REVERSED.get(operator, "") for operator in reversed(answer.value))
    for operators, parts in ((answer.value, answer.parts), (reversed_operators, tuple(reversed(answer.parts)))):
        if operators != gold.value:
            continue
        outcomes = []
        for left, right in zip(gold.parts, parts, strict=True):
            outcomes.append(matcher.match(left, right))
            if not outcomes[-1].equal:
                break
        else:
            flags = tuple(dict.fromkeys(flag for outcome in outcomes for flag in outcome.flags))
            return Outcome(equal=True, rule="relation.parts", reason="equal side by side", flags=flags)
    return different(gold, answer, "relation.different")


def _match_inequality(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """Inequalities in several variables: the differences of their sides in a constant ratio of the right sign."""
    operator, other = gold.value[0], answer.value[0]
    sign = _constant_ratio(_zero_form(gold), _zero_form(answer), matcher.budget)
    if sign is not None and (other if sign > 0 else _REVERSED[other]) == operator:
        return Outcome(
            equal=True,
            rule="relation.equivalent",
            reason="one inequality is a multiple of the other",
            flags=("probabilistic",),
        )
    return different(gold, answer, "relation.different")
