"""`zerobench_official`: ZeroBench's rule, the answer in curly braces equal to the reference.

Source: the prompt and rule of arXiv:2502.09696 (answers "in curly braces", exact match), in the form of VLMEvalKit's
vlmeval/dataset for ZeroBench: in lower case, what the last `{...}` holds, ends stripped. The authors' repository was
not at hand. VLMEvalKit calls its comparison exact and tests whether the reference is part of the prediction, so that
"1" is right in "11.90"; `match="part"` is that, with the flag "part" where only it makes a response right.

A response without braces has no answer by the exact rule. With `braces="optional"` its whole text is compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.registry import Verifier

_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ZerobenchParameters:
    """Parameters of `zerobench_official`; the defaults are the published rule."""

    match: str = parameter(
        "exact",
        "exact: equal; part: the reference is anywhere in the answer, a defect elsewhere",
        choices=("exact", "part"),
    )
    braces: str = parameter(
        "required",
        "required: no braces, no answer; optional: then the whole response",
        choices=("required", "optional"),
    )


def check(text: str, reference: Reference, parameters: ZerobenchParameters, budget: Budget) -> Verdict:
    """Judge a response by what its last braces hold."""
    budget.spend(1 + len(text) // 1_000)
    gold = reference.answer.lower().strip()
    if not gold:
        return Verdict(
            status=Status.INVALID_REFERENCE, reason="the reference has no answer", rule="zerobench.reference"
        )
    found = _BRACES.findall(text.lower())
    if not found and parameters.braces == "required":
        reason = "no answer stands in curly braces"
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason=reason, rule="zerobench.no_braces")
    said = (found[-1] if found else text.lower()).strip()
    equal = said == gold
    part = parameters.match == "part" and gold in said and not equal
    return Verdict(
        status=Status.CORRECT if equal or part else Status.INCORRECT,
        score=float(equal or part),
        extracted=said[: DEFAULT_LIMITS.answer_characters],
        reason=f"{said[:60]!r} {'equals' if equal else 'holds' if part else 'is not'} {gold[:60]!r}",
        rule="zerobench.part" if part else "zerobench.braces" if found else "zerobench.whole",
        flags=("part",) if part else (),
    )


VERIFIER = Verifier(
    name="zerobench_official",
    version="1",
    summary="ZeroBench's exact match of what the last curly braces hold",
    parameters=ZerobenchParameters,
    check=check,
)
