"""The `length` verifier: rewards and penalties on how long a response is, each with the paper it is from.

Lengths are tokens, counted by the trainer's tokenizer and sent as parameters: a server has no tokenizer of its own.
`expected_steps` alone counts something else, and by itself: the steps that the response is written in.
Where a rule depends on whether the answer is right, `correct` is the trainer's word for it (the verdict of its
correctness component). Scores of these rules are not all within 0 to 1; each says its range.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.registry import Verifier

RULES = ("dapo_overlong", "cosine", "kimi", "l1", "expected_steps")
NEEDS = {
    "dapo_overlong": ("length",),
    "cosine": ("length", "correct"),
    "kimi": ("length", "correct", "group_shortest", "group_longest"),
    "l1": ("length", "correct", "wanted"),
    "expected_steps": ("wanted",),
}
BEST = {"dapo_overlong": 0.0, "cosine": 2.0, "kimi": 0.5, "l1": 1.0, "expected_steps": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthParameters:
    """Parameters of the `length` verifier. Raises ValueError when the rule chosen lacks one that it needs."""

    rule: str = parameter("dapo_overlong", "which rule", choices=RULES)
    length: int | None = parameter(
        None, "tokens of this response; for expected_steps its steps, counted here where absent", minimum=0
    )
    limit: int = parameter(20_480, "longest response, in tokens; beyond it counts as cut off", minimum=1)
    cache: int = parameter(4_096, "dapo_overlong: width of the soft zone below the limit", minimum=1)
    correct: bool | None = parameter(None, "cosine, kimi, l1: whether the answer is right")
    group_shortest: int | None = parameter(None, "kimi: tokens of the group's shortest response", minimum=0)
    group_longest: int | None = parameter(None, "kimi: tokens of the group's longest response", minimum=0)
    wanted: int | None = parameter(None, "l1: tokens asked for; expected_steps: steps expected", minimum=1)
    slope: float = parameter(3e-4, "l1: penalty per token of difference", minimum=0.0)
    tolerance: float = parameter(0.25, "expected_steps: relative difference that costs nothing", minimum=0.0)

    def __post_init__(self) -> None:
        for name in NEEDS[self.rule]:
            if getattr(self, name) is None:
                raise ValueError(f"the rule {self.rule!r} needs {name!r}")
        if self.rule == "dapo_overlong" and self.cache > self.limit:
            raise ValueError(f"'cache' ({self.cache}) must not exceed 'limit' ({self.limit})")


def dapo_overlong(length: int, limit: int, cache: int) -> float:
    """Soft overlong punishment, DAPO (arXiv 2503.14476). Range -1 to 0."""
    if length <= limit - cache:
        return 0.0
    if length <= limit:
        return (limit - cache - length) / cache
    return -1.0


def cosine(length: int, limit: int, correct: bool) -> float:
    """Cosine length reward (arXiv 2502.03373): right 2 falling to 1, wrong -10 rising to 0, cut off -10."""
    if length > limit:
        return -10.0
    start, end = (2.0, 1.0) if correct else (-10.0, 0.0)
    return end + 0.5 * (start - end) * (1 + math.cos(math.pi * length / limit))


def kimi(length: int, shortest: int, longest: int, correct: bool) -> float:
    """Length reward within a group, Kimi k1.5 (arXiv 2501.12599). Range -0.5 to 0.5; 0 if all are equal."""
    if longest == shortest:
        return 0.0
    value = 0.5 - (length - shortest) / (longest - shortest)
    return value if correct else min(0.0, value)


def l1_exact(length: int, wanted: int, slope: float, correct: bool) -> float:
    """L1-Exact (arXiv 2503.04697): 1 if right, minus slope × distance to the length asked for."""
    return float(correct) - slope * abs(wanted - length)


def expected_steps(steps: int, wanted: int, tolerance: float) -> float:
    """1 within `tolerance` of the steps expected, falling linearly to 0 at twice or none of them. Ours; 0 to 1."""
    distance = abs(steps - wanted) / wanted
    if distance <= tolerance:
        return 1.0
    return max(0.0, 1.0 - (distance - tolerance) / max(1.0 - tolerance, 1e-9))


def check(text: str, reference: Reference, parameters: LengthParameters, budget: Budget) -> Verdict:
    """The score of the rule chosen. The reference is not looked at, and the text only to count its steps."""
    length = parameters.length
    if length is None:
        from reward_service.verifiers.reasoning.steps import split_steps  # only where steps are to be counted

        budget.spend(1 + len(text) // 100)
        length = len(split_steps(text))
    budget.spend()
    score = _score(parameters, length)
    status = Status.CORRECT if score >= BEST[parameters.rule] else Status.PARTIAL
    reason = f"{parameters.rule} of length {length} gives {score:.4g}"
    return Verdict(status=status, score=score, reason=reason, rule=f"length.{parameters.rule}")


def _score(parameters: LengthParameters, length: int) -> float:
    correct, wanted = bool(parameters.correct), parameters.wanted or 0
    match parameters.rule:
        case "dapo_overlong":
            return dapo_overlong(length, parameters.limit, parameters.cache)
        case "cosine":
            return cosine(length, parameters.limit, correct)
        case "kimi":
            return kimi(length, parameters.group_shortest or 0, parameters.group_longest or 0, correct)
        case "l1":
            return l1_exact(length, wanted, parameters.slope, correct)
        case _:
            return expected_steps(length, wanted, parameters.tolerance)


VERIFIER = Verifier(
    name="length",
    version="2",
    summary="Length rewards: DAPO soft overlong, cosine, Kimi k1.5, L1, expected number of steps.",
    parameters=LengthParameters,
    check=check,
)
