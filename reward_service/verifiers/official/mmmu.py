"""`mmmu_official` and `mmmu_pro_official`: the published rules of MMMU and MMMU-Pro, from a response to right or wrong.

Source: MMMU-Benchmark/MMMU, mmmu/utils/eval_utils.py and mmmu-pro/evaluate.py (`mmmu_parsing`).

Where no option is found the scripts draw one by chance: MMMU with one seed for a whole evaluation, so that a verdict
depends on the responses before it, and MMMU-Pro with none. Here such a verdict carries the flag "random-fallback" and
the parameter `fallback` says what it is: `expected` scores 1 / options, so that a mean is the exact expectation;
`wrong` and `right` give the ends of its range; `drawn` takes the letter in the parameter `drawn`, which a caller with
the scripts' own generator supplies.

An open question's number counts at two decimal places, and its text counts wherever it is part of what was said.
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.official.mmmu_parsing import open_answer, parse_choice, parse_open
from reward_service.verifiers.registry import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class MmmuParameters:
    """Parameters of both; the default is the expectation of the published rule."""

    fallback: str = parameter(
        "expected",
        "a response that names no option: expected: 1 / options; wrong: 0; right: 1; drawn: the letter in `drawn`",
        choices=("expected", "wrong", "right", "drawn"),
    )
    drawn: str = parameter("", "with fallback=drawn: the letter that the script's generator drew")

    def __post_init__(self) -> None:
        if (self.fallback == "drawn") != bool(self.drawn):
            raise ValueError("`drawn` names a letter exactly where fallback is 'drawn'")


def check(text: str, reference: Reference, parameters: MmmuParameters, budget: Budget) -> Verdict:
    """Judge a response by MMMU's rule: an option where the reference has choices, else an open answer."""
    if reference.choices:
        return _check_choice(text, reference, parameters, budget, pro=False)
    golds = [gold for gold in (reference.answer, *reference.alternatives) if gold.strip()]
    if not golds:
        return Verdict(status=Status.INVALID_REFERENCE, reason="the reference has no answer", rule="mmmu.reference")
    parsed = parse_open(text, budget)
    found = open_answer(parsed, golds)
    shown = parsed[0] if found is None else found
    return Verdict(
        status=Status.INCORRECT if found is None else Status.CORRECT,
        score=float(found is not None),
        extracted=str(shown)[: DEFAULT_LIMITS.answer_characters],
        reason=f"{_quote(shown)} {'does not hold' if found is None else 'holds'} {' or '.join(map(_quote, golds))}",
        rule="mmmu.open_text" if isinstance(shown, str) else "mmmu.open_number",
    )


def check_pro(text: str, reference: Reference, parameters: MmmuParameters, budget: Budget) -> Verdict:
    """Judge a response by MMMU-Pro's rule, which has multiple choice only."""
    return _check_choice(text, reference, parameters, budget, pro=True)


def _check_choice(text: str, reference: Reference, parameters: MmmuParameters, budget: Budget, *, pro: bool) -> Verdict:
    family = "mmmu_pro" if pro else "mmmu"
    labels = [choice.label for choice in reference.choices]
    if reference.answer not in labels or len(labels) > DEFAULT_LIMITS.choices:
        reason = f"the answer {_quote(reference.answer)} is none of the {len(labels)} options' letters"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule=f"{family}.reference")
    pick = parse_choice(text, reference.choices, budget, pro=pro)
    rule = f"{family}.{pick.step}"
    label = pick.label
    flags: tuple[str, ...] = ()
    if label is None:
        flags = ("random-fallback",)
        if parameters.fallback == "expected":
            reason = f"no option is named, and one of {len(labels)} would be drawn"
            return Verdict(status=Status.PARTIAL, score=1 / len(labels), reason=reason, rule=rule, flags=flags)
        if parameters.fallback == "wrong":
            return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no option is named", rule=rule, flags=flags)
        label = reference.answer if parameters.fallback == "right" else parameters.drawn
    right = label == reference.answer
    return Verdict(
        status=Status.CORRECT if right else Status.INCORRECT,
        score=float(right),
        extracted=label,
        reason=f"the response is read as {label} ({pick.step}), the answer is {reference.answer}",
        rule=rule,
        flags=flags,
    )


def _quote(value: str | float) -> str:
    """A value for a reason, shortened."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


VERIFIERS = (
    Verifier(
        name="mmmu_official",
        version="1",
        summary="MMMU's published parsing and comparison; its random fallback as an expectation, or as a range",
        parameters=MmmuParameters,
        check=check,
    ),
    Verifier(
        name="mmmu_pro_official",
        version="1",
        summary="MMMU-Pro's published parsing and comparison; its random fallback as an expectation, or as a range",
        parameters=MmmuParameters,
        check=check_pro,
    ),
)
