"""The gap between two runs and its parts: stored responses are scored again with one thing of the other run's.

Factors: the responses (prompt, model, sampling: whatever made them), the token limit (the longer run's responses cut at
the shorter one's limit), and the scoring, as extraction and comparison where both verifiers can be given an extraction.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rfteval import registry
from rfteval.anatomy import FALLBACKS, truncation
from rfteval.benchmark import Benchmark, Profile
from rfteval.budgets import cut, size_of
from rfteval.compare import refuse_other_questions
from rfteval.errors import UsageError
from rfteval.metrics import clusters_of, first_verdict, item_of, sample_scores
from rfteval.scoring import Scorer
from rfteval.stored_run import StoredRun
from rfteval.types import Record, Response, Sample
from rfteval.why.chain import changed, limit_of, made_with, step_name, way
from rfteval.why.scorings import comparing, extractions, rescored, samples_of, scored_by_this, takes_extractions
from rfteval.why.shapley import Effect, Factor, Levels, divide

RESPONSES, TRUNCATION, EXTRACTION = "responses", "token limit", "extraction"
COMPARISON, SCORING = "comparison", "scoring"  # the second where extraction and comparison cannot be told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The gap (second minus first, as shares) over `questions`, and what makes it up.

    `effects` add up to `gap`. `stored_gap` is that of the scores as the runs stored them, `version_gap` what of it goes
    away on scoring both again with this installation. `notes` say what could not be told apart, and why.
    """

    names: tuple[str, str]
    first: float
    second: float
    gap: float
    stored_gap: float
    version_gap: float
    questions: int
    effects: tuple[Effect, ...]
    fallback_gap: float
    cut_off: tuple[int, int]
    cut_off_gap: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A run with what it takes to score it anew."""

    run: StoredRun
    profile: Profile
    samples: Sequence[Sample]
    stored: Sequence[Record]

    @property
    def name(self) -> str:
        return self.run.directory.resolve().name


def attribute(
    first: StoredRun, last: StoredRun, between: Sequence[StoredRun], benchmark: Benchmark, scorer: Scorer
) -> Attribution:
    """Divide the gap between two runs of `benchmark`; `between` are runs with some settings of each.

    Raises UsageError where they do not ask the same questions, or nothing of them can be scored in every way.
    """
    for other in (last, *between):
        refuse_other_questions(first, other)
    sides = [_side(run, benchmark) for run in way(first, last, between)]
    scores = _Scores(sides, scorer)
    factors = scores.factors()
    clusters = clusters_of([each.sample for each in first.samples], benchmark.cluster_key)
    try:
        effects = divide(factors, scores.cell, clusters)
    except ValueError as error:
        raise UsageError(f"{first.directory} and {last.directory}: {error}; look at what is unscored in both") from None
    start, end = scores.cell(tuple(0 for _ in factors)), scores.cell(tuple(len(each.steps) for each in factors))
    questions = sorted(scores.common())
    gap = _mean(end, questions) - _mean(start, questions)
    stored = [sample_scores(item_of(record, "") for record in side.stored) for side in (sides[0], sides[-1])]
    kept = [question for question in questions if all(question in each for each in stored)]
    stored_gap = _mean(stored[1], kept) - _mean(stored[0], kept)
    cut_off = [_cut_off(side) for side in (sides[0], sides[-1])]
    touched = [question for question in questions if any(question in each for each in cut_off)]
    return Attribution(
        names=(sides[0].name, sides[-1].name),
        first=_mean(start, questions),
        second=_mean(end, questions),
        gap=gap,
        stored_gap=stored_gap,
        version_gap=stored_gap - gap,
        questions=len(questions),
        effects=effects,
        fallback_gap=_fallback_credit(scores.own(True), questions) - _fallback_credit(scores.own(False), questions),
        cut_off=(len(cut_off[0]), len(cut_off[1])),
        cut_off_gap=math.fsum(end[each] - start[each] for each in touched) / len(questions),
        notes=tuple(_notes(sides, scores)),
    )


def _side(run: StoredRun, benchmark: Benchmark) -> _Side:
    profile = registry.profile_of(benchmark, str(run.report["profile"]))
    samples = samples_of(run, benchmark)
    return _Side(run=run, profile=profile, samples=samples, stored=run.records)


class _Scores:
    """The cells: scores of every question for each choice of levels, made when first asked for."""

    def __init__(self, sides: Sequence[_Side], scorer: Scorer) -> None:
        self._sides = sides
        self._scorer = scorer
        self._records: dict[tuple[int, int | None, int, int], Sequence[Record]] = {}
        self._cells: dict[Levels, dict[str, float]] = {}
        self._profiles = (sides[0].profile, sides[-1].profile)
        self.limits = (limit_of(sides[0].run), limit_of(sides[-1].run))
        self.separable = self._profiles[0] is not self._profiles[1] and self._can_separate()

    @property
    def limits_differ(self) -> bool:
        """Whether both limits of tokens are known, and are two."""
        return None not in self.limits and self.limits[0] != self.limits[1]

    def factors(self) -> list[Factor]:
        """What differs between the first and the last run."""
        found = []
        if len(self._sides) > 2 or _texts(self._sides[0]) != _texts(self._sides[-1]):
            pairs = zip(self._sides[:-1], self._sides[1:], strict=True)
            found.append(Factor(name=RESPONSES, steps=tuple(step_name(one.run, other.run) for one, other in pairs)))
        if self.limits_differ:
            found.append(Factor(name=TRUNCATION, steps=(TRUNCATION,)))
        if self.separable:
            found += [Factor(name=EXTRACTION, steps=(EXTRACTION,)), Factor(name=COMPARISON, steps=(COMPARISON,))]
        elif self._profiles[0] is not self._profiles[1]:
            found.append(Factor(name=SCORING, steps=(SCORING,)))
        return found

    def cell(self, levels: Levels) -> Mapping[str, float]:
        """The scores with the factors at these levels."""
        if levels not in self._cells:
            named = dict(zip((factor.name for factor in self.factors()), levels, strict=True))
            limit = self.limits[named[TRUNCATION]] if TRUNCATION in named else None
            scoring = named.get(SCORING, 0)
            records = self._scored(
                named.get(RESPONSES, 0), limit, named.get(EXTRACTION, scoring), named.get(COMPARISON, scoring)
            )
            self._cells[levels] = sample_scores(item_of(record, "") for record in records)
        return self._cells[levels]

    def common(self) -> set[str]:
        """The questions that every cell made so far has."""
        return set.intersection(*(set(scores) for scores in self._cells.values()))

    def own(self, last: bool) -> Sequence[Record]:
        """The first or the last run's responses under its own profile, scored by this installation."""
        return self._scored(len(self._sides) - 1, None, 1, 1) if last else self._scored(0, None, 0, 0)

    def _scored(self, place: int, limit: int | None, extraction: int, comparison: int) -> Sequence[Record]:
        key = (place, limit, extraction, comparison)
        if key not in self._records:
            side = self._sides[place]
            if extraction == comparison:
                self._records[key] = self._plain(side, limit, self._profiles[extraction])
            else:
                read = self._scored(place, limit, extraction, extraction)
                given = extractions(read, side.samples, self._profiles[extraction])
                judged = comparing(self._profiles[comparison])
                self._records[key] = rescored(given, side.samples, judged, self._scorer)
        return self._records[key]

    def _plain(self, side: _Side, limit: int | None, profile: Profile) -> Sequence[Record]:
        responses = [record.response for record in side.stored]
        limited = [_limited(response, limit) for response in responses]
        if profile is side.profile and limited == responses and scored_by_this(side.run):
            return side.stored
        return rescored(limited, side.samples, profile, self._scorer)

    def _can_separate(self) -> bool:
        from reward_service.verifiers import registry as verifiers

        def schema(name: str) -> str:
            return verifiers.get(name).info().parameters_schema

        return all(takes_extractions(profile, self._sides[0].samples, schema) for profile in self._profiles)


def _texts(side: _Side) -> dict[tuple[str, int], tuple[str, Mapping[str, object]]]:
    return {(record.sample_id, record.index): (record.response.text, record.response.extras) for record in side.stored}


def _limited(response: Response, limit: int | None) -> Response:
    """The response under a limit of tokens; one that is not counted in tokens stays as it is."""
    size, counted = size_of(response)
    if limit is None or not counted or size <= limit or response.error is not None:
        return response
    return dataclasses.replace(cut(response, limit), extras=response.extras)


def _notes(sides: Sequence[_Side], scores: _Scores) -> list[str]:
    said = []
    names = changed(made_with(sides[0].run), made_with(sides[-1].run))
    if len(sides) == 2 and len(names) > 1:
        said.append(
            f"{' and '.join(names)} differ at once, and responses cannot be taken apart afterwards: run the model of "
            "one with the other's settings, one at a time, and name those runs with --with"
        )
    if sides[0].profile is not sides[-1].profile and not scores.separable:
        said.append(
            "extraction and comparison are one here: a verifier of the two cannot be given an extraction that another "
            "made"
        )
    first, last = scores.limits
    if scores.limits_differ and first is not None and last is not None:
        shorter = sides[0] if first < last else sides[-1]
        stopped = sum(truncation(record.response) == "reported" for record in shorter.stored)
        if stopped:
            said.append(
                f"{stopped} responses of {shorter.name} stop at its limit of {min(first, last)} tokens; how they would "
                "have gone on is not known, and counts as the responses' effect"
            )
    return said


def _cut_off(side: _Side) -> set[str]:
    return {record.sample_id for record in side.stored if truncation(record.response)}


def _fallback_credit(records: Sequence[Record], questions: Sequence[str]) -> float:
    """The score that fallbacks supplied, as a share over the questions."""
    wanted = set(questions)
    credit: dict[str, list[float]] = {}
    for record in records:
        verdict = first_verdict(record)
        if verdict is None or verdict.score is None or record.sample_id not in wanted:
            continue
        lucky = bool(FALLBACKS & set(verdict.flags))
        credit.setdefault(record.sample_id, []).append(verdict.score if lucky else 0.0)
    return math.fsum(math.fsum(values) / len(values) for values in credit.values()) / len(questions)


def _mean(scores: Mapping[str, float], questions: Sequence[str]) -> float:
    return math.fsum(scores[question] for question in questions) / len(questions) if questions else 0.0
