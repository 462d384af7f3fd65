"""Two bare numbers, the commonest pair of a training run: settled in integers, without a fraction or a rounding rule.

A short cut and no rule of its own: where it answers at all, it says what the rules of number.py say, as a test holds.
"""

from __future__ import annotations

import re

from reward_service.drafts import closed, draft_of
from reward_service.types import Reference
from reward_service.verifiers.outcome import Outcome
from reward_service.verifiers.policy import MathPolicy

_DIGITS = 60  # of a number at most
_QUICK = re.compile(
    r"(-?)(?:(\d{1,60})(?:\.(\d{1,60})|/(\d{1,60}))?|\\[dt]?frac\{(\d{1,60})\}\{(\d{1,60})\})", re.ASCII
)
_SAME_TEXT = Outcome(equal=True, rule="number.exact", reason="the same number, written alike")
_SAME_VALUE = Outcome(equal=True, rule="number.exact", reason="the same number")
OutcomeDraft = draft_of(Outcome)


def compare_bare(gold: str, answer: str, reference: Reference, policy: MathPolicy) -> Outcome | None:
    """The outcome for two short integers, decimals or fractions; None where it takes more to tell."""
    wanted = _quick_quotient(gold)
    if wanted is None:
        return None
    if gold == answer:
        return _SAME_TEXT
    found = _quick_quotient(answer)
    if found is None:
        return None
    top, bottom, gold_places = wanted
    other_top, other_bottom, places = found
    distance = abs(top * other_bottom - other_top * bottom)  # in units of 1 / (bottom * other_bottom)
    if distance == 0:
        return _SAME_VALUE
    if reference.tolerance is not None or policy.relative_tolerance or gold_places is None or places is None:
        return None
    if gold_places or places:  # else two integers, which no rule takes for each other
        if reference.precision is not None or policy.rounding == "loose":
            return None
        if gold_places and 2 * distance <= other_bottom:  # the answer may round to the reference at its last place
            return None
    draft = OutcomeDraft()
    draft.equal = False
    draft.rule = "number.different"
    draft.reason = f"{answer} is not {gold}"
    draft.flags = ()
    return closed(draft, Outcome)


def _quick_quotient(text: str) -> tuple[int, int, int | None] | None:
    """(numerator, denominator, decimal places) of an integer, decimal or simple fraction, not reduced.

    A fraction has no decimal places. None for anything else.
    """
    whole, point, decimals = text.partition(".")
    if len(text) <= _DIGITS and text.isascii() and whole.isdigit() and (decimals.isdigit() or not point):
        return int(whole + decimals), 10 ** len(decimals), len(decimals)  # at a third of the pattern's cost
    match = _QUICK.fullmatch(text)
    if match is None:
        return None
    sign, whole, decimals, below, above, under = match.groups()
    places: int | None = None
    if decimals is not None:
        places = len(decimals)
        top, bottom = int(whole + decimals), 10**places
    elif above is not None:
        top, bottom = int(above), int(under)
    elif below is not None:
        top, bottom = int(whole), int(below)
    else:
        top, bottom, places = int(whole), 1, 0
    if bottom == 0:
        return None
    return (-top if sign else top), bottom, places
