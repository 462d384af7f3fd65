"""Values that move with the step or follow a measurement: weights, ranges, rates.

A schedule is a frozen value; what it remembers between steps is a small frozen state of plain numbers, so that a
checkpoint holds it (`dataclasses.asdict`) and a resumed run goes on where it stopped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, assert_never

Shape = Literal["constant", "linear", "cosine", "exponential"]
SHAPES: tuple[Shape, ...] = ("constant", "linear", "cosine", "exponential")
STEEPNESS = 5.0  # of the exponential: after a fifth of the way, 63 % of the change is made


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """From `start` to `end` in `steps` steps, beginning after `delay` steps; `end` from then on.

    "constant" stays at `start`, "linear" changes evenly, "cosine" slowly at both ends, "exponential" fastest at first.
    """

    shape: Shape = "constant"
    start: float
    end: float = 0.0
    steps: int = 1
    delay: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.delay < 0:
            raise ValueError(f"a ramp takes at least 1 step after a delay of 0 or more, got {self.steps}, {self.delay}")

    def at(self, step: int) -> float:
        """The value at `step`, counted from 0."""
        share = min(max((step - self.delay) / self.steps, 0.0), 1.0)
        match self.shape:
            case "constant":
                done = 0.0
            case "linear":
                done = share
            case "cosine":
                done = (1 - math.cos(math.pi * share)) / 2
            case "exponential":
                done = math.expm1(-STEEPNESS * share) / math.expm1(-STEEPNESS)
            case _:
                assert_never(self.shape)
        return self.start + (self.end - self.start) * done

    @property
    def highest(self) -> float:
        """The largest value it ever takes."""
        return self.start if self.shape == "constant" else max(self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Keeps a measurement within a factor 2 of its target by moving a value by `factor` at a time.

    For a learning rate or a clip range led by the policy's shift (`policy_shift` of the statistics): above 2 × target
    the value is divided by `factor`, below target / 2 multiplied, else kept. This is the rule of legged-robot PPO
    (arXiv 2109.11978 and its released code); exactly 0 keeps it too, since a policy that did not move says nothing.
    """

    target: float
    minimum: float
    maximum: float
    factor: float = 1.5

    def __post_init__(self) -> None:
        if self.target <= 0 or self.factor <= 1 or not 0 < self.minimum <= self.maximum:
            raise ValueError(
                f"a band needs target > 0, factor > 1 and 0 < minimum <= maximum, got {self.target}, {self.factor}, "
                f"{self.minimum} and {self.maximum}"
            )

    def moved(self, value: float, measured: float) -> float:
        """The next value."""
        if measured > 2 * self.target:
            value = value / self.factor
        elif 0 < measured < self.target / 2:
            value = value * self.factor
        return min(max(value, self.minimum), self.maximum)


Knot = tuple[float, float, float]
OUTCOME_TO_COMBINED: tuple[Knot, ...] = ((0.3, 1.0, 0.0), (0.7, 0.5, 0.5))
OUTCOME_PROCESS_COMBINED: tuple[Knot, ...] = ((0.2, 1.0, 0.0), (0.5, 0.0, 1.0), (0.8, 0.5, 0.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridSchedule:
    """Weights of outcome and process over a run of `steps`: (share of the run, outcome weight, process weight).

    Constant before the first knot and after the last, linear between. The default begins with the outcome alone and
    ends with half of each. The survey that this is from names the three phases, not their numbers: those are ours.
    """

    steps: int
    knots: tuple[Knot, ...] = OUTCOME_TO_COMBINED

    def __post_init__(self) -> None:
        shares = [share for share, _, _ in self.knots]
        if self.steps < 1 or not shares or sorted(set(shares)) != shares:
            raise ValueError(f"a hybrid schedule needs at least 1 step and knots at rising shares, got {shares}")

    def weights(self, step: int) -> tuple[float, float]:
        """The weights of outcome and process at `step`, counted from 0."""
        share = step / self.steps
        if share <= self.knots[0][0]:
            return self.knots[0][1:]
        for (before, *low), (after, *high) in zip(self.knots, self.knots[1:], strict=False):
            if share <= after:
                part = (share - before) / (after - before)
                return low[0] + (high[0] - low[0]) * part, low[1] + (high[1] - low[1]) * part
        return self.knots[-1][1:]
