"""What a person asked the runner to do, checked as far as it can be without opening anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rfteval.budgets import Budgets
from rfteval.errors import UsageError
from rfteval.judging import JudgePlan
from rfteval.service import Service
from rfteval.shards import Shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do: which samples, how to score them, where to write, which service. None means the default.

    `rerun` asks again for what failed in an earlier sitting: "failed" for failed responses and unscored verdicts.
    `budgets` are those under which the same responses are scored again, cut off. `judge` is a
    second opinion on what the rule could not settle.
    """

    benchmark: str
    out: Path
    split: str | None = None
    data: str | None = None
    profile: str | None = None
    limit: int | None = None
    service: Service = field(default_factory=Service)
    fresh: bool = False
    shard: Shard | None = None
    rerun: Literal["failed"] | None = None
    budgets: Budgets = field(default_factory=Budgets)
    judge: JudgePlan | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"--limit must be at least 1, got {self.limit}")
        if self.fresh and self.rerun is not None:
            raise UsageError("--fresh starts over, so there is nothing to --rerun; choose one")
