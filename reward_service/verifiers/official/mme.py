"""`mme_official`: MME's published reading of yes and no.

Source: the evaluation tool of BradyFU/Awesome-Multimodal-Large-Language-Models (tools/eval_tool.zip, `parse_pred_ans`),
as lmms-eval/tasks/mme/utils.py repeats it; the archive itself was not at hand. In lower case, without full stops and
blanks at the ends: "yes" or "no"; a single "y" or "n"; else yes, then no, anywhere in the first four characters. So
"not sure", "none" and "know" mean no, and "Well, yes" means neither: it is wrong and carries the flag "other".
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.registry import Verifier

_PREFIX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MmeParameters:
    """Parameters of `mme_official`."""

    input: str = parameter("full_response", "what the text is: a whole response", choices=("full_response",))


def check(text: str, reference: Reference, parameters: MmeParameters, budget: Budget) -> Verdict:
    """Judge a response by the published rule."""
    budget.spend(1 + len(text) // 10_000)
    gold = reference.answer.lower().strip().replace(".", "")
    if gold not in ("yes", "no"):
        reason = f"the answer {reference.answer[:60]!r} is neither yes nor no"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="mme.reference")
    said = text.lower().strip().replace(".", "")
    if not said:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="the response is empty", rule="mme.empty")
    meant = _meant(said)
    right = meant == gold
    return Verdict(
        status=Status.CORRECT if right else Status.INCORRECT,
        score=float(right),
        extracted=meant,
        reason=f"{said[:40]!r} is read as {meant}, the answer is {gold}",
        rule=f"mme.{meant}",
        flags=("other",) if meant == "other" else (),
    )


def _meant(said: str) -> str:
    if len(said) == 1:
        return {"y": "yes", "n": "no"}.get(said, "other")
    head = said[:_PREFIX]
    return "yes" if "yes" in head else "no" if "no" in head else "other"


VERIFIER = Verifier(
    name="mme_official",
    version="1",
    summary="MME's published reading of yes and no from a response's first four characters",
    parameters=MmeParameters,
    check=check,
)
