"""Ratios: "3:4", "3 to 4", "1 out of 4", 3比4, and a ratio against a number ("2:1" is 2, "20:3" rounds to 6.67).

Ratios are equal when proportional, term by term. A text such as "3:45" has the shape of a time, too: two of those are
left to the date kind, unless the question speaks of a ratio.
"""

from __future__ import annotations

import re
from fractions import Fraction

from reward_service.verifiers.kinds.number import compare_written, read_plain
from reward_service.verifiers.kinds.quantity import expression_outcome, is_numeric_text
from reward_service.verifiers.kinds.rounding import Written
from reward_service.verifiers.kinds.surface import SCALAR_CHARACTERS, surface
from reward_service.verifiers.outcome import Context, Outcome

_SEPARATOR = re.compile(r" ?(?::|\\colon(?![a-zA-Z])|比) ?| out of | to (?=[\d\\.(])| ?\\ratio ?")
_HAS_SEPARATOR = re.compile(r":|\bto\b|\bout of\b|比|\\colon|∶|：|\\ratio")
_TIME_SHAPE = re.compile(r"(?:[01]?\d|2[0-4]) ?: ?[0-5]\d")
_ASKS_RATIO = re.compile(r"\bratio|proportion|比", re.IGNORECASE)
_LETTERED = re.compile(r"(?:[A-Za-z][\w{}']{0,12} ?(?::|比) ?){1,5}[A-Za-z][\w{}']{0,12} ?= ?")
_MINUTES = re.compile(r"0\d")
_TERMS = 8


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare a ratio with a ratio or, for two terms, with a number; None where neither text is a ratio."""
    if len(gold) > SCALAR_CHARACTERS or len(answer) > SCALAR_CHARACTERS:
        return None
    if not _HAS_SEPARATOR.search(gold) and not _HAS_SEPARATOR.search(answer):
        return None
    plain_gold, plain_answer = surface(gold), surface(answer)
    named = _LETTERED.match(plain_gold) is not None
    plain_gold, plain_answer = _LETTERED.sub("", plain_gold, count=1), _LETTERED.sub("", plain_answer, count=1)
    wanted, found = _SEPARATOR.split(plain_gold), _SEPARATOR.split(plain_answer)
    if not _are_terms(wanted) or not _are_terms(found) or (len(wanted) == len(found) == 1 and not named):
        return None
    may_be_time = all(_TIME_SHAPE.fullmatch(plain) for plain in (plain_gold, plain_answer))
    if may_be_time and not named and not asks_for_ratio(context.reference.question):
        return None
    if len(wanted) == len(found) > 1:
        return _compare_terms(wanted, found, context)
    if len(wanted) > 2 or len(found) > 2:
        return Outcome(equal=False, rule="ratio.terms", reason=f"{len(found)} terms where {len(wanted)} are wanted")
    left, right = _quotient(wanted), _quotient(found)
    if left is None or right is None:
        return expression_outcome(_as_fraction(wanted), _as_fraction(found), context)
    return compare_written(left, right, context)


def asks_for_ratio(question: str) -> bool:
    """Whether a question asks for a ratio, so that 1:10 is no time of day."""
    return _ASKS_RATIO.search(question) is not None


def _are_terms(parts: list[str]) -> bool:
    return len(parts) <= _TERMS and all(is_numeric_text(part) for part in parts)


def _quotient(terms: list[str]) -> Written | None:
    """One term as it is, two as the quotient; None where they are no plain numbers."""
    numbers = [read_plain(term.strip()) for term in terms]
    above, below = numbers[0], numbers[-1]
    if above is None or below is None:
        return None
    if len(terms) == 1:
        return above
    return Written(above.value / below.value) if below.value else None


def _as_fraction(terms: list[str]) -> str:
    return terms[0] if len(terms) == 1 else rf"\frac{{{terms[0]}}}{{{terms[1]}}}"


def _compare_terms(gold: list[str], answer: list[str], context: Context) -> Outcome | None:
    wanted, found = [read_plain(term.strip()) for term in gold], [read_plain(term.strip()) for term in answer]
    pairs = [(left.value, right.value) for left, right in zip(wanted, found, strict=True) if left and right]
    if len(pairs) < len(gold):
        return _compare_expressions(gold, answer, context)
    pivot = next((pair for pair in pairs if pair[0] or pair[1]), (Fraction(1), Fraction(1)))
    proportional = all(left * pivot[1] == right * pivot[0] for left, right in pairs)
    if pivot[0] != pivot[1] and all(_MINUTES.fullmatch(term.strip()) for term in gold[1:]):
        proportional = False  # 13:00 is a time, whatever 33:00 may be
    if proportional and pivot[0] * pivot[1] > 0:
        return Outcome(equal=True, rule="ratio.proportional", reason="the same ratio")
    return Outcome(equal=False, rule="ratio.different", reason="the terms are not proportional")


def _compare_expressions(gold: list[str], answer: list[str], context: Context) -> Outcome | None:
    """Terms with roots and the like: every quotient by the first term has to agree."""
    outcome = None
    for wanted, found in zip(gold[1:], answer[1:], strict=True):
        outcome = expression_outcome(rf"\frac{{{wanted}}}{{{gold[0]}}}", rf"\frac{{{found}}}{{{answer[0]}}}", context)
        if outcome is None or not outcome.equal:
            return outcome
    return outcome
