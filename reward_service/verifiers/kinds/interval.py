"""References that are sets of real numbers: intervals, unions, inequalities in one variable, set-builder notation.

An interval, an inequality and a set-builder that hold the same numbers are the same answer; open and closed ends
differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reward_service.limits import Budget
from reward_service.verifiers.differences import different
from reward_service.verifiers.membership import same_at, same_set
from reward_service.verifiers.outcome import Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.realsets import Combined, Points, RealSet, Span, is_condition, read

if TYPE_CHECKING:
    from reward_service.verifiers.matching import Matcher


def match(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference is a set of real numbers."""
    budget = matcher.budget
    wanted = read(gold, budget)
    if wanted is None:
        return _match_structure(gold, answer, matcher)
    if gold.kind == tree.TUPLE and answer.kind == tree.LIST and not is_condition(answer):
        return different(gold, answer, "interval.kind")
    found = read(answer, budget)
    if found is None:
        return different(gold, answer, "interval.kind", "the reference is a set of real numbers")
    quick = _match_spans(wanted, found, matcher)
    if quick is not None and quick.equal:
        return quick
    if wanted == found == Points(()):
        return Outcome(equal=True, rule="set.empty", reason="both are empty")
    wanted, found = _as_union(gold, wanted, budget), _as_union(answer, found, budget)
    verdict = same_set(wanted, found, budget)
    if verdict is None:
        return quick or different(gold, answer, "interval.different")
    equal, certain = verdict
    if not equal:
        return different(gold, answer, "interval.different")
    return Outcome(
        equal=True,
        rule="interval.members",
        reason="the same set of real numbers",
        flags=() if certain else ("probabilistic",),
    )


def _as_union(node: Node, item: RealSet, budget: Budget) -> RealSet:
    """ "x < -2, x > 5" holds for no x if the comma means "and", so there it means "or"."""
    if node.kind != tree.LIST or node.value == "or" or not isinstance(item, Combined):
        return item
    try:
        empty, inhabited = same_at(item, Points(()), {}, budget)
    except ArithmeticError:
        return item
    if not empty or inhabited:
        return item
    return Combined(tree.UNION, item.sets)


def _match_structure(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """A set that is not one of reals, as {(x, y) | ...}: element and condition alike."""
    if answer.kind == tree.RELATION and answer.value in (("in",), ("=",)):
        answer = answer.parts[1]
    if answer.kind != gold.kind or len(answer.parts) != len(gold.parts) or not gold.parts:
        return different(gold, answer, "set.kind")
    if gold.kind == tree.UNION:
        from reward_service.verifiers.kinds import sets

        return sets.match_collection(Node(tree.SET, gold.parts), Node(tree.SET, answer.parts), matcher)
    for left, right in zip(gold.parts, answer.parts, strict=True):
        if not matcher.match(left, right).equal:
            return different(gold, answer, "set.different")
    return Outcome(equal=True, rule="set.structure", reason="equal part by part")


def _match_spans(gold: RealSet, answer: RealSet, matcher: Matcher) -> Outcome | None:
    """Two plain intervals: their ends and brackets."""
    if not isinstance(gold, Span) or not isinstance(answer, Span):
        return None
    unequal = Outcome(equal=False, rule="interval.different", reason="the intervals differ")
    if (gold.low_closed, gold.high_closed) != (answer.low_closed, answer.high_closed):
        return unequal
    flags: tuple[str, ...] = ()
    for left, right in ((gold.low, answer.low), (gold.high, answer.high)):
        if left is None or right is None:
            if left is not right:
                return unequal
            continue
        outcome = matcher.match(left, right)
        if not outcome.equal:
            return unequal
        flags += outcome.flags
    return Outcome(
        equal=True, rule="interval.ends", reason="equal ends and brackets", flags=tuple(dict.fromkeys(flags))
    )
