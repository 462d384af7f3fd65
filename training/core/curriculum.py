"""When to move on to the next stage of a curriculum. Curr-ReFT (arXiv 2503.07065) has three: yes/no, multiple choice,
open answers. The paper moves by hand; the rule here is ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """Move on when the moving mean of the accuracy is above `accuracy` after at least `patience` steps in the stage,
    or after `steps` steps, whichever is first; None switches a rule off. Without either a stage never ends.
    """

    accuracy: float | None = 0.7
    patience: int = 50
    steps: int | None = None

    def __post_init__(self) -> None:
        if self.accuracy is not None and not 0 <= self.accuracy <= 1:
            raise ValueError(f"an accuracy lies between 0 and 1, got {self.accuracy}")
        if self.patience < 1 or (self.steps is not None and self.steps < 1):
            raise ValueError(f"patience and steps count from 1, got {self.patience} and {self.steps}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CurriculumState:
    """What a checkpoint keeps: the stage (from 0), steps in it, and the moving mean of its accuracy."""

    stage: int = 0
    steps: int = 0
    accuracy: float | None = None


def advance_curriculum(
    promotion: Promotion, state: CurriculumState, accuracy: float | None, *, stages: int
) -> CurriculumState:
    """The state after a step with the mean accuracy of its scored responses, None without any.

    The moving mean has the half-life that fits the patience (weight 2 / (patience + 1) for the newest step) and starts
    anew with each stage. The last stage does not end.
    """
    weight = 2 / (promotion.patience + 1)
    mean = state.accuracy
    if accuracy is not None:
        mean = accuracy if mean is None else (1 - weight) * mean + weight * accuracy
    state = replace(state, steps=state.steps + 1, accuracy=mean)
    mastered = (
        promotion.accuracy is not None
        and mean is not None
        and state.steps >= promotion.patience
        and mean > promotion.accuracy
    )
    served = promotion.steps is not None and state.steps >= promotion.steps
    if state.stage + 1 < stages and (mastered or served):
        return CurriculumState(stage=state.stage + 1)
    return state
