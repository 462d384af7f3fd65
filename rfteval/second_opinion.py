"""What an optional judge changes: the score without and with it, as two numbers, and the responses it changed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rfteval.metrics import Item, sample_means
from rfteval.statistics.intervals import Estimate, estimate
from rfteval.statistics.paired import difference
from rfteval.types import Record

MOST_PROBLEMS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """The judge was asked about `asked` responses and gave no score for `unscored` of them, where the rule's stands.

    `problems` are the most frequent reasons of that, counted. `made_right` and `made_wrong` responses changed.
    `with_judge` and `without` are the scores, `change` the paired difference with its clustered interval.
    """

    settings: Mapping[str, object]
    asked: int
    unscored: int
    problems: Mapping[str, int]
    made_right: int
    made_wrong: int
    without: float
    with_judge: Estimate
    change: Estimate


def second_opinion(
    entries: Sequence[tuple[Item, Record | None]], clusters: Mapping[str, str], settings: object
) -> SecondOpinion | None:
    """The judge's effect; None where no judge was asked, or nothing is scored. `settings` are those of the judge."""
    judged = [(item, record.judged) for item, record in entries if record is not None and record.judged is not None]
    before = sample_means((item.sample_id, item.score) for item, _ in entries)
    if not judged or not before:
        return None
    after = sample_means((item.sample_id, _score(item, record)) for item, record in entries)
    return SecondOpinion(
        settings=settings if isinstance(settings, Mapping) else {},
        asked=len(judged),
        unscored=sum(verdict.score is None for _, verdict in judged),
        problems=dict(Counter(v.reason for _, v in judged if v.score is None).most_common(MOST_PROBLEMS)),
        made_right=sum(verdict.score == 1 and item.score != 1 for item, verdict in judged),
        made_wrong=sum(verdict.score == 0 and item.score != 0 for item, verdict in judged),
        without=sum(before.values()) / len(before),
        with_judge=estimate(after, clusters),
        change=difference(before, after, clusters, resamples=1).estimate,
    )


def _score(item: Item, record: Record | None) -> float | None:
    """The judge's score where it gave one, else the rule's; what the rule could not score stays unscored."""
    if record is None or record.judged is None or record.judged.score is None or item.score is None:
        return item.score
    return record.judged.score
