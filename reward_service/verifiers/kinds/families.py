"""Values with conditions: "2kπ, k ∈ ℤ", "for some integer t", "where C is a constant". Bound names may differ.

Families over the whole numbers are also compared as sets of values, so that π/2 + kπ is -π/2 + kπ.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from reward_service.limits import Budget
from reward_service.verifiers import realsets
from reward_service.verifiers.differences import different
from reward_service.verifiers.kinds import congruence
from reward_service.verifiers.outcome import Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.probing import probe, value_of
from reward_service.verifiers.statements import read_statement

if TYPE_CHECKING:
    from reward_service.verifiers.matching import Matcher

_LETTER: Final = re.compile(r"(?<![A-Za-z])([A-Za-z])(?![A-Za-z])")
_NEAR: Final = 4  # members of one family that must be found in the other
_FAR: Final = 26


def match(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """At least one side carries conditions: compare the bodies, with the answer's bound names renamed."""
    gold_body, gold_conditions = _opened(gold)
    answer_body, answer_conditions = _opened(answer)
    if gold.value == "forall":
        return _match_quantified(gold, answer, matcher)
    restricted = _restriction(gold, answer, matcher)
    if restricted is not None:
        return restricted
    domains = _domains(gold_conditions, answer_conditions, matcher)
    if domains is not None and not domains.equal:
        return domains
    renamed = renaming(_value(gold_body), _value(answer_body))
    body = tree.substitute(answer_body, renamed) if renamed is not None else answer_body
    outcome = _defined_alike(gold_conditions, answer_conditions, matcher) or matcher.match(gold_body, body)
    starts = _starts(gold_conditions), _starts(answer_conditions)
    if starts[0] and starts[1] and starts[0] != starts[1] and outcome.equal:
        return different(gold, answer, "family.range", "the whole numbers start elsewhere")
    if outcome.equal or _defines_function(gold_body) or _defines_function(answer_body):
        return outcome
    if starts[0] and starts[0] == starts[1]:
        return outcome
    classes = congruence.read(gold), congruence.read(answer)
    whole = _are_whole(gold_conditions) or _are_whole(answer_conditions)
    if whole and classes[0] is not None and classes[1] is not None:
        return congruence.compare(classes[0], classes[1], gold, answer)
    counters = _counters(gold_body, gold_conditions), _counters(answer_body, answer_conditions)
    if not counters[0] and len(counters[1]) == 1:
        counters = _left_over(gold_body, answer_body), counters[1]
    if len(counters[0]) == len(counters[1]) == 1 and _same_values(
        gold_body, counters[0][0], answer_body, counters[1][0], matcher
    ):
        return Outcome(equal=True, rule="family.members", reason="the same family of values", flags=("probabilistic",))
    return outcome


def _defines_function(body: Node) -> bool:
    """f(n) = n + 1 for every n is one function, and not the set of its values."""
    return body.kind == tree.RELATION and body.parts[0].kind == tree.APPLY


def _starts(conditions: tuple[Node, ...]) -> frozenset[str]:
    """The sets of natural numbers that the counters run over, where their index says where they start."""
    sets = [
        part.parts[1] for part in conditions if part.kind == tree.RELATION and part.value == ("in",) and part.parts[1:]
    ]
    names = [str(item.value) for item in sets if item.kind == tree.NUMBER_SET]
    return frozenset(name.replace("_", "") for name in names if name[0] == "N" and len(name) > 1)


def _defined_alike(gold: tuple[Node, ...], answer: tuple[Node, ...], matcher: Matcher) -> Outcome | None:
    """`..., where φ = (1+√5)/2` on both sides: what one name stands for must be one value. None where it is."""
    definitions = [
        {part.parts[0]: part for part in side if part.kind == tree.RELATION and part.value == ("=",)}
        for side in (gold, answer)
    ]
    for name, wanted in definitions[0].items():
        found = definitions[1].get(name)
        if name.kind == tree.SYMBOL and found is not None and not matcher.match(wanted.parts[1], found.parts[1]).equal:
            return different(wanted, found, "family.definition", "a name stands for another value")
    return None


def _match_quantified(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """A statement for all x is no set of values: its relation must be the same one, and so must its range."""
    from reward_service.verifiers.kinds import relation

    body, conditions = _opened(answer)
    if answer.kind == tree.WHERE and len(conditions) == len(gold.parts) - 1:
        for wanted, found in zip(gold.parts[1:], conditions, strict=True):
            outcome = matcher.match(wanted, found)
            if not outcome.equal:
                return outcome
    if gold.parts[0].kind != tree.RELATION:
        return matcher.match(gold.parts[0], body)
    return relation.match_statement(gold.parts[0], body, matcher)


def _domains(gold: tuple[Node, ...], answer: tuple[Node, ...], matcher: Matcher) -> Outcome | None:
    """Ranges stated on both sides must agree; a range stated on one side only is taken as understood on the other."""
    wanted = tuple(part for part in gold if realsets.is_condition(part))
    found = tuple(part for part in answer if realsets.is_condition(part))
    if not wanted or not found:
        return None
    return matcher.match(_joined(wanted), _joined(found))


def _joined(parts: tuple[Node, ...]) -> Node:
    return parts[0] if len(parts) == 1 else Node(tree.LIST, parts, "and")


def _value(body: Node) -> Node:
    """The value of a named body: its names are not among those that may be renamed."""
    stated = read_statement(body)
    return stated.value if stated is not None and stated.names else body


def _opened(node: Node) -> tuple[Node, tuple[Node, ...]]:
    if node.kind == tree.WHERE:
        return node.parts[0], node.parts[1:]
    return node, ()


def _restriction(gold: Node, answer: Node, matcher: Matcher) -> Outcome | None:
    """Inequalities with a condition that is one too, as `x > 0, for x ≠ 3`, are one set of reals."""

    for node in (gold, answer):
        if (
            node.kind == tree.WHERE
            and node.value != "forall"
            and all(realsets.is_condition(part) for part in node.parts)
        ):
            joined = Node(tree.LIST, node.parts, "and")
            if realsets.is_condition(joined):
                other = answer if node is gold else gold
                return matcher.match(joined, other) if node is gold else matcher.match(other, joined)
    return None


def renaming(gold: Node, answer: Node) -> dict[str, Node] | None:
    """Names only the answer has → names only the reference has, in order of appearance; None if counts differ."""
    gold_names, answer_names = _in_order(gold), _in_order(answer)
    only_gold = [name for name in gold_names if name not in answer_names]
    only_answer = [name for name in answer_names if name not in gold_names]
    if not only_gold or len(only_gold) != len(only_answer):
        return None
    return {found: tree.symbol(wanted) for found, wanted in zip(only_answer, only_gold, strict=True)}


def _in_order(node: Node) -> list[str]:
    seen: dict[str, None] = {}

    def visit(part: Node) -> None:
        if part.kind == tree.SYMBOL:
            seen.setdefault(part.value)
        for inner in part.parts:
            visit(inner)

    visit(node)
    return list(seen)


# -- families over the whole numbers


def _counters(body: Node, conditions: tuple[Node, ...]) -> list[str]:
    """Names in the body that the conditions let run through the whole numbers."""
    names = tree.names(body)
    found: list[str] = []
    for condition in conditions:
        if condition.kind == tree.RELATION and condition.value == ("in",):
            domain, subject = condition.parts[1], condition.parts[0]
            if domain.kind == tree.NUMBER_SET and domain.value == "Z" and subject.kind == tree.SYMBOL:
                found.append(subject.value)
        elif condition.kind == tree.TEXT and "integer" in str(condition.value):
            found.extend(_LETTER.findall(str(condition.value).replace(" a ", " ")))
    return [name for name in dict.fromkeys(found) if name in names]


def _are_whole(conditions: tuple[Node, ...]) -> bool:
    """Whether some condition says that a name runs through the whole numbers."""
    for condition in conditions:
        if condition.kind == tree.TEXT and ("integer" in str(condition.value) or "natural" in str(condition.value)):
            return True
        if condition.kind == tree.RELATION and condition.value == ("in",):
            domain = condition.parts[1]
            if domain.kind == tree.NUMBER_SET and domain.value[0] in "ZN":
                return True
    return False


def _left_over(body: Node, other: Node) -> list[str]:
    left = sorted(tree.names(body) - tree.names(other))
    return left if len(left) == 1 and left[0] in ("k", "n", "m", "l", "j", "t") else []


def _same_values(gold: Node, gold_name: str, answer: Node, answer_name: str, matcher: Matcher) -> bool:
    from reward_service.verifiers.kinds.sets import items

    gold_values = [item.value for item in items(gold)]
    answer_values = [item.value for item in items(answer)]
    if len(gold_values) * len(answer_values) > 64 or not all(
        tree.is_scalar(value) for value in (*gold_values, *answer_values)
    ):
        return False
    budget = matcher.budget
    gold_near, gold_far = _members(gold_values, gold_name, budget)
    answer_near, answer_far = _members(answer_values, answer_name, budget)
    return bool(gold_near) and bool(answer_near) and gold_near <= answer_far and answer_near <= gold_far


def _members(values: list[Node], name: str, budget: Budget) -> tuple[set[int], set[int]]:
    """Members near zero and further out, as whole multiples of 10**-20."""
    near: set[int] = set()
    far: set[int] = set()
    for value in values:
        others = {other: tree.number(Fraction(probe(other, 0, False))) for other in tree.names(value) if other != name}
        for index in range(-_FAR, _FAR + 1):
            number = value_of(tree.substitute(value, {**others, name: tree.number(index)}), budget)
            if number is None:
                return set(), set()
            key = round(number * 10**20)
            far.add(key)
            if abs(index) <= _NEAR:
                near.add(key)
    return near, far
