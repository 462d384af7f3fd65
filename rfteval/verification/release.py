"""What authors released, as values: runs with their responses and verdicts, and how they were judged.

The entry-point group `rfteval.releases` names tuples of `Release`; the benchmarks bring theirs that way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rfteval.benchmark import Benchmark
from rfteval.types import Response, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedRun:
    """One model's responses with the authors' verdicts.

    `profile` is the published rule as it was when the run was scored. `verdicts` are the authors', by sample; where
    they released none, `correct` is their count. `published` is the accuracy in percent as they print it.

    `explained` gives, for each row that is known to differ, why. `judged_by` names who judged it where it was not the
    rule. `seed` is that of the authors' generator where the rule draws options at random and one seed serves a whole
    run in the order of `samples`.
    """

    name: str
    benchmark: Benchmark
    profile: str
    samples: Sequence[Sample]
    responses: Sequence[Response]
    verdicts: Mapping[str, bool] = field(default_factory=dict)
    correct: int | None = None
    published: float | None = None
    explained: Mapping[str, str] = field(default_factory=dict)
    judged_by: str = ""
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeFree:
    """Whether a rule of ours can stand in for the model that the authors had extract the answers.

    `ours` and `theirs` are profiles; `theirs` takes the stored extraction, without luck. `readings` are disagreements
    that a person has read: run → sample → one of READINGS.
    """

    ours: str
    theirs: str
    readings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


# What a person found on reading a response on which our rule and the stored extraction differ.
READINGS = {
    "contradicted": "the response states another answer than was extracted",
    "unstated": "the response states no answer; the extracting model supplied one",
    "form": "the extraction names the right option in a form that the strict rule does not take",
    "cut": "the script cuts or rounds a decimal answer to the integer that is right",
    "open": "the response states two answers, a range, or something near an option",
    "ours": "our rule misread the response",
}
WRONG_EXTRACTIONS = frozenset({"contradicted", "unstated", "form", "cut"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Where the runs of one benchmark are below a data folder; `runs` gives none where the folder has none of them."""

    title: str
    folder: str
    runs: Callable[[Path], Iterator[ReleasedRun]]
    judge_free: JudgeFree | None = None
