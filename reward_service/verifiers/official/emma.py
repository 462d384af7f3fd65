"""`emma_official`: EMMA's published fast rule, from a response to right or wrong, without the GPT judge.

Source: EMMA-Bench/EMMA, evaluation/evaluate.py, `fast_extract_answer`, and `is_equal`, `extract_full_boxed_content` of
evaluation/utils.py. The answer is the whole response where that is a letter from A to H or a number, or a letter and a
colon or full stop at its start; else what the last `\\boxed{}` holds, of which a `\\text{}` inside is taken alone; else
what follows "final answer is" and the like, up to a line's end or a full stop, so "is 2.5" reads as 2. It is right if
it equals the gold letter or the gold option's text: as text in lower case, as a number in words, or as LaTeX numbers
rounded to two places (`latex_value`, as sympy's `evalf` computes them; numbers that agree in two places and not beyond
carry the flag "rounded").

An empty answer has the status NO_ANSWER; the script counts it wrong, and so it is 0.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.official.latex_value import rounded, value_of
from reward_service.verifiers.official.number_words import value_in_words
from reward_service.verifiers.registry import Verifier

_LETTERS = "ABCDEFGH"
_PHRASES = ("final answer is", "correct answer is", "answer should be", "answer is", "answer:")
_BOX = "\\boxed{"
_BRACE = re.compile(r"[{}]")
_TEXT = re.compile(r"\\text\{([^}\n]*)\}")
_CHARACTERS_PER_UNIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EmmaParameters:
    """Parameters of `emma_official`; the defaults are the published rule."""

    input: str = parameter(
        "full_response",
        "full_response: the answer is read out of the response first; expression: the text is that answer, as stored",
        choices=("full_response", "expression"),
    )
    number_words: bool = parameter(
        True, "false: the script before it read numbers in words, as three of the runs released for Gemini were scored"
    )


def check(text: str, reference: Reference, parameters: EmmaParameters, budget: Budget) -> Verdict:
    """Judge a response (or, with input="expression", the answer read out of one) by the published rule."""
    golds = gold_texts(reference)
    if not golds:
        reason = "the reference has no answer, or one that is none of its options"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="emma.reference")
    budget.spend(1 + len(text) // _CHARACTERS_PER_UNIT)
    answer = text if parameters.input == "expression" else answer_of(text, budget)
    if not answer.strip():
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no answer was read", rule="emma.empty")
    extracted = answer[: DEFAULT_LIMITS.answer_characters]
    for gold in golds:
        step = equality_step(answer, gold, parameters, budget)
        if step:
            return Verdict(
                status=Status.CORRECT,
                score=1.0,
                extracted=extracted,
                reason=f"{_quote(answer)} equals {_quote(gold)} as {step}",
                rule=f"emma.{step}",
                flags=("rounded",) if step == "rounded_number" else (),
            )
    reason = f"{_quote(answer)} is not {' or '.join(map(_quote, golds))}"
    return Verdict(status=Status.INCORRECT, score=0.0, extracted=extracted, reason=reason, rule="emma.different")


def gold_texts(reference: Reference) -> tuple[str, ...]:
    """The gold letter and the gold option's text, or the gold answer; empty where the reference is unusable."""
    if not reference.choices:
        return (reference.answer,) if reference.answer.strip() else ()
    for choice in reference.choices:
        if choice.label == reference.answer.upper():
            return (reference.answer, choice.text)
    return next(((each.label, each.text) for each in reference.choices if each.text == reference.answer), ())


def answer_of(response: str, budget: Budget) -> str:
    """`fast_extract_answer`: the answer read out of a response, empty where there is none."""
    response = response.strip()
    for letter in _LETTERS:
        if response.upper() == letter or response.startswith((f"{letter}:", f"{letter}.")):
            return letter
    if _is_number(response):
        return response
    box = _last_box(response, budget)
    if box is not None:
        inner = _TEXT.findall(box)
        return (inner[-1] if inner else box).strip()
    lowered = response.lower()
    for phrase in _PHRASES:
        if phrase in lowered:
            return lowered.split(phrase)[-1].strip().split("\n")[0].split(".")[0]
    return ""


def _last_box(text: str, budget: Budget) -> str | None:
    """What the last closed box holds; boxes inside a box are part of it, and an open one hides those after it."""
    found, start = None, text.find(_BOX)
    while start != -1:
        depth, end = 1, -1
        for brace in _BRACE.finditer(text, start + len(_BOX)):
            budget.spend()
            depth += 1 if brace.group() == "{" else -1
            if depth == 0:
                end = brace.start()
                break
        if end == -1:
            break
        found = text[start + len(_BOX) : end]
        start = text.find(_BOX, end + 1)
    return found


def equality_step(answer: str, gold: str, parameters: EmmaParameters, budget: Budget) -> str:
    """`is_equal`: by which step the two are equal (text, words, number, rounded_number), empty if they are not."""
    answer, gold = answer.lower(), gold.lower()
    if answer.strip() == gold.strip():
        return "text"
    in_words = value_in_words(answer) if parameters.number_words else None
    if in_words is not None and str(in_words) == gold.strip():
        return "words"
    wanted = value_of(gold, budget, evalf=True)
    value = None if wanted is None else value_of(answer, budget, evalf=True)
    if wanted is None or value is None or rounded(wanted) != rounded(value):
        return ""
    return "number" if math.isclose(wanted, value, rel_tol=1e-9, abs_tol=1e-12) else "rounded_number"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _quote(text: str) -> str:
    """A text for a reason, shortened."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


VERIFIER = Verifier(
    name="emma_official",
    version="1",
    summary="EMMA's published fast extraction and comparison, numbers to two decimal places",
    parameters=EmmaParameters,
    check=check,
)
