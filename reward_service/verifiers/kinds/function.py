"""Functions by cases: pairs of value and condition, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reward_service.verifiers.differences import different
from reward_service.verifiers.outcome import Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.statements import read_statement

if TYPE_CHECKING:
    from reward_service.verifiers.matching import Matcher

_OTHERWISE = ("otherwise", "else", "if otherwise", "elsewhere", "")


def match_cases(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference is a function by cases, or a system of equations in a cases environment."""
    if is_system(gold):
        return matcher.match(as_list(gold), as_list(answer) if answer.kind == tree.CASES else answer)
    if answer.kind == tree.RELATION:
        stated = read_statement(answer)
        if stated is not None and stated.names:
            return matcher.match(gold, stated.value)
    if answer.kind != tree.CASES or len(answer.parts) != len(gold.parts):
        return different(gold, answer, "cases.kind", "the reference is given by cases")
    found = _branches(answer)
    flags: tuple[str, ...] = ()
    for value, condition in _branches(gold):
        for index, (other, other_condition) in enumerate(found):
            outcome = matcher.match(value, other)
            if outcome.equal and _same_condition(condition, other_condition, matcher):
                flags += outcome.flags
                del found[index]
                break
        else:
            return different(gold, answer, "cases.branch", "a case has no counterpart")
    return Outcome(equal=True, rule="cases.branches", reason="equal case by case", flags=tuple(dict.fromkeys(flags)))


def _branches(node: Node) -> list[tuple[Node, Node]]:
    return [(node.parts[index], node.parts[index + 1]) for index in range(0, len(node.parts), 2)]


def is_system(node: Node) -> bool:
    """Whether the rows hold equations rather than values with conditions."""
    return all(condition == Node(tree.TEXT, (), "") for _, condition in _branches(node))


def as_list(node: Node) -> Node:
    """The rows of a system as an enumeration."""
    rows = tuple(value for value, _ in _branches(node))
    return rows[0] if len(rows) == 1 else Node(tree.LIST, rows, ",")


def _same_condition(gold: Node, answer: Node, matcher: Matcher) -> bool:
    if gold.kind == tree.TEXT and answer.kind == tree.TEXT:
        left, right = str(gold.value).strip().casefold(), str(answer.value).strip().casefold()
        return left == right or (left in _OTHERWISE and right in _OTHERWISE)
    gold_words = gold.kind == tree.TEXT and str(gold.value).strip().casefold() in _OTHERWISE
    answer_words = answer.kind == tree.TEXT and str(answer.value).strip().casefold() in _OTHERWISE
    if gold_words or answer_words:
        return True  # "otherwise" beside a spelled-out rest; the other branches pin it down
    return matcher.match(gold, answer).equal
