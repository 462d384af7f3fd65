"""The outcome of a comparison that failed: both sides as they were read, for a person."""

from __future__ import annotations

from reward_service.verifiers.outcome import Outcome
from reward_service.verifiers.parsing.printing import shown
from reward_service.verifiers.parsing.tree import Node


def different(gold: Node, answer: Node, rule: str, why: str = "") -> Outcome:
    """An inequality that shows both sides as they were read."""
    reason = f"read as {shown(answer)}, the reference as {shown(gold)}"
    return Outcome(equal=False, rule=rule, reason=f"{why}; {reason}" if why else reason)
