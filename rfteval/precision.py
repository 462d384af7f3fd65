"""How sure a score is: clusters, standard errors, the bootstrap, several responses a question, rotations. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rfteval.metrics import ROTATION_OF, Item, sample_scores
from rfteval.statistics.intervals import Estimate, estimate
from rfteval.statistics.repeats import Point, Vote, points
from rfteval.statistics.resampling import Resampled, bootstrap_mean
from rfteval.types import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Questions with several scored responses: how many these are, and what k of them give."""

    fewest: int
    most: int
    samples: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotations:
    """A circular control's questions (Liu et al., arXiv:2307.06281, sec. 4.3): right is right in every rotation."""

    questions: int
    all_right: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """`estimate` is None where nothing is scored; the others where there is nothing to say."""

    cluster_key: str | None
    estimate: Estimate | None
    resampled: Resampled | None
    repeats: Repeats | None
    rotations: Rotations | None


def precision(
    items: Sequence[Item],
    samples: Mapping[str, Sample],
    clusters: Mapping[str, str],
    cluster_key: str | None,
) -> Precision:
    """What can be said of the mean score of `items`; `clusters` maps samples to what they stand or fall with."""
    scores = sample_scores(items)
    return Precision(
        cluster_key=cluster_key,
        estimate=estimate(scores, clusters) if scores else None,
        resampled=bootstrap_mean(scores, clusters) if scores else None,
        repeats=_repeats(items),
        rotations=_rotations(scores, samples, clusters),
    )


def _repeats(items: Sequence[Item]) -> Repeats | None:
    votes: dict[str, list[Vote]] = {}
    for item in items:
        if item.score is not None:
            vote = Vote(answer=item.extracted, score=item.score, right=item.status == "CORRECT")
            votes.setdefault(item.sample_id, []).append(vote)
    found = points(votes)
    if not found:
        return None
    counts = [len(each) for each in votes.values()]
    return Repeats(fewest=min(counts), most=max(counts), samples=len(votes), points=found)


def _rotations(
    scores: Mapping[str, float], samples: Mapping[str, Sample], clusters: Mapping[str, str]
) -> Rotations | None:
    """A question counts where every rotation of it has a score."""
    of_question: dict[str, list[str]] = {}
    for sample in samples.values():
        question = sample.tags.get(ROTATION_OF)
        if isinstance(question, str):
            of_question.setdefault(question, []).append(sample.id)
    whole = {
        question: min(scores[rotation] for rotation in rotations)
        for question, rotations in of_question.items()
        if all(rotation in scores for rotation in rotations)
    }
    if not whole:
        return None
    found = estimate(whole, {question: clusters.get(of_question[question][0], question) for question in whole})
    return Rotations(questions=found.count, all_right=found.mean, interval=found.interval)
