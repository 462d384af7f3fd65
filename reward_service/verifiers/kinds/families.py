"""Values with conditions: "2kπ, k ∈ ℤ", "for some integer t", "where C is a constant". Bound names may differ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reward_service.verifiers.outcome import Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node

if TYPE_CHECKING:
    from reward_service.verifiers.matching import Matcher

_LETTER = re.compile(r"(?<![A-Za-z])([A-Za-z])(?![A-Za-z])")


def match(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """At least one side carries conditions: compare the bodies with the bound names of one side renamed to the other's."""
    gold_body, gold_conditions = _opened(gold)
    answer_body, answer_conditions = _opened(answer)
    from reward_service.verifiers.kinds import interval

    if interval.is_condition(gold_body) and gold_conditions and answer_conditions:
        pass
    renamed = renaming(gold_body, answer_body)
    if renamed is not None:
        answer_body = tree.substitute(answer_body, renamed)
    return matcher.match(gold_body, answer_body)


def _opened(node: Node) -> tuple[Node, tuple[Node, ...]]:
    if node.kind == tree.WHERE:
        return node.parts[0], node.parts[1:]
    return node, ()


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
