"""`llm_judge` and `process_reward`: verdicts by another model, asked at an endpoint that the server is configured with.

Declared here with their parameters so that they are listed and checked as every verifier is. They do I/O, so a server
runs them beside its workers (reward_service/judges); run in process they are the status ERROR.
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.registry import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeParameters:
    """Parameters of `llm_judge`."""

    judge: str = parameter("default", "name of a judge in the server's configuration, of kind chat")
    rubric: str = parameter("", "what to score, in words; empty: equality of the final answer with the reference")
    threshold: float | None = parameter(
        None, "score 1 from this judge's score on, else 0; absent: the judge's score", minimum=0.0, maximum=1.0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessParameters:
    """Parameters of `process_reward`."""

    judge: str = parameter("default", "name of a judge in the server's configuration, of kind process_reward")
    combine: str = parameter("min", "how step scores become the score", choices=("min", "mean", "product"))


def check(text: str, reference: Reference, parameters: object, budget: Budget) -> Verdict:
    """Says that a server is needed."""
    return Verdict(
        status=Status.ERROR,
        reason="this verifier asks another model; run it through a server whose configuration names a judge",
        rule="judge.unavailable",
    )


VERIFIERS = (
    Verifier(
        name="llm_judge",
        version="1",
        summary="A score by a language model at a configured endpoint, under a rubric.",
        parameters=JudgeParameters,
        check=check,
    ),
    Verifier(
        name="process_reward",
        version="1",
        summary="A score for each step by a process reward model at a configured endpoint.",
        parameters=ProcessParameters,
        check=check,
    ),
)
