"""Right against picked options of multiple-choice questions. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reward_service.types import Reference
from rfteval.labels import gold_label, picked_label

NONE = "none"  # the column of responses in which no option was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """`counts[i][j]`: how often the option labelled `gold[i]` was right and `picked[j]` was picked."""

    gold: tuple[str, ...]
    picked: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def confusion(pairs: Iterable[tuple[Reference, str | None]]) -> Confusion | None:
    """Right against picked options over scored responses; None where fewer than two labels were ever right."""
    counted: Counter[tuple[str, str]] = Counter()
    for reference, extracted in pairs:
        gold = gold_label(reference)
        if gold is not None:
            counted[gold, picked_label(reference, extracted) or NONE] += 1
    gold_labels = sorted({gold for gold, _ in counted}, key=_in_order)
    if len(gold_labels) < 2:
        return None
    picked_labels = sorted({picked for _, picked in counted} | set(gold_labels), key=_in_order)
    return Confusion(
        gold=tuple(gold_labels),
        picked=tuple(picked_labels),
        counts=tuple(tuple(counted[gold, picked] for picked in picked_labels) for gold in gold_labels),
    )


def totals(confusion: Confusion) -> tuple[Sequence[int], Sequence[int]]:
    """(how often each label was right, how often each was picked)."""
    right = [sum(row) for row in confusion.counts]
    picked = [sum(row[place] for row in confusion.counts) for place in range(len(confusion.picked))]
    return right, picked


def _in_order(label: str) -> tuple[bool, int, str]:
    return label == NONE, len(label), label
