"""Verdicts of published rules that end in one letter: the letter read out of a response, against the reference's."""

from __future__ import annotations

from reward_service.types import Reference, Status, Verdict


def letter_verdict(family: str, letter: str, step: str, reference: Reference) -> Verdict:
    """Right where `letter` is the reference's. Empty: no option was read, which is NO_ANSWER and scores 0.

    `family` and `step` make the rule's name. A reference that is no single letter is INVALID_REFERENCE.
    """
    gold = reference.answer.strip().upper()
    if len(gold) != 1 or not gold.isalpha():
        reason = f"the answer {reference.answer[:60]!r} is no option's letter"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule=f"{family}.reference")
    if not letter:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no option was read", rule=f"{family}.none")
    right = letter == gold
    return Verdict(
        status=Status.CORRECT if right else Status.INCORRECT,
        score=float(right),
        extracted=letter,
        reason=f"the response is read as {letter} ({step}), the answer is {gold}",
        rule=f"{family}.{step}",
    )
