"""`temporal_iou`: overlap of a time span in seconds, as in temporal grounding rewards (Time-R1, arXiv 2503.13377)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.grounding.answer_text import answer_text
from reward_service.verifiers.registry import Verifier

_TIME = r"(?:(\d{1,3}):)?(\d{1,5}):(\d{1,2}(?:\.\d{1,6})?)|(\d{1,9}(?:\.\d{1,9})?)"
_PAIR = re.compile(rf"(?<![\d.])(?:{_TIME})\s*(?:s|sec|seconds)?\s*(?:to|and|until|-|–|—|,|~)\s*(?:{_TIME})(?![\d:])")
_WINDOW = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanParameters:
    """Parameters of `temporal_iou`."""

    threshold: float = parameter(0.5, "overlap from which the span counts as right", minimum=0, maximum=1)
    mode: str = parameter("plain", "score: the overlap itself, or 1 and 0", choices=("plain", "binary"))


def read_span(text: str) -> tuple[float, float] | None:
    """The last time span in a text, in seconds: "3.5 to 7", "[12, 15]", "0:30 - 1:05"."""
    pairs = list(_PAIR.finditer(text[-_WINDOW:]))
    if not pairs:
        return None
    groups = pairs[-1].groups()
    start, end = _seconds(groups[:4]), _seconds(groups[4:])
    return (start, end) if start <= end else None


def _seconds(groups: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, plain = groups
    if plain is not None:
        return float(plain)
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)


def check(text: str, reference: Reference, parameters: SpanParameters, budget: Budget) -> Verdict:
    """Score of the response's span by its overlap (intersection over union) with the reference's."""
    budget.spend(1 + len(text) // 20)
    wanted = read_span(reference.answer)
    if wanted is None or wanted[0] == wanted[1]:
        reason = f"the reference is no time span with a length: {reference.answer[:60]!r}"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="span.reference")
    answer, where = answer_text(text)
    found = read_span(answer)
    if found is None:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no time span", rule="span.none")
    shared = max(0.0, min(found[1], wanted[1]) - max(found[0], wanted[0]))
    overlap = shared / (max(found[1], wanted[1]) - min(found[0], wanted[0])) if shared else 0.0
    reached = overlap >= parameters.threshold
    score = overlap if parameters.mode == "plain" else float(reached)
    status = Status.CORRECT if reached else Status.PARTIAL if score > 0 else Status.INCORRECT
    return Verdict(
        status=status,
        score=score,
        extracted=f"{found[0]:g} to {found[1]:g}",
        reason=f"temporal intersection over union {overlap:.3f}, threshold {parameters.threshold:g}",
        rule="span.iou",
        extraction_rule=where,
    )


VERIFIER = Verifier(
    name="temporal_iou",
    version="1",
    summary="Overlap of the response's time span with the reference's.",
    parameters=SpanParameters,
    check=check,
)
