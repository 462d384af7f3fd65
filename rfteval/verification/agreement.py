"""Our rule beside extractions that a language model made: totals and rows of a run, with the authors' luck taken out.

Pure. Neither side is the truth: a model that extracts answers invents some. So rows that a person has read are counted
apart, with what was found, and the bars are held against the plain numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rfteval.metrics import item_of
from rfteval.types import Record
from rfteval.verification.release import WRONG_EXTRACTIONS

POINTS_BAR = 0.5
ROWS_BAR = 0.985


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A row on which the two differ; `reading` is what a person found, empty where nobody has read it."""

    sample_id: str
    ours: bool
    theirs: bool
    extracted: str | None
    stored: str | None
    reading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAgreement:
    """Counts of right rows on both sides, over the `rows` that both could score.

    `credited_by_luck` is what the authors' fallback added and the strict rule takes away. `set_aside` counts the
    disagreements in which a person found the extraction wrong; `points_read` and `share_read` are without those rows.
    """

    name: str
    rows: int
    ours: int
    theirs: int
    credited_by_luck: int
    disagreements: tuple[Disagreement, ...]

    @property
    def points(self) -> float:
        """Ours minus theirs, in percentage points."""
        return 100 * (self.ours - self.theirs) / self.rows

    @property
    def share(self) -> float:
        """The share of rows with one verdict."""
        return 1 - len(self.disagreements) / self.rows

    @property
    def met(self) -> bool:
        """Whether both bars are met by the plain numbers."""
        return abs(self.points) <= POINTS_BAR + 1e-9 and self.share >= ROWS_BAR - 1e-9

    @property
    def set_aside(self) -> int:
        """Disagreements in which a person found the stored extraction wrong."""
        return sum(each.reading in WRONG_EXTRACTIONS for each in self.disagreements)

    @property
    def points_read(self) -> float:
        """As `points`, without the rows whose extraction was found wrong."""
        kept = [each for each in self.disagreements if each.reading not in WRONG_EXTRACTIONS]
        return 100 * sum(each.ours - each.theirs for each in kept) / (self.rows - self.set_aside)

    @property
    def share_read(self) -> float:
        """As `share`, without the rows whose extraction was found wrong."""
        return 1 - (len(self.disagreements) - self.set_aside) / (self.rows - self.set_aside)

    @property
    def met_read(self) -> bool:
        """Whether both bars are met without the rows whose extraction was found wrong."""
        return abs(self.points_read) <= POINTS_BAR + 1e-9 and self.share_read >= ROWS_BAR - 1e-9

    def readings(self) -> Mapping[str, int]:
        """How many disagreements were read as what; those that nobody has read under an empty name."""
        return Counter(each.reading for each in self.disagreements)


def compare_rows(
    name: str,
    ours: Sequence[Record],
    theirs: Sequence[Record],
    readings: Mapping[str, str],
    credited: int,
) -> RowAgreement:
    """Our records of a run beside those of the stored extractions; `credited` is the authors' count with luck."""
    their_items = {record.sample_id: item_of(record, "") for record in theirs}
    rows = right_ours = right_theirs = 0
    found = []
    for record in ours:
        mine, other = item_of(record, ""), their_items[record.sample_id]
        if mine.score is None or other.score is None:
            continue
        rows += 1
        right, right_other = mine.status == "CORRECT", other.status == "CORRECT"
        right_ours += right
        right_theirs += right_other
        if right is not right_other:
            found.append(
                Disagreement(
                    sample_id=record.sample_id,
                    ours=right,
                    theirs=right_other,
                    extracted=mine.extracted,
                    stored=other.extracted,
                    reading=readings.get(record.sample_id, ""),
                )
            )
    return RowAgreement(
        name=name,
        rows=rows,
        ours=right_ours,
        theirs=right_theirs,
        credited_by_luck=credited - right_theirs,
        disagreements=tuple(found),
    )
