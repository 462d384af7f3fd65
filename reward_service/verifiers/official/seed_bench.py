"""`seed_bench_first_letter`: the generation-mode rule of SEED-Bench's leaderboards: a response's first character.

Source: lmms-eval, lmms_eval/tasks/seedbench/utils.py, `seed_process_result`. "B. Two" is B and "The answer is B" is T,
which is wrong. The authors' own rule is the loss of each option's text and needs no response (EVALUATION.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Verdict
from reward_service.verifiers.official.letters import letter_verdict
from reward_service.verifiers.registry import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedBenchParameters:
    """Parameters of `seed_bench_first_letter`."""

    input: str = parameter("full_response", "what the text is: a whole response", choices=("full_response",))


def check(text: str, reference: Reference, parameters: SeedBenchParameters, budget: Budget) -> Verdict:
    """Judge a response by its first character."""
    budget.spend()
    return letter_verdict("seed_bench", text.strip()[:1], "first_letter", reference)


VERIFIER = Verifier(
    name="seed_bench_first_letter",
    version="1",
    summary="SEED-Bench in generation mode: the first character of a response is the option",
    parameters=SeedBenchParameters,
    check=check,
)
