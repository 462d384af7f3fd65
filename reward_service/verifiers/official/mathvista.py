"""`mathvista_official`: MathVista's published rule, from an extracted answer to right or wrong, replicated to the row.

Source: lupantech/MathVista, evaluation/calculate_score.py, `normalize_extracted_answer` and `safe_equal`. The text
judged here is the *extraction*, which the authors had a language model make; the rule brings it to the form of the
gold answer and compares the two as strings:

- multiple choice: the first "(X)" names an option by its letter, and so does a bare capital letter; anything else is
  replaced by the option with the least edit distance, the first one on ties. So an empty extraction is given the
  shortest option, and 168 of the 1000 testmini questions are right with nothing said at all. An answer that was
  supplied like this carries the flag "nearest-choice"; `nearest_choice=false` is the rule without that luck.
- integer: `str(int(float(x)))`, which cuts 14.9 to 14 (flag "truncated"). The runs released in 2023 were mostly
  scored before that line was changed, with `str(int(x))`; `integers="literal"` is that earlier rule.
- float: `str(round(float(x), precision))`; list: `str(x)`.

`float` and `int` here are Python's own, so "1_000", " 12 " and "nan" are read as the authors' script reads them.

Where the rule ends with no answer to compare (a number was asked for and none was extracted), the status is
NO_ANSWER: a response in which no answer is found scores 0 by the glossary, just as the script counts it wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.registry import Verifier

_LETTER = re.compile(r"\(([a-zA-Z])\)")
_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_DECIMAL = re.compile(r"[+-]?[0-9]+\.([0-9]+)\Z")
# The bit-parallel edit distance costs one step per character and 64 characters of the other text.
_EDIT_STEPS_PER_UNIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MathvistaParameters:
    """Parameters of `mathvista_official`; the defaults are the published rule."""

    input: str = parameter(
        "expression",
        "what the text is: the rule judges an extracted answer, never a full response",
        choices=("expression",),
    )
    nearest_choice: bool = parameter(
        True, "false: an extraction that is neither a letter nor an option's text is no answer, instead of the nearest"
    )
    ignore_empty: bool = parameter(
        False, "the script's --ignore_empty_extractions: an empty extraction is no answer to a multiple-choice question"
    )
    integers: str = parameter(
        "truncate",
        "truncate: int(float(x)), the published script; literal: int(x), as the runs released in 2023 were scored",
        choices=("truncate", "literal"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prediction:
    """The extraction in the gold answer's form (None: there is none), and how it was had.

    `reason` says why there is none or, as part of a sentence, by which step a text was had that is not plain.
    """

    text: str | None
    rule: str
    flags: tuple[str, ...] = ()
    reason: str = ""


def check_extraction(text: str, reference: Reference, parameters: MathvistaParameters, budget: Budget) -> Verdict:
    """Compare one extraction with the reference by the published rule. `text` is the extraction, as stored."""
    problem = _unusable(reference)
    if problem:
        return Verdict(status=Status.INVALID_REFERENCE, reason=problem, rule="mathvista.reference")
    if reference.choices:
        prediction = _choose(text.strip(), reference, parameters, budget)
    else:
        prediction = _convert(text, reference, parameters)
    if prediction.text is None:
        return Verdict(
            status=Status.NO_ANSWER,
            score=0.0,
            reason=prediction.reason,
            rule=prediction.rule,
            flags=prediction.flags,
        )
    gold = _gold(reference)
    equal = prediction.text == gold
    return Verdict(
        status=Status.CORRECT if equal else Status.INCORRECT,
        score=1.0 if equal else 0.0,
        extracted=prediction.text,
        reason=f"{_quote(prediction.text)}{prediction.reason} {'equals' if equal else 'is not'} {_quote(gold)}",
        rule=prediction.rule,
        flags=prediction.flags,
    )


def _unusable(reference: Reference) -> str:
    """Why the reference cannot be compared with, or an empty text."""
    if not reference.answer:
        return "the reference has no answer (those of MathVista's test split are withheld)"
    texts = [choice.text for choice in reference.choices]
    if len(texts) > DEFAULT_LIMITS.choices or any(len(text) > DEFAULT_LIMITS.answer_characters for text in texts):
        return "too many options, or an option that is too long"
    if texts and _gold(reference) not in texts:
        return f"the answer {_quote(reference.answer)} is none of the options"
    return ""


def _gold(reference: Reference) -> str:
    """The gold answer as the script has it: of a multiple-choice question the option's text, not its letter."""
    if any(choice.text == reference.answer for choice in reference.choices):
        return reference.answer
    for choice in reference.choices:
        if choice.label == reference.answer:
            return choice.text
    return reference.answer


def _choose(text: str, reference: Reference, parameters: MathvistaParameters, budget: Budget) -> _Prediction:
    """The option meant by an extraction: by letter, by its own text, else the nearest one."""
    options = [choice.text for choice in reference.choices]
    if parameters.ignore_empty and not text:
        return _Prediction(text=None, rule="mathvista.empty", reason="the extraction is empty")
    letter = _LETTER.search(text)
    wanted = letter.group(1).upper() if letter else text
    position = ord(wanted) - ord("A") if len(wanted) == 1 else -1
    if 0 <= position < len(options):
        return _Prediction(text=options[position], rule="mathvista.letter")
    if wanted in options:
        return _Prediction(text=wanted, rule="mathvista.choice_text")
    if not parameters.nearest_choice:
        reason = f"{_quote(wanted)} is neither an option's letter nor its text"
        return _Prediction(text=None, rule="mathvista.no_choice", reason=reason)
    steps = sum(len(wanted) * (len(option) // 64 + 1) for option in options)
    budget.spend(1 + steps // _EDIT_STEPS_PER_UNIT)
    distances = [Levenshtein.distance(wanted, option) for option in options]
    nearest = options[distances.index(min(distances))]
    reason = f" (the option nearest to {_quote(wanted)})"
    return _Prediction(text=nearest, rule="mathvista.nearest_choice", flags=("nearest-choice",), reason=reason)


def _convert(text: str, reference: Reference, parameters: MathvistaParameters) -> _Prediction:
    """The extraction as the number or list that was asked for; which of them the reference tells."""
    form, precision = _answer_form(reference)
    if not text.strip():
        return _Prediction(text=None, rule="mathvista.empty", reason="the extraction is empty")
    if form == "list":
        return _Prediction(text=text, rule="mathvista.list")
    try:
        if form == "float":
            return _Prediction(text=str(round(float(text), precision)), rule="mathvista.float")
        if parameters.integers == "literal":
            return _Prediction(text=str(int(text)), rule="mathvista.integer_literal")
        integer = str(int(float(text)))
        if _INTEGER.match(text.strip()):
            return _Prediction(text=integer, rule="mathvista.integer")
        reason = f" (int(float(x)) of {_quote(text)})"
        return _Prediction(text=integer, rule="mathvista.integer", flags=("truncated",), reason=reason)
    except (ValueError, OverflowError):  # no number, or inf and nan where an integer was asked for
        reason = f"{_quote(text)} is not {'a number' if form == 'float' else 'an integer'}"
        return _Prediction(text=None, rule=f"mathvista.{form}", reason=reason)


def _answer_form(reference: Reference) -> tuple[str, int]:
    """MathVista's `answer_type` and `precision`, from the reference's kind and precision or else the gold's own form.

    Every decimal gold of testmini equals its own rounding, so its decimal places are its precision.
    """
    answer = reference.answer.strip()
    if reference.kind in ("list", "set") or (reference.kind == "auto" and answer.startswith("[")):
        return "list", 0
    if reference.precision is not None:
        return "float", reference.precision
    decimal = _DECIMAL.match(answer)
    if decimal:
        return "float", len(decimal.group(1))
    return ("integer", 0) if _INTEGER.match(answer) else ("list", 0)


def _quote(text: str) -> str:
    """A text for a reason, shortened."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


VERIFIER = Verifier(
    name="mathvista_official",
    version="1",
    summary="MathVista's published normalisation and comparison of an extracted answer",
    parameters=MathvistaParameters,
    check=check_extraction,
)
