"""Text → tree: one precedence climber for LaTeX and plain mathematics, bounded in depth and nodes.

From loose to tight, one module a level: lists, relations, arithmetic, powers, primary; primary hands on to names,
functions, brackets, commands and environments. Implied products bind like written ones, so 1/2x is (1/2)x.
"""

from __future__ import annotations

from reward_service.limits import Budget, InputLimits
from reward_service.verifiers.parsing import lists, tokens
from reward_service.verifiers.parsing.normalise import normalised
from reward_service.verifiers.parsing.state import ParseError, State
from reward_service.verifiers.parsing.tree import Node

__all__ = ["ParseError", "parse"]


def parse(text: str, limits: InputLimits, budget: Budget, *, comma: str = "group") -> Node:
    """The tree of an answer's text. `comma` says what a comma between digits is, see `tokens.tokenise`.

    Raises ParseError where the text is not read as mathematics, InputLimitExceeded where it is over a limit,
    RecursionError where the caller's stack has no room for the nesting that the limits allow.
    """
    cleaned = normalised(text)
    budget.spend(5 + len(cleaned) // 2)
    return lists.whole(State(tokens.tokenise(cleaned, limits, comma=comma), limits, budget))
