"""The `choice` verifier: which option of a multiple-choice question a response picks, and whether it is right.

It never guesses: a response that names no option has no answer, one that names several is wrong unless several were
asked for. Rules are in reward_service/verifiers/choices, each with a name that the verdict reports.
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.parameters import parameter
from reward_service.types import Choice, Reference, Status, Verdict
from reward_service.verifiers.choices.decision import decide
from reward_service.verifiers.choices.findings import Finding
from reward_service.verifiers.choices.labels import OUT_OF_RANGE
from reward_service.verifiers.choices.options import Options, accepted_sets, implied_choices, options_from
from reward_service.verifiers.choices.surface import surface_of
from reward_service.verifiers.registry import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceParameters:
    """Parameters of the `choice` verifier."""

    input: str = parameter(
        "full_response",
        "what the response is: a full response from which the answer is extracted first, or the bare answer",
        choices=("full_response", "expression"),
    )
    strictness: str = parameter(
        "lenient",
        "which rules may count: a box or answer tag only, outright statements too, or an option that is merely named",
        choices=("boxed", "explicit", "lenient"),
    )
    match: str = parameter(
        "letter_or_text",
        "whether an option may be named by its letter, by its text or value, or by either",
        choices=("letter_or_text", "letter", "text"),
    )
    hedging: str = parameter(
        "reject",
        "several options stated where one is right: reject (incorrect), last (the last one counts), "
        "first (the first one counts)",
        choices=("reject", "last", "first"),
    )


def check(text: str, reference: Reference, parameters: ChoiceParameters, budget: Budget) -> Verdict:
    """Whether the option that `text` picks is the reference's."""
    choices = reference.choices or implied_choices(reference)
    invalid = _invalid(reference, choices)
    if invalid:
        return Verdict(status=Status.INVALID_REFERENCE, reason=invalid, rule="choice.reference")
    options = options_from(choices)
    accepted = accepted_sets(options, reference)
    if isinstance(accepted, str):
        return Verdict(status=Status.INVALID_REFERENCE, reason=accepted, rule="choice.reference")
    surface = surface_of(text, options)
    budget.spend(len(surface.text) // 20 + 50)
    if not surface.text.strip():
        why = "only unfinished reasoning" if surface.truncated_thinking else "the response is empty"
        return _no_answer(why)
    several = any(len(group) > 1 for group in accepted)
    finding = decide(surface, options, reference.question, budget, strictness=parameters.strictness, run=several)
    if finding is None:
        return _no_answer("the response names no option")
    return _judge(finding, options, accepted, several)


def _invalid(reference: Reference, choices: tuple[Choice, ...]) -> str:
    if not reference.answer.strip():
        return "the reference is empty"
    if not choices:
        return "the reference has no choices and its answer is no letter"
    if len(choices) > DEFAULT_LIMITS.choices:
        return f"{len(choices)} choices, at most {DEFAULT_LIMITS.choices} are allowed"
    if sum(len(choice.text) for choice in choices) > DEFAULT_LIMITS.reference_characters:
        return f"the choices are longer than {DEFAULT_LIMITS.reference_characters} characters"
    return ""


def _no_answer(why: str) -> Verdict:
    return Verdict(status=Status.NO_ANSWER, score=0.0, reason=why, rule="choice.none", extraction_rule="none")


def _judge(finding: Finding, options: Options, accepted: tuple[frozenset[int], ...], several: bool) -> Verdict:
    """The verdict on a finding."""
    rule = f"choice.{finding.rule}"
    if not finding.indices:
        return Verdict(
            status=Status.INCORRECT,
            score=0.0,
            extracted=finding.text[:200],
            reason=f"the stated answer {finding.text[:80]!r} is none of the options",
            rule="choice.no_option",
            extraction_rule=rule,
        )
    if OUT_OF_RANGE in finding.indices:
        return Verdict(
            status=Status.INCORRECT,
            score=0.0,
            extracted=finding.text[:200],
            reason=f"{finding.text[:80]!r} names a label that is not among the options",
            rule="choice.out_of_range",
            extraction_rule=rule,
        )
    shown = ", ".join(options.shown(index) for index in sorted(finding.indices))
    if finding.indices in accepted:
        return Verdict(
            status=Status.CORRECT,
            score=1.0,
            extracted=shown,
            reason=f"the response picks {shown}, as the reference does",
            rule="choice.label" if finding.by_label else "choice.text",
            extraction_rule=rule,
        )
    hedged = len(finding.indices) > 1 and not several
    return Verdict(
        status=Status.INCORRECT,
        score=0.0,
        extracted=shown,
        reason=(
            f"the response states several options, {shown}, where one is right"
            if hedged
            else f"the response picks {shown}, the reference is {_shown_accepted(options, accepted)}"
        ),
        rule="choice.hedged" if hedged else "choice.label" if finding.by_label else "choice.text",
        extraction_rule=rule,
        flags=("hedged",) if hedged else (),
    )


def _shown_accepted(options: Options, accepted: tuple[frozenset[int], ...]) -> str:
    return " or ".join(", ".join(options.shown(index) for index in sorted(group)) for group in accepted)


VERIFIER = Verifier(
    name="choice",
    version="1",
    summary="Multiple choice by letter, text or value, without guessing",
    parameters=ChoiceParameters,
    check=check,
)
