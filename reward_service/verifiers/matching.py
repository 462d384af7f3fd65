"""Two trees, reference and answer: which rule compares them, and the recursion into their parts.

The reference's kind alone picks the rule; each rule is a function of a module in kinds/ and calls back `match` for
elements. Nothing here or there runs text: trees come from the parser only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reward_service.errors import InputLimitExceeded
from reward_service.verifiers.differences import different
from reward_service.verifiers.kinds import congruence, expression, families, function, interval, matrix, relation, sets
from reward_service.verifiers.outcome import Context, Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node

_DEEPEST: Final = 40


class Matcher:
    """The recursion: what may be looked at, and how deep it is."""

    __slots__ = ("budget", "context", "depth")

    def __init__(self, context: Context) -> None:
        self.context = context
        self.budget = context.budget
        self.depth = 0

    def match(self, gold: Node, answer: Node) -> Outcome:
        """Whether `answer` is the same as `gold`, under the rule for the gold's kind."""
        if gold == answer:
            return _AS_WRITTEN
        self.budget.spend(8)
        self.depth += 1
        if self.depth > _DEEPEST:
            raise InputLimitExceeded(f"structures nested deeper than {_DEEPEST}")
        try:
            return self._dispatch(gold, answer)
        finally:
            self.depth -= 1

    def _dispatch(self, gold: Node, answer: Node) -> Outcome:
        if gold.kind == tree.WHERE or answer.kind == tree.WHERE:
            return families.match(gold, answer, self)
        if gold.kind == tree.LABELLED:
            return self.match(gold.parts[0], answer)
        if answer.kind == tree.LABELLED and gold.kind not in (tree.LIST, tree.SET, tree.TEXT):
            return self.match(gold, answer.parts[0])
        if answer.kind == tree.CASES and gold.kind != tree.CASES and function.is_system(answer):
            return self.match(gold, function.as_list(answer))
        if congruence.is_congruence(gold):
            return congruence.match(gold, answer, self)
        rule = _RULES.get(gold.kind)
        if rule is None:
            return different(gold, answer, "structure.kind")
        return rule(gold, answer, self)


_AS_WRITTEN: Final = Outcome(equal=True, rule="expression.as_written", reason="the same expression, written alike")


_RULES: Final[dict[str, Callable[[Node, Node, Matcher], Outcome]]] = {
    **dict.fromkeys(tree.SCALAR_KINDS, expression.match),
    tree.NOTED: expression.match,
    tree.TEXT: expression.match_text,
    tree.RELATION: relation.match,
    tree.TUPLE: sets.match_tuple,
    tree.SET: sets.match_collection,
    tree.LIST: sets.match_collection,
    **dict.fromkeys(tree.REAL_SET_KINDS, interval.match),
    tree.EMPTY: sets.match_empty,
    tree.MATRIX: matrix.match,
    tree.CASES: function.match_cases,
}
