"""The nouns of the reward service: references, components, items, verdicts.

Pure data with invariants. The wire forms are in reward_service/v1, the two-way conversion in convert.py.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass, field


class Status(enum.IntEnum):
    """What happened to a response under one verifier. The first four are scored, the others are failures of ours."""

    CORRECT = 1
    INCORRECT = 2
    PARTIAL = 3
    NO_ANSWER = 4
    TIMEOUT = 5
    OUT_OF_MEMORY = 6
    CRASHED = 7
    REJECTED = 8
    INVALID_REFERENCE = 9
    ERROR = 10

    @property
    def scored(self) -> bool:
        """Whether a verdict of this status carries a score."""
        return self <= _LAST_SCORED


# By name once, not in each verdict: Python 3.11 looks a member up by a call.
_LAST_SCORED = Status.NO_ANSWER


class Tier(enum.IntEnum):
    """Where a verdict was settled, cheapest first."""

    INLINE = 1
    CACHE = 2
    WORKER = 3
    SLOW_LANE = 4


ANSWER_KINDS = ("auto", "choice", "number", "expression", "text", "set", "list", "boolean", "box")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a multiple-choice question: the label it is shown with and its text (empty for a picture)."""

    label: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The gold answer and how it is meant.

    `answer` may be an option's label or its text when `choices` is given. `tolerance` is absolute, in the answer's
    unit; `precision` counts decimal places. `question` is read only for what was asked for (unit, rounding, order).
    Nothing here is checked for sense: a reference that cannot be used is the verdict INVALID_REFERENCE, so that one
    bad row never fails a batch.
    """

    answer: str
    alternatives: tuple[str, ...] = ()
    kind: str = "auto"
    choices: tuple[Choice, ...] = ()
    precision: int | None = None
    tolerance: float | None = None
    unit: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One weighted verifier of a reward. Raises ValueError for a weight or gate outside its range."""

    verifier: str = "auto"
    weight: float = 1.0
    parameters: Mapping[str, object] = field(default_factory=dict)
    optional: bool = False
    gate: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise ValueError(
                f"weight of component {self.verifier!r} must be finite and not negative, got {self.weight}"
            )
        if self.gate is not None and not 0 <= self.gate <= 1:
            raise ValueError(f"gate of {self.verifier!r} must be between 0 and 1, got {self.gate}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreItem:
    """One response to score. Empty `components` means those of the request."""

    id: str
    response: str
    reference: Reference
    components: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepScore:
    """The score of one part of a response; `start` and `end` count code points, end exclusive."""

    start: int
    end: int
    score: float
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one verifier found. `score` is present exactly when `status` is scored: absent is not 0.

    `verifier`, `version` and `digest` are stamped by the registry when the verifier has run.
    """

    status: Status
    score: float | None = None
    extracted: str | None = None
    reason: str = ""
    rule: str = ""
    extraction_rule: str = ""
    verifier: str = ""
    version: str = ""
    digest: str = ""
    flags: tuple[str, ...] = ()
    steps: tuple[StepScore, ...] = ()

    def __post_init__(self) -> None:
        if (self.score is not None) != (self.status <= _LAST_SCORED):
            raise ValueError(
                f"{self.status.name} with score {self.score}: a score goes with a scored status, and only so"
            )
        if self.score is not None and not math.isfinite(self.score):
            raise ValueError(f"a score must be finite, got {self.score}")

    @property
    def correct(self) -> bool:
        """Whether the response was found right; False for wrong and for unscored alike, so look at `status` too."""
        return self.status is Status.CORRECT


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredItem:
    """The answer to one item: a verdict per component, the combined reward (None: unscored), where and how long."""

    id: str
    verdicts: tuple[Verdict, ...]
    reward: float | None
    tier: Tier
    elapsed_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierInfo:
    """What a server tells of one verifier; `parameters_schema` is JSON Schema text."""

    name: str
    version: str
    digest: str
    summary: str
    parameters_schema: str
