"""How hard each prompt is for the policy now, and which prompts are worth asking: before a token is generated.

An estimate is a discounted count of right and all responses, so it follows a policy that learns, knows how little it
knows after one group, and is two numbers in a checkpoint.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PRIOR = 0.5  # of right and of wrong responses, each: Jeffreys' prior; a prompt never asked has an even chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """`right` of `tried` responses, both discounted (so rarely whole numbers)."""

    right: float = 0.0
    tried: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.right <= self.tried + 1e-9:
            raise ValueError(f"{self.right} right responses of {self.tried} cannot be")

    @property
    def accuracy(self) -> float:
        """The estimated chance of a right response; a half before the first."""
        return (self.right + PRIOR) / (self.tried + 2 * PRIOR)


def observed(estimate: Difficulty, *, right: float, tried: float, decay: float = 0.7) -> Difficulty:
    """The estimate after a group with `right` of `tried` scored responses; older counts weigh `decay` times as much.

    `right` may be fractional (partial credit). Unscored responses are in neither number.
    """
    if not 0 <= decay <= 1:
        raise ValueError(f"decay lies between 0 (only the last group) and 1 (all alike), got {decay}")
    return Difficulty(right=decay * estimate.right + right, tried=decay * estimate.tried + tried)


def worth(estimate: Difficulty, group: int) -> float:
    """The expected chance that a group of G carries signal: `1 - E[p^G] - E[(1-p)^G]` with p from the estimate's Beta
    distribution, in closed form.

    Unlike `chance_of_signal` of the mean it is never 0 after a finite number of responses: a prompt that was solved
    8 of 8 times is asked less often, not never.
    """
    right = estimate.right + PRIOR
    wrong = estimate.tried - estimate.right + PRIOR
    return 1 - _all_alike(right, wrong, group) - _all_alike(wrong, right, group)


def _all_alike(alike: float, other: float, group: int) -> float:
    """E[p^G] for p ~ Beta(alike, other)."""
    return math.prod((alike + i) / (alike + other + i) for i in range(group))


def frontier_weight(accuracy: float, *, centre: float = 0.5, width: float = 0.2) -> float:
    """`exp(-(p - centre)^2 / (2 width^2))`: Gaussian curriculum sampling (FG-ExPO, arXiv 2605.11403), width ours."""
    if width <= 0:
        raise ValueError(f"the width must be positive, got {width}")
    return math.exp(-((accuracy - centre) ** 2) / (2 * width**2))
