"""`exact_text`: a text equal to the reference or an alternative, for published rules that end in `==`.

MathVerse's `--quick_match` (evaluation/score_answer_s2.py) is this on the extraction. Nothing is stripped or folded; an
empty text has the status NO_ANSWER, which scores 0 as the scripts score it.
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.registry import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactParameters:
    """Parameters of `exact_text`."""

    input: str = parameter(
        "expression", "what the text is: an extracted answer, never a full response", choices=("expression",)
    )


def check(text: str, reference: Reference, parameters: ExactParameters, budget: Budget) -> Verdict:
    """Compare an extraction with the reference as two texts."""
    if not reference.answer:
        return Verdict(status=Status.INVALID_REFERENCE, reason="the reference has no answer", rule="exact.reference")
    if not text:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="the extraction is empty", rule="exact.empty")
    budget.spend()
    equal = text in (reference.answer, *reference.alternatives)
    return Verdict(
        status=Status.CORRECT if equal else Status.INCORRECT,
        score=float(equal),
        extracted=text[: DEFAULT_LIMITS.answer_characters],
        reason=f"{text[:60]!r} {'equals' if equal else 'is not'} {reference.answer[:60]!r}",
        rule="exact.text",
    )


VERIFIER = Verifier(
    name="exact_text",
    version="1",
    summary="An extracted answer equal to the reference, character by character",
    parameters=ExactParameters,
    check=check,
)
