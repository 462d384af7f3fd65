"""The `repetition` verifier: a penalty for saying the same thing again and again.

The n-gram penalty of "Demystifying Long Chain-of-Thought Reasoning" (arXiv 2502.03373): the share of n-grams that
occurred before, times the largest penalty. Words are split at spaces; a CJK character is a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.registry import Verifier

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionParameters:
    """Parameters of the `repetition` verifier."""

    words: int = parameter(4, "n: how many words make one n-gram", minimum=1, maximum=100)
    penalty: float = parameter(1.0, "largest penalty, reached when every n-gram is a repetition", minimum=0.0)
    tolerated: float = parameter(0.0, "share of repeated n-grams that costs nothing", minimum=0.0, maximum=1.0)


def repeated_share(text: str, words: int) -> float:
    """Share of the text's n-grams that occurred earlier in it: 0 for none or for a text shorter than one n-gram."""
    split = _WORD.findall(text)
    count = len(split) - words + 1
    if count <= 0:
        return 0.0
    distinct = {tuple(split[start : start + words]) for start in range(count)}
    return 1.0 - len(distinct) / count


def check(text: str, reference: Reference, parameters: RepetitionParameters, budget: Budget) -> Verdict:
    """Score 0 for no repetition down to -penalty. The reference is not looked at."""
    budget.spend(1 + len(text) // 10)
    share = repeated_share(text, parameters.words)
    score = -parameters.penalty * share if share > parameters.tolerated else 0.0
    return Verdict(
        status=Status.CORRECT if score == 0.0 else Status.PARTIAL,
        score=score,
        reason=f"{share:.1%} of the {parameters.words}-word sequences are repetitions",
        rule="repetition.ngram",
        flags=("repetitive",) if share > 0.5 else (),
    )


VERIFIER = Verifier(
    name="repetition",
    version="1",
    summary="A penalty for repeated word sequences, by share of repeated n-grams.",
    parameters=RepetitionParameters,
    check=check,
)
