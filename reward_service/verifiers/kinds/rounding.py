"""When two values that are not exactly equal still count as the same answer: one rule for every numeric kind.

Values are exact rationals, never floats. The rules, in order (docs/verifier.md has the data behind each):

1. `Reference.tolerance` and the policy's `relative_tolerance` accept what lies within them.
2. An exact reference (integer, fraction, root) wants the exact value. Where it is no integer, its correct rounding to
   at least `ROUNDED_DIGITS` significant digits is accepted too, and its truncation to at least `TRUNCATED_DIGITS`:
   a wrong value does not hit so many digits. An integer has no rounding: 0.9999999 is not 1.
3. A decimal reference accepts an answer with more places that rounds to it at the reference's own last place, when
   there is evidence that the reference was rounded: `Reference.precision`, a question that asks for a rounded or
   decimal answer, or at least `EVIDENT_DIGITS` significant digits. A reference such as 0.4 alone is read as 2/5.
4. `rounding="loose"` lets either side be a rounding of the other, `rounding="exact"` leaves only rule 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from reward_service.verifiers.outcome import Context

ROUNDED_DIGITS = 4
TRUNCATED_DIGITS = 6
EVIDENT_DIGITS = 3
DOUBLE_DIGITS = 16
DOUBLE_ERROR = Fraction(1, 1 << 51)

_ASKS_ROUNDING = re.compile(
    r"decimal place|floating-point|to the nearest|nearest (?:tenth|hundredth|thousandth|cent|integer|whole)"
    r"|significant (?:figure|digit)|\bround(?:ed|ing)? (?:your|the|off|to|up|down|answer)|\bapproximat|\bestimat"
    r"|小数|精确到|四舍五入|保留",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it was written: its exact value, the unit of its last written place, its significant digits.

    `step` is None where the notation is exact (integer, fraction); `percent` says the text carried a percent sign
    (value is then already divided by 100).
    """

    value: Fraction
    step: Fraction | None = None
    digits: int = 0
    percent: bool = False


def accepted(gold: Written, answer: Written, context: Context) -> str | None:
    """The name of the rule under which `answer` is right ("exact", "tolerance", "rounded", ...), or None."""
    if gold.value == answer.value:
        return "exact"
    return accepted_between(gold, gold.value, gold.value, answer, context)


def accepted_between(
    gold: Written | None, low: Fraction, high: Fraction, answer: Written, context: Context
) -> str | None:
    """As `accepted` for a reference known only to lie in [low, high], such as an enclosure of an irrational value.

    `gold` is how the reference was written, or None for an exact expression. The enclosure must be much narrower than
    the answer's last place; where it is not, nothing is accepted.
    """
    difference = max(abs(answer.value - low), abs(answer.value - high))
    reference, policy = context.reference, context.policy
    if reference.tolerance is not None and difference <= Fraction(reference.tolerance):
        return "tolerance"
    if policy.relative_tolerance and difference <= Fraction(policy.relative_tolerance) * min(abs(low), abs(high)):
        return "tolerance"
    if policy.rounding == "exact":
        return None
    step = gold.step if gold is not None else None
    if reference.precision is not None:
        step = Fraction(1, 10 ** min(max(reference.precision, 0), 100))
    if step is not None:
        if _rounds_to(difference, step, answer) and _is_evident(gold, context):
            return "rounded"
    elif _is_approximation(low, high, answer):
        return "approximation"
    if policy.rounding == "loose":
        steps = [item for item in (step, _last_place(answer)) if item is not None]
        if steps and difference * 2 <= max(steps):
            return "loose"
    return None


def _last_place(number: Written) -> Fraction | None:
    """The last place of a number that may be a rounding: an integer's is one (one percent)."""
    if number.step is not None:
        return number.step
    one = Fraction(1, 100) if number.percent else Fraction(1)
    return one if (number.value / one).denominator == 1 else None


def asks_for_rounding(question: str) -> bool:
    """Whether the question asks for a rounded, decimal or estimated answer."""
    return bool(question) and _ASKS_ROUNDING.search(question) is not None


def _rounds_to(difference: Fraction, step: Fraction, answer: Written) -> bool:
    finer = answer.step is None or answer.step < step
    return finer and difference * 2 <= step


def _is_evident(gold: Written | None, context: Context) -> bool:
    if context.reference.precision is not None or gold is None:
        return True
    if gold.digits >= EVIDENT_DIGITS and gold.value.denominator != 1:
        return True
    return asks_for_rounding(context.reference.question)


def _is_approximation(low: Fraction, high: Fraction, answer: Written) -> bool:
    if answer.step is None or answer.digits < ROUNDED_DIGITS:
        return False
    if low == high and low.denominator == 1:
        return False
    if (high - low) * 1000 > answer.step:
        return False
    error = max(abs(answer.value - low), abs(answer.value - high))
    if answer.digits >= DOUBLE_DIGITS and error <= abs(low) * DOUBLE_ERROR:
        return True  # as a program prints a number that it holds in 53 bits
    rounded = error * 2 <= answer.step
    size_low, size_high = sorted((abs(low), abs(high)))
    size = abs(answer.value)
    same_sign = (answer.value >= 0) == (low >= 0) == (high >= 0)
    truncated = same_sign and size <= size_low and size_high - size < answer.step
    return rounded or (truncated and answer.digits >= TRUNCATED_DIGITS)
