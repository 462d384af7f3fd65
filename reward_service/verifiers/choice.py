"""The `choice` verifier: which option of a multiple-choice question a response picks, and whether it is right.

It never guesses: a response that names no option has no answer, one that names several is wrong unless several were
asked for. Where several are right the whole set must be named; partial credit is not this verifier's. Its rules are in
reward_service/verifiers/choices, each with a name that the verdict reports.
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.parameters import parameter
from reward_service.types import Choice, Reference, Status, Verdict
from reward_service.verifiers.choices.decision import Question, decide
from reward_service.verifiers.choices.findings import OUT_OF_RANGE, Finding
from reward_service.verifiers.choices.options import accepted_sets, implied_choices, options_from
from reward_service.verifiers.choices.page import Visible, visible_part
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
        "which rules may count: boxed: a box or answer tag only; explicit: outright statements and a leading answer "
        "too; lenient: also an option that is merely named",
        choices=("boxed", "explicit", "lenient"),
    )
    match: str = parameter(
        "letter_or_text",
        "whether an option may be named by its letter, by its text or value, or by either",
        choices=("letter_or_text", "letter", "text"),
    )
    hedging: str = parameter(
        "reject",
        "several options stated where one is right: reject: incorrect; accept: correct if the right one is among them",
        choices=("reject", "accept"),
    )
    case: str = parameter(
        "ignore",
        "whether upper and lower case differ in labels and texts; case always counts where options differ by it alone",
        choices=("ignore", "strict"),
    )


def check(text: str, reference: Reference, parameters: ChoiceParameters, budget: Budget) -> Verdict:
    """Whether the option that `text` picks is the reference's."""
    choices = reference.choices or implied_choices(reference)
    invalid = _invalid(reference, choices)
    if invalid:
        return Verdict(status=Status.INVALID_REFERENCE, reason=invalid, rule="choice.reference")
    options = options_from(choices, strict=parameters.case == "strict")
    accepted = accepted_sets(options, reference)
    if isinstance(accepted, str):
        return Verdict(status=Status.INVALID_REFERENCE, reason=accepted, rule="choice.reference")
    question = Question(
        options=options,
        text=reference.question,
        several=any(len(group) > 1 for group in accepted),
        strictness=parameters.strictness,
        match=parameters.match,
    )
    visible = visible_part(text)
    if not visible.text.strip() and not visible.answer_tag:
        return _no_answer("only unfinished reasoning" if visible.truncated else "the response is empty")
    finding = _bare_answer(text, question, budget) if parameters.input == "expression" else None
    if finding is None or not finding.indices:
        finding = decide(visible, question, budget)
    if visible.cut and (finding is None or not finding.indices):
        finding = decide(visible_part(text, beyond_questions=True), question, budget) or finding
    if finding is None:
        return _no_answer("the response names no option")
    return _judge(finding, question, accepted, parameters.hedging)


def _invalid(reference: Reference, choices: tuple[Choice, ...]) -> str:
    if not reference.answer.strip():
        return "the reference is empty"
    if not choices:
        return "the reference has no choices and its answer is no letter"
    if len(choices) > DEFAULT_LIMITS.choices:
        return f"{len(choices)} choices, at most {DEFAULT_LIMITS.choices} are allowed"
    if sum(len(choice.text) + len(choice.label) for choice in choices) > DEFAULT_LIMITS.reference_characters:
        return f"the choices are longer than {DEFAULT_LIMITS.reference_characters} characters"
    return ""


def _bare_answer(text: str, question: Question, budget: Budget) -> Finding | None:
    """The whole text read as one stated answer."""
    return decide(Visible(text="", answer_tag=text[:2_000]), question, budget)


def _no_answer(why: str) -> Verdict:
    return Verdict(status=Status.NO_ANSWER, score=0.0, reason=why, rule="choice.none", extraction_rule="none")


def _judge(finding: Finding, question: Question, accepted: tuple[frozenset[int], ...], hedging: str) -> Verdict:
    """The verdict on a finding."""
    options = question.options
    extraction_rule = f"choice.{finding.rule}"
    if not finding.indices or OUT_OF_RANGE in finding.indices:
        return _incorrect(
            finding.text[:200],
            f"{finding.text[:80]!r} names none of the options"
            if not finding.indices
            else f"{finding.text[:80]!r} names a label that is not among the options",
            "choice.out_of_range" if finding.indices else "choice.no_option",
            extraction_rule,
        )
    shown = ", ".join(options.shown(index) for index in sorted(finding.indices))
    hedged = len(finding.indices) > 1 and not question.several
    among = hedged and hedging == "accept" and any(group <= finding.indices for group in accepted)
    if finding.indices in accepted or among:
        return Verdict(
            status=Status.CORRECT,
            score=1.0,
            extracted=shown,
            reason=f"the response picks {shown}"
            + (", the right one among them" if among else ", as the reference does"),
            rule="choice.label" if finding.by_label else "choice.text",
            extraction_rule=extraction_rule,
            flags=("hedged",) if hedged else (),
        )
    if hedged:
        reason = f"the response states several options, {shown}, where one is right"
        return _incorrect(shown, reason, "choice.hedged", extraction_rule, flags=("hedged",))
    wanted = " or ".join(", ".join(options.shown(index) for index in sorted(group)) for group in accepted)
    rule = "choice.label" if finding.by_label else "choice.text"
    return _incorrect(shown, f"the response picks {shown}, the reference is {wanted}", rule, extraction_rule)


def _incorrect(extracted: str, reason: str, rule: str, extraction_rule: str, *, flags: tuple[str, ...] = ()) -> Verdict:
    return Verdict(
        status=Status.INCORRECT,
        score=0.0,
        extracted=extracted,
        reason=reason,
        rule=rule,
        extraction_rule=extraction_rule,
        flags=flags,
    )


VERIFIER = Verifier(
    name="choice",
    version="1",
    summary="Multiple choice by letter, text or value, without guessing",
    parameters=ChoiceParameters,
    check=check,
)
