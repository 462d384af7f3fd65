"""Options of multiple-choice questions by their labels: the right one, the picked one, and how they mix. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reward_service.types import Reference

NONE = "none"  # the column of responses in which no option was found
_LABELLED = re.compile(r"\s*\(?([A-Za-z])(?:\)|[.:])?(?:\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """`counts[i][j]`: how often the option labelled `gold[i]` was right and `picked[j]` was picked."""

    gold: tuple[str, ...]
    picked: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def gold_label(reference: Reference) -> str | None:
    """The label of the right option, whether the reference names it by label or by text; None without options."""
    for choice in reference.choices:
        if choice.text == reference.answer:
            return choice.label
    return next((choice.label for choice in reference.choices if choice.label == reference.answer), None)


def picked_label(reference: Reference, extracted: str | None) -> str | None:
    """The label of the option that `extracted` names by its text, its label, or both ("(B) Yes"); else None."""
    if extracted is None or not reference.choices:
        return None
    wanted = extracted.strip()
    for choice in reference.choices:
        if choice.text and choice.text.strip() == wanted:
            return choice.label
    labels = {choice.label for choice in reference.choices}
    if wanted in labels:
        return wanted
    named = _LABELLED.match(wanted)
    return named[1].upper() if named is not None and named[1].upper() in labels else None


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
