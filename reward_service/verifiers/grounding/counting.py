"""`counting`: how far a counted number is off, for rewards with a slope towards the right count."""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.grounding.answer_text import answer_text, last_numbers
from reward_service.verifiers.registry import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class CountParameters:
    """Parameters of `counting`."""

    mode: str = parameter(
        "relative",
        "score of a wrong count: 1 - |difference| / reference, at least 0; or always 0",
        choices=("relative", "exact"),
    )


def read_count(text: str) -> int | None:
    """The count a text states: its only number, else its last one in brackets; whole and not negative."""
    numbers = last_numbers(text, 1)
    if numbers is None or numbers[0] < 0 or numbers[0] != int(numbers[0]):
        return None
    return int(numbers[0])


def check(text: str, reference: Reference, parameters: CountParameters, budget: Budget) -> Verdict:
    """Score of the response's count by its distance from the reference's."""
    budget.spend(1 + len(text) // 50)
    wanted = read_count(reference.answer)
    if wanted is None:
        reason = f"the reference is no count: {reference.answer[:60]!r}"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="count.reference")
    answer, where = answer_text(text)
    found = read_count(answer)
    if found is None:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no single whole number", rule="count.none")
    if found == wanted:
        status, score = Status.CORRECT, 1.0
    elif parameters.mode == "exact":
        status, score = Status.INCORRECT, 0.0
    else:
        score = max(0.0, 1.0 - abs(found - wanted) / max(wanted, 1))
        status = Status.PARTIAL if score > 0 else Status.INCORRECT
    reason = f"counted {found}, the reference is {wanted}"
    return Verdict(status=status, score=score, extracted=str(found), reason=reason, rule="count", extraction_rule=where)


VERIFIER = Verifier(
    name="counting",
    version="1",
    summary="Distance of a count from the reference's, as a slope or exact.",
    parameters=CountParameters,
    check=check,
)
