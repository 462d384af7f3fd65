"""How the weight of the KL to the reference, beta, moves during a run.

Open loop: a ramp over the steps. Closed loop: after the measured KL ("adaptive") or after the accuracy ("accuracy",
little weight while the model struggles). OThink-MR1's GRPO-D (arXiv 2503.16081) raises beta during the run: a ramp
from a low start. The page we could read gives no function, so the shapes here are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, assert_never

from training.core.schedules import Ramp

BetaKind = Literal["ramp", "adaptive", "accuracy"]
BETA_KINDS: tuple[BetaKind, ...] = ("ramp", "adaptive", "accuracy")
LARGEST_MOVE = 0.2  # of one adaptive update: arXiv 1909.08593 sec. 2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaSchedule:
    """How beta moves.

    - "ramp": `ramp.at(step)`
    - "adaptive": starts at `ramp.start`; after each step `beta (1 + clip(KL / target - 1, ±0.2) n / horizon)` for a
      step of n responses, arXiv 1909.08593 sec. 2.2. `target` is a KL per response (6) or per token (0.1), as the
      caller measures it.
    - "accuracy": `ramp.start + (ramp.end - ramp.start) (3 a^2 - 2 a^3)` with a the moving mean of the accuracy. After
      FG-ExPO's accuracy-conditioned KL (arXiv 2605.11403); the smooth step and its moving mean are ours.
    """

    ramp: Ramp
    kind: BetaKind = "ramp"
    target: float = 0.1
    horizon: int = 10_000
    decay: float = 0.9

    def __post_init__(self) -> None:
        if self.ramp.start < 0 or self.ramp.end < 0:
            raise ValueError(f"beta must not be negative, got {self.ramp.start} and {self.ramp.end}")
        if self.kind == "adaptive" and self.ramp.start == 0:
            raise ValueError("an adaptive beta grows in proportion to itself: it must start above 0")
        if self.target <= 0 or self.horizon < 1 or not 0 <= self.decay < 1:
            raise ValueError(
                f"needs target > 0, horizon >= 1 and 0 <= decay < 1, got {self.target}, {self.horizon}, {self.decay}"
            )

    @property
    def needs_reference(self) -> bool:
        """Whether beta can ever be above 0: then the reference is kept from the first step, also while beta is 0."""
        match self.kind:
            case "ramp":
                return self.ramp.highest > 0
            case "adaptive":
                return True
            case "accuracy":
                return max(self.ramp.start, self.ramp.end) > 0
            case _:
                assert_never(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaState:
    """What a checkpoint keeps. `beta` is the weight to use at `step`; `scale` is what a monitor raised it by."""

    step: int
    beta: float
    scale: float = 1.0
    accuracy: float | None = None


def start_beta(schedule: BetaSchedule) -> BetaState:
    """The state before the first step."""
    return BetaState(step=0, beta=schedule.ramp.start)


def advance_beta(
    schedule: BetaSchedule, state: BetaState, *, kl: float | None, accuracy: float | None, responses: int
) -> BetaState:
    """The state after a step of `responses` with the measured `kl` and `accuracy`, None where not measured."""
    step = state.step + 1
    if accuracy is not None:
        accuracy = accuracy if state.accuracy is None else _mix(schedule.decay, state.accuracy, accuracy)
    else:
        accuracy = state.accuracy
    match schedule.kind:
        case "ramp":
            beta = schedule.ramp.at(step) * state.scale
        case "adaptive":
            error = 0.0 if kl is None else min(max(kl / schedule.target - 1, -LARGEST_MOVE), LARGEST_MOVE)
            beta = state.beta * (1 + error * responses / schedule.horizon)
        case "accuracy":
            risen = 0.0 if accuracy is None else accuracy * accuracy * (3 - 2 * accuracy)
            beta = (schedule.ramp.start + (schedule.ramp.end - schedule.ramp.start) * risen) * state.scale
        case _:
            assert_never(schedule.kind)
    return BetaState(step=step, beta=beta, scale=state.scale, accuracy=accuracy)


def raised(state: BetaState, factor: float) -> BetaState:
    """The state with beta multiplied by `factor` for good: what a reward-hacking monitor may do."""
    return replace(state, beta=state.beta * factor, scale=state.scale * factor)


def _mix(decay: float, before: float, now: float) -> float:
    return decay * before + (1 - decay) * now
