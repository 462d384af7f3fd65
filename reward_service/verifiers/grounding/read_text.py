"""`anls`: average normalised Levenshtein similarity of read text, the DocVQA / ST-VQA metric (arXiv 1907.00490)."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.grounding.answer_text import answer_text
from reward_service.verifiers.registry import Verifier

TEXT_CHARACTERS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTextParameters:
    """Parameters of `anls`."""

    threshold: float = parameter(0.5, "similarity below this scores 0 (tau of the paper)", minimum=0.0, maximum=1.0)
    case: str = parameter("ignore", "whether letter case counts", choices=("ignore", "strict"))


def similarity(first: str, second: str) -> float:
    """1 - edit distance / length of the longer text; 1 for two empty texts."""
    longest = max(len(first), len(second))
    return 1.0 - Levenshtein.distance(first, second) / longest if longest else 1.0


def check(text: str, reference: Reference, parameters: ReadTextParameters, budget: Budget) -> Verdict:
    """The best similarity over the accepted references, 0 below the threshold."""
    accepted = [answer for answer in (reference.answer, *reference.alternatives) if answer.strip()]
    if not accepted or any(len(answer) > TEXT_CHARACTERS for answer in accepted):
        reason = f"the reference is empty or over {TEXT_CHARACTERS} characters"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="anls.reference")
    answer, where = answer_text(text)
    if not answer:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no answer text", rule="anls.none")
    longest = max(len(wanted) for wanted in accepted)
    if len(answer) > 3 * longest + TEXT_CHARACTERS:  # its similarity is below 0.5 whatever it says
        return Verdict(status=Status.INCORRECT, score=0.0, reason="far longer than the reference", rule="anls.length")
    budget.spend(1 + sum(len(answer) * len(wanted) // 2_000 for wanted in accepted))
    best = max(similarity(_folded(answer, parameters), _folded(wanted, parameters)) for wanted in accepted)
    score = best if best >= parameters.threshold else 0.0
    status = Status.CORRECT if best == 1.0 else Status.PARTIAL if score else Status.INCORRECT
    return Verdict(
        status=status,
        score=score,
        extracted=answer[:200],
        reason=f"normalised Levenshtein similarity {best:.3f}, threshold {parameters.threshold:g}",
        rule="anls",
        extraction_rule=where,
    )


def _folded(text: str, parameters: ReadTextParameters) -> str:
    joined = " ".join(text.split())
    return joined.casefold() if parameters.case == "ignore" else joined


VERIFIER = Verifier(
    name="anls",
    version="1",
    summary="Similarity of read text by edit distance (ANLS), against any accepted reference.",
    parameters=ReadTextParameters,
    check=check,
)
