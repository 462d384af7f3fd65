"""`judge_alone`: for answers that no rule can tell right from wrong. It scores nothing, and says so each time.

A benchmark whose answers are in part sentences uses it in its profile of rules, so that a run needs no judge and a
sentence is never wrong for its words. The status is one of those that are ours: unscored, counted and shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.registry import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAloneParameters:
    """It has none."""


def check(text: str, reference: Reference, parameters: object, budget: Budget) -> Verdict:
    """Unscored, whatever the response says."""
    budget.spend(1)
    return Verdict(
        status=Status.ERROR,
        reason="no rule can tell whether this answer is right; use a profile with a judge, and a server that has one",
        rule="judge.needed",
    )


VERIFIER = Verifier(
    name="judge_alone",
    version="1",
    summary="No score: for answers that only a judge can tell right from wrong",
    parameters=JudgeAloneParameters,
    check=check,
)
