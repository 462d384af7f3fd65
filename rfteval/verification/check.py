"""Scored again: the records of a released run held against the authors' verdicts, row by row. Pure but for scoring."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rfteval.anatomy import FALLBACKS
from rfteval.benchmark import Profile
from rfteval.metrics import Item, item_of
from rfteval.scoring import Scorer, chunked, score_chunks
from rfteval.types import Record
from rfteval.verification.release import ReleasedRun

EXACT, EXPLAINED, JUDGED, DIFFERS = "exact", "explained", "judged", "DIFFERS"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """A row with another verdict than the authors'; `explanation` is empty where none is known."""

    sample_id: str
    ours: bool | None
    official: bool
    extracted: str | None
    reason: str
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Rows for which the rule draws an option at random.

    `certain` rows are right whatever is drawn; the score lies between that and `highest`, and `expected` is its exact
    expectation, in rows. `official_right` is how many of the authors' own draws were right, None where their verdicts
    are not known; `replayed` the score with the authors' seed, in rows, None where there was none.
    """

    rows: int
    certain: int
    expected: float
    highest: int
    official_right: int | None
    replayed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCheck:
    """One released run: `official` and `ours` are counts of right rows, `unscored` what we could not score."""

    name: str
    benchmark: str
    profile: str
    rows: int
    published: float | None
    official: int | None
    ours: int
    compared: int
    differences: tuple[RowDifference, ...]
    draws: Draws | None
    judged_by: str
    unscored: int

    @property
    def state(self) -> str:
        """Whether the run is as released: exact, explained (every differing row), judged (by another), or DIFFERS."""
        if self.unscored:
            return DIFFERS
        if self.judged_by:
            return JUDGED
        if any(not each.explanation for each in self.differences):
            return DIFFERS
        if self.draws is not None and self.draws.replayed is not None and self.draws.replayed != self.official:
            return DIFFERS
        if self.draws is None and not self.compared and self.ours != self.official:
            return DIFFERS
        return EXPLAINED if self.differences else EXACT


def score_run(run: ReleasedRun, profile: Profile, scorer: Scorer) -> list[Record]:
    """The run's responses scored under `profile`, in their order."""
    samples = {sample.id: sample for sample in run.samples}
    chunks = score_chunks(chunked(run.responses), samples=samples, profile=profile, scorer=scorer, digests={})
    return [record for chunk in chunks for record in chunk]


def check_run(run: ReleasedRun, records: Sequence[Record]) -> RunCheck:
    """Compare the records of the run with what its authors released."""
    profile = run.benchmark.profiles[run.profile]
    items = [item_of(record, profile.missing_text) for record in records]
    drawn = [item for item in items if FALLBACKS_AT_RANDOM & set(item.flags)]
    left_out = {item.sample_id for item in drawn}
    compared = [item for item in items if item.sample_id in run.verdicts and item.sample_id not in left_out]
    official = sum(run.verdicts.values()) if run.verdicts else run.correct
    return RunCheck(
        name=run.name,
        benchmark=run.benchmark.name,
        profile=run.profile,
        rows=len(items),
        published=run.published,
        official=official,
        ours=sum(item.status == "CORRECT" for item in items),
        compared=len(compared),
        differences=tuple(_differences(run, compared)),
        draws=_draws(run, items, drawn) if drawn else None,
        judged_by=run.judged_by,
        unscored=sum(item.score is None for item in items),
    )


FALLBACKS_AT_RANDOM = FALLBACKS - {"nearest-choice"}  # the nearest option is a guess too, but always the same one


def _differences(run: ReleasedRun, items: Sequence[Item]) -> Iterator[RowDifference]:
    for item in items:
        ours = None if item.score is None else item.status == "CORRECT"
        official = run.verdicts[item.sample_id]
        if ours is not official:
            yield RowDifference(
                sample_id=item.sample_id,
                ours=ours,
                official=official,
                extracted=item.extracted,
                reason=item.reason,
                explanation=run.explained.get(item.sample_id, ""),
            )


def _draws(run: ReleasedRun, items: Sequence[Item], drawn: Sequence[Item]) -> Draws:
    certain = sum(item.status == "CORRECT" for item in items)
    known = bool(run.verdicts)
    return Draws(
        rows=len(drawn),
        certain=certain,
        expected=certain + math.fsum(item.score or 0.0 for item in drawn),
        highest=certain + len(drawn),
        official_right=sum(run.verdicts.get(item.sample_id, False) for item in drawn) if known else None,
        replayed=None if run.seed is None else certain + _replayed(run, drawn, run.seed),
    )


def _replayed(run: ReleasedRun, drawn: Sequence[Item], seed: int) -> int:
    """How many draws are right by Python's `random.choice` over the labels, one generator for the whole run."""
    references = {sample.id: sample.reference for sample in run.samples}
    generator = random.Random(seed)
    right = 0
    for item in drawn:
        reference = references[item.sample_id]
        right += generator.choice([choice.label for choice in reference.choices]) == reference.answer
    return right
