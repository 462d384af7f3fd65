"""The same responses under smaller token budgets: where each would have been cut, and the score that leaves. Pure.

A response cut after b tokens is what greedy decoding with a limit of b would have returned, so one run tells the score
of every smaller limit. Texts are stored and tokens only counted, so a cut is made where b tokens would end if they were
of equal length; reasoning comes first. Responses without a count of tokens are cut by characters.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rfteval.benchmark import Profile
from rfteval.errors import UsageError
from rfteval.metrics import Item, sample_means
from rfteval.statistics.intervals import estimate
from rfteval.types import Record, Response

FEWEST_TOKENS = 64
FEWEST_CHARACTERS = 256  # about as much English as 64 tokens
MOST_QUESTIONS = 2_000  # of a longer run so many are cut: enough to tell a curve, and the others would only cost time


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """At which budgets to cut: those given, or (None) doubling from 64 tokens or 256 characters on.

    `questions` are those whose responses are cut, None for all.
    """

    given: tuple[int, ...] | None = None
    questions: frozenset[str] | None = None

    def among(self, samples: Iterable[str]) -> Budgets:
        """These budgets for a run of `samples`: where they were not given, for MOST_QUESTIONS of them."""
        return self if self.given is not None else dataclasses.replace(self, questions=chosen(samples))

    def below(self, response: Response) -> list[int]:
        """The budgets that would have cut this response, ascending."""
        size, counted = size_of(response)
        if response.error is not None or (self.questions is not None and response.sample_id not in self.questions):
            return []
        if self.given is not None:
            return [budget for budget in self.given if budget < size]
        found = []
        budget = FEWEST_TOKENS if counted else FEWEST_CHARACTERS
        while budget < size:
            found.append(budget)
            budget *= 2
        return found


def chosen(samples: Iterable[str]) -> frozenset[str]:
    """Up to MOST_QUESTIONS of the samples, by a digest of their ids, so that parts of a run choose as the whole does.

    What is chosen of the whole is chosen in the part that has it.
    """
    ids = list(samples)
    if len(ids) <= MOST_QUESTIONS:
        return frozenset(ids)
    return frozenset(
        sorted(ids, key=lambda each: hashlib.sha256(each.encode("utf-8", "replace")).digest())[:MOST_QUESTIONS]
    )


def parse_budgets(text: str | None) -> Budgets:
    """What `--budgets` says: "auto" (also None), "none", or whole numbers with commas. Raises UsageError."""
    if text is None or text == "auto":
        return Budgets()
    if text == "none":
        return Budgets(given=())
    try:
        numbers = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        numbers = (0,)
    if numbers[0] < 1:
        raise UsageError(f"--budgets {text!r}: give auto, none, or whole numbers from 1 with commas, as 64,256,1024")
    return Budgets(given=numbers)


def size_of(response: Response) -> tuple[int, bool]:
    """(how long a response is, whether that is in tokens rather than characters)."""
    if response.response_tokens is not None:
        return response.response_tokens, True
    return len(response.reasoning or "") + len(response.text), False


def cut(response: Response, budget: int) -> Response:
    """The response as it would have been with that budget. Raises ValueError where it is no longer than that."""
    size, counted = size_of(response)
    if budget >= size:
        raise ValueError(f"a response of {size} is not cut by a budget of {budget}")
    reasoning = response.reasoning or ""
    kept = (len(reasoning) + len(response.text)) * budget // size
    return dataclasses.replace(
        response,
        text=response.text[: max(0, kept - len(reasoning))],
        reasoning=None if response.reasoning is None else reasoning[:kept],
        finish_reason="length",
        response_tokens=budget if counted else None,
        extras={},
    )


def judges_the_text(profile: Profile) -> bool:
    """Whether a profile judges a response's own text, so that a cut response can be judged by it."""
    probe = Response(sample_id="", text="the text of a response")
    return profile.text(probe) == probe.text


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """The score with a budget: `cut` responses were longer. `unscored` are those without a score there."""

    budget: int
    accuracy: float | None
    interval: tuple[float, float] | None
    cut: int
    unscored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Scores by budget, ascending; the last point is the score as it is, at the length of the longest response.

    `samples` is how many questions the curve is of.
    """

    unit: str
    samples: int
    points: tuple[CurvePoint, ...]


def curve(
    entries: Sequence[tuple[Item, Record | None]],
    clusters: Mapping[str, str],
    questions: frozenset[str] | None = None,
) -> Curve | None:
    """The score at every budget at which a response was cut and scored again, over `questions` (None: all).

    None where no response was cut, where some are counted in tokens and others not, or where a response lacks a cut
    that its length asks for (an older journal).
    """
    if questions is not None:
        entries = [(item, record) for item, record in entries if item.sample_id in questions]
    answered = [record for _, record in entries if record is not None and record.response.error is None]
    budgets = sorted({each.budget for record in answered for each in record.cuts})
    if not budgets or len({size_of(record.response)[1] for record in answered}) > 1:
        return None
    for record in answered:
        size, _ = size_of(record.response)
        if {each.budget for each in record.cuts} != {budget for budget in budgets if budget < size}:
            return None
    points = []
    for budget in (*budgets, max(size_of(record.response)[0] for record in answered)):
        scores = [(item.sample_id, _score_at(item, record, budget)) for item, record in entries]
        longer = sum(len(record.cuts) > 0 and record.cuts[-1].budget >= budget for record in answered)
        points.append(_point(budget, scores, longer, clusters))
    unit = "tokens" if size_of(answered[0].response)[1] else "characters"
    return Curve(unit=unit, samples=len({item.sample_id for item, _ in entries}), points=tuple(points))


def _score_at(item: Item, record: Record | None, budget: int) -> float | None:
    """The score of a response at a budget: that of the cut made there, its own where it was no longer."""
    for each in record.cuts if record is not None else ():
        if each.budget == budget:
            return each.score
    return item.score


def _point(
    budget: int, scores: Sequence[tuple[str, float | None]], longer: int, clusters: Mapping[str, str]
) -> CurvePoint:
    means = sample_means(scores)
    found = estimate(means, clusters) if means else None
    return CurvePoint(
        budget=budget,
        accuracy=None if found is None else found.mean,
        interval=None if found is None else found.interval,
        cut=longer,
        unscored=sum(score is None for _, score in scores),
    )
