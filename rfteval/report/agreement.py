"""Our verdicts beside the ones that the authors stored with their responses, item by item. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rfteval.metrics import Item
from rfteval.types import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One response on which we and the authors differ; `ours` is None where it is unscored."""

    sample_id: str
    index: int
    ours: bool | None
    official: bool
    extracted: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often we agree with the stored verdicts in `field`. `compared` = `agreeing` + the differences."""

    field: str
    compared: int
    agreeing: int
    ours_correct: int
    official_correct: int
    differences: tuple[Difference, ...]


def compare_with_official(records: Iterable[Record], items: Sequence[Item], field: str | None) -> Agreement | None:
    """Compare the items of `records` with the boolean `field` stored beside them; None where no response has one.

    Correct means a full score; partial credit is not.
    """
    if field is None:
        return None
    item_of = {(item.sample_id, item.index): item for item in items}
    compared = ours_correct = official_correct = 0
    differences = []
    for record in records:
        official = record.response.extras.get(field)
        if not isinstance(official, bool):
            continue
        item = item_of[record.sample_id, record.index]
        ours = None if item.score is None else item.status == "CORRECT"
        compared += 1
        ours_correct += ours is True
        official_correct += official
        if ours is not official:
            differences.append(
                Difference(
                    sample_id=item.sample_id,
                    index=item.index,
                    ours=ours,
                    official=official,
                    extracted=item.extracted,
                    reason=item.reason,
                )
            )
    if not compared:
        return None
    return Agreement(
        field=field,
        compared=compared,
        agreeing=compared - len(differences),
        ours_correct=ours_correct,
        official_correct=official_correct,
        differences=tuple(differences),
    )
