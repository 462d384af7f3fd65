"""`mathvision_official`: MATH-Vision's published rule, from a response to right or wrong.

Source: mathllm/MATH-V, evaluation/evaluate.py and `is_equal`, `eval_tuple` of evaluation/utils.py. The answer read out
of the response (`mathvision_answer`) is right if it equals the gold letter or the gold option's text:

- as text, in lower case and without blanks at the ends;
- else, tuples and lists with each element worked out and rounded to two places, as text again;
- else as numbers rounded to two places, as latex2sympy2 1.9.1 reads them and Python's `eval` computes them. Here a
  parser of our own does that (`latex_value`); nothing of a response is evaluated.

Two numbers that agree in two places and not beyond (4/9 and 7/16, 1/900 and 0) are right by the published rule and
carry the flag "rounded". An empty answer has the status NO_ANSWER; the script counts it wrong, and so it is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.official.latex_value import rounded, value_of
from reward_service.verifiers.official.mathvision_answer import answer_of
from reward_service.verifiers.registry import Verifier

_MAXIMUM_ELEMENTS = 64
_CHARACTERS_PER_UNIT = 200  # of the string methods that a response passes through, some forty of them
_BRACKETS = (("(", ")"), ("[", "]"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MathvisionParameters:
    """Parameters of `mathvision_official`; the defaults are the published rule."""

    input: str = parameter(
        "full_response",
        "full_response: the answer is read out of the response first; expression: the text is that answer, as stored",
        choices=("full_response", "expression"),
    )


def check(text: str, reference: Reference, parameters: MathvisionParameters, budget: Budget) -> Verdict:
    """Judge a response (or, with input="expression", the answer read out of one) by the published rule."""
    golds = gold_texts(reference)
    if not golds:
        reason = "the reference has no answer, or one that is none of its options"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="mathvision.reference")
    budget.spend(1 + len(text) // _CHARACTERS_PER_UNIT)
    answer = text if parameters.input == "expression" else answer_of(text)
    if not answer.replace(" ", ""):
        reason = "no answer is left of the response"
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason=reason, rule="mathvision.empty")
    for gold in golds:
        step = equality_step(gold, answer, budget)
        if step:
            return Verdict(
                status=Status.CORRECT,
                score=1.0,
                extracted=answer[: DEFAULT_LIMITS.answer_characters],
                reason=f"{_quote(answer)} equals {_quote(gold)} as {step}",
                rule=f"mathvision.{step}",
                flags=("rounded",) if step == "rounded_number" else (),
            )
    return Verdict(
        status=Status.INCORRECT,
        score=0.0,
        extracted=answer[: DEFAULT_LIMITS.answer_characters],
        reason=f"{_quote(answer)} is not {' or '.join(map(_quote, golds))}",
        rule="mathvision.different",
    )


def gold_texts(reference: Reference) -> tuple[str, ...]:
    """The gold letter and the gold option's text, or the gold answer; empty where the reference is unusable."""
    if not reference.choices:
        return (reference.answer,) if reference.answer.strip() else ()
    for choice in reference.choices:
        if choice.label == reference.answer:
            return (choice.label, choice.text)
    return next(((each.label, each.text) for each in reference.choices if each.text == reference.answer), ())


def equality_step(gold: str, answer: str, budget: Budget) -> str:
    """`is_equal`: by which step the two are equal (text, elements, number, rounded_number), empty if they are not."""
    gold, answer = gold.lower(), answer.lower()
    if not gold.replace(" ", "") or not answer.replace(" ", ""):
        return ""
    if gold.strip() == answer.strip():
        return "text"
    gold, answer = _with_elements_rounded(gold, budget), _with_elements_rounded(answer, budget)
    if gold == answer:
        return "elements"
    wanted = value_of(gold, budget)
    value = None if wanted is None else value_of(answer, budget)
    if wanted is None or value is None or rounded(wanted) != rounded(value):
        return ""
    return "number" if math.isclose(wanted, value, rel_tol=1e-9, abs_tol=1e-12) else "rounded_number"


def _with_elements_rounded(text: str, budget: Budget) -> str:
    """`eval_tuple`: the text, or where it is a tuple or list of numbers, that with two decimal places each."""
    elements = text[1:-1].split(",")
    for opening, closing in _BRACKETS:
        if text[0] == opening and text[-1] == closing and 1 < len(elements) <= _MAXIMUM_ELEMENTS:
            written = [_element(element, budget) for element in elements]
            if None not in written:
                return f"{opening}{','.join(map(str, written))}{closing}"
    return text


def _element(text: str, budget: Budget) -> str | None:
    if "infty" in text or text in ("a", "-a"):
        return text
    value = value_of(text, budget)
    return None if value is None else str(rounded(value))


def _quote(text: str) -> str:
    """A text for a reason, shortened."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


VERIFIER = Verifier(
    name="mathvision_official",
    version="1",
    summary="MATH-Vision's published extraction and comparison, numbers to two decimal places",
    parameters=MathvisionParameters,
    check=check,
)
