"""Options of multiple-choice questions by their labels: which is right, and which a response picked. Pure."""

from __future__ import annotations

import re

from reward_service.types import Reference

_LABELLED = re.compile(r"\s*\(?([A-Za-z])(?:\)|[.:])?(?:\s|$)")


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
