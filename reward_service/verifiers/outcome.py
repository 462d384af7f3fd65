"""What the comparison of one reference answer with one extracted answer found, and what it may look at."""

from __future__ import annotations

from dataclasses import dataclass, field

from reward_service.limits import DEFAULT_LIMITS, Budget, InputLimits
from reward_service.types import Reference
from reward_service.verifiers.policy import DEFAULT_POLICY, MathPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Equal or not, the rule that settled it (as "number.exact") and one sentence for a person.

    `flags` are remarks that do not change the verdict, such as "probabilistic".
    """

    equal: bool
    rule: str
    reason: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a comparison may look at beside the two texts."""

    reference: Reference
    policy: MathPolicy = DEFAULT_POLICY
    budget: Budget = field(default_factory=Budget)
    limits: InputLimits = DEFAULT_LIMITS
