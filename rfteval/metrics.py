"""Counting records: what was scored, what was not and why, and the accuracy over what was. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reward_service.types import Verdict
from rfteval.statistics.intervals import estimate
from rfteval.types import Record, Sample

# Why an item has no score although no verifier failed; beside the unscored statuses of reward_service.types.Status.
NO_RESPONSE = "NO_RESPONSE"  # the sample has no response at all
MODEL_ERROR = "MODEL_ERROR"  # the model failed to return one
MISSING_TEXT = "MISSING_TEXT"  # the response lacks the text that the profile judges

UNTAGGED = "(untagged)"
ROTATION_OF = "rotation_of"  # the tag that rfteval.controls gives to a rotation of a question


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One response (or the lack of one) as it counts: `score` is None exactly when `status` is an unscored one."""

    sample_id: str
    index: int
    status: str
    score: float | None
    reason: str
    extracted: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of some items, and the mean score over the samples that have a scored response.

    A sample with several responses counts once, with the mean over its scored ones. `accuracy` and `interval` (95 %,
    see `rfteval.statistics.intervals.estimate`) are None when nothing was scored, `standard_error` also where the
    samples are one cluster. `samples` counts the samples that have a scored response.
    """

    items: int
    scored: int
    samples: int
    unscored: Mapping[str, int] = field(default_factory=dict)
    accuracy: float | None = None
    interval: tuple[float, float] | None = None
    standard_error: float | None = None

    def __post_init__(self) -> None:
        if self.items != self.scored + sum(self.unscored.values()):
            raise ValueError(f"{self.items} items are not {self.scored} scored and {dict(self.unscored)} unscored")
        if (self.accuracy is None) != (self.scored == 0):
            raise ValueError("there is an accuracy exactly when something was scored")


def item_of(record: Record, missing_text: str) -> Item:
    """How a record counts: by its first component, which every profile makes the correctness one."""
    verdict = first_verdict(record)
    if verdict is None:
        failed = record.response.error is not None
        status = MODEL_ERROR if failed else MISSING_TEXT
        reason = record.response.error or missing_text
        return Item(sample_id=record.sample_id, index=record.index, status=status, score=None, reason=reason)
    return Item(
        sample_id=record.sample_id,
        index=record.index,
        status=verdict.status.name,
        score=verdict.score,
        reason=verdict.reason,
        extracted=verdict.extracted,
        flags=verdict.flags,
    )


def first_verdict(record: Record) -> Verdict | None:
    """The verdict of the first component, or None where nothing was sent to be scored."""
    return record.scored.verdicts[0] if record.scored is not None and record.scored.verdicts else None


def lacking(sample: Sample) -> Item:
    """The item that stands for a sample without a response."""
    return Item(sample_id=sample.id, index=0, status=NO_RESPONSE, score=None, reason="no response for this sample")


def sample_scores(items: Iterable[Item]) -> dict[str, float]:
    """The mean score of each sample over its scored responses; samples without one are left out."""
    return sample_means((item.sample_id, item.score) for item in items)


def sample_means(scores: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """The mean of each sample's scores; None is left out."""
    found: dict[str, list[float]] = {}
    for sample, score in scores:
        if score is not None:
            found.setdefault(sample, []).append(score)
    return {
        sample: values[0] if len(values) == 1 else math.fsum(values) / len(values) for sample, values in found.items()
    }


def clusters_of(samples: Iterable[Sample], key: str | None) -> dict[str, str]:
    """Which cluster each sample is in: its tag `key`, else the question that it is a rotation of.

    A sample that has neither is left out: it is a cluster of its own.
    """
    found = {}
    for sample in samples:
        tag = sample.tags.get(key, "") if key is not None else ""
        tag = tag or sample.tags.get(ROTATION_OF, "")
        if tag:
            found[sample.id] = tag if isinstance(tag, str) else "\x1f".join(tag)
    return found


def tally(items: Iterable[Item], clusters: Mapping[str, str] | None = None) -> Tally:
    """Count `items`; `clusters` maps a sample to what it stands or falls with."""
    items = list(items)
    unscored = dict(sorted(Counter(item.status for item in items if item.score is None).items()))
    scored = len(items) - sum(unscored.values())
    scores = sample_scores(items)
    if not scores:
        return Tally(items=len(items), scored=0, samples=0, unscored=unscored)
    found = estimate(scores, clusters)
    return Tally(
        items=len(items),
        scored=scored,
        samples=len(scores),
        unscored=unscored,
        accuracy=found.mean,
        interval=found.interval,
        standard_error=found.standard_error,
    )


def by_tag(
    items: Sequence[Item], samples: Mapping[str, Sample], key: str, clusters: Mapping[str, str] | None = None
) -> dict[str, Tally]:
    """A tally for each value of the tag `key`, in order of the values; a sample of several values counts in each."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        tag = samples[item.sample_id].tags.get(key, UNTAGGED)
        for value in (tag,) if isinstance(tag, str) else tag or (UNTAGGED,):
            groups.setdefault(value, []).append(item)
    return {value: tally(groups[value], clusters) for value in sorted(groups)}


def count_statuses(items: Iterable[Item]) -> dict[str, int]:
    """How many items have each status, in order of the names."""
    return dict(sorted(Counter(item.status for item in items).items()))
