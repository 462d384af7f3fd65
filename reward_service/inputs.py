"""What an item may hold, whichever verifier it is for: over a stated limit it is REJECTED, and a reference that breaks
the contract is INVALID_REFERENCE, for every component alike and before any of them looks at it. Pure.
"""

from __future__ import annotations

import math

from reward_service.limits import DEFAULT_LIMITS
from reward_service.types import ANSWER_KINDS, Reference, ScoreItem, Status, Verdict

_KINDS = frozenset(ANSWER_KINDS)
# Characters of answer, question and unit together: texts this short are under each of their limits.
_SHORT = min(DEFAULT_LIMITS.reference_characters, DEFAULT_LIMITS.reference_total_characters)


def refusal(item: ScoreItem, response_bytes: int) -> Verdict | None:
    """The verdict of an item that no verifier should read, not stamped yet; None for any other."""
    reference = item.reference
    if (
        reference.kind == "auto"
        and reference.tolerance is None
        and reference.precision is None
        and not reference.alternatives
        and not reference.choices
        and 4 * len(item.response) <= response_bytes
        and len(reference.answer) + len(reference.question) + len(reference.unit) <= _SHORT
    ):
        return None  # nothing in it could break a rule below: most items, so they are told first
    problem = _over_a_limit(item.response, reference, response_bytes)
    if problem is not None:
        return Verdict(status=Status.REJECTED, reason=problem, rule="limit.input")
    problem = _against_the_contract(reference)
    if problem is not None:
        return Verdict(status=Status.INVALID_REFERENCE, reason=problem, rule="reference.contract")
    return None


def _over_a_limit(response: str, reference: Reference, response_bytes: int) -> str | None:
    limits = DEFAULT_LIMITS
    if 4 * len(response) > response_bytes and len(response.encode()) > response_bytes:
        return f"the response has more than {response_bytes} bytes"
    answer = len(reference.answer)
    if answer > limits.reference_characters:
        return f"the reference's answer has more than {limits.reference_characters} characters"
    alternatives, choices = reference.alternatives, reference.choices
    if len(alternatives) > limits.alternatives:
        return f"the reference has more than {limits.alternatives} alternatives"
    if len(choices) > limits.choices:
        return f"the reference has more than {limits.choices} choices"
    total = answer + len(reference.question) + len(reference.unit)
    if alternatives or choices:
        total += sum(map(len, alternatives)) + sum(len(choice.label) + len(choice.text) for choice in choices)
    if total > limits.reference_total_characters:
        return f"all texts of the reference together have more than {limits.reference_total_characters} characters"
    return None


def _against_the_contract(reference: Reference) -> str | None:
    if reference.kind not in _KINDS:
        return f"the reference's kind {reference.kind[:40]!r} is unknown; one of {', '.join(ANSWER_KINDS)}"
    tolerance, precision = reference.tolerance, reference.precision
    if tolerance is not None and not (math.isfinite(tolerance) and tolerance >= 0):
        return f"the reference's tolerance must be finite and not negative, it is {tolerance}"
    if precision is not None and not 0 <= precision <= DEFAULT_LIMITS.digits:
        return f"the reference's precision must be from 0 to {DEFAULT_LIMITS.digits} decimal places, it is {precision}"
    return None
