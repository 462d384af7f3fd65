"""`olympiadbench_official`: OlympiadBench's published extraction and judge, from a response to right or wrong.

Source: OpenBMB/OlympiadBench, inference/judge.py (`extract_answer` and the order of the two sides) and
inference/code/math_judger.py (`MathJudger`); sympy's parser and `simplify` are replaced by trees and values of our own
(sympy_latex.py, olympiadbench_equality.py).

- The answer is the rest of the line behind the last "So the final answer is" (所以最终答案是), else the whole response.
- Of a text, all `\\boxed{}` contents count, joined by commas; without a box the formulas of its last line, else all of
  it. A box that is not closed makes the answer wrong.
- Both sides are split at commas outside brackets, `\\pm` stands for two answers, and each part of one side must equal a
  part of the other that is not taken yet. The parts may be in any order.
- Precisions are absolute, one for all parts or one a part. The script hands the model's answer to its judge as the
  first side, where its judge expects the reference: so precisions belong to the model's parts in the model's order, and
  it is the model's number whose hundredth and hundredfold may be within them of the reference. With
  `order="reference-first"` the judge is as it is documented and as its own examples are written.

What one should know: a number is also right a hundred times too large or too small ("5" for 0.05), two expressions are
equal where their difference is below 0.001, and a response that ends without a box is judged as a whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.errors import InputLimitExceeded
from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.official.olympiadbench_equality import equality_step
from reward_service.verifiers.registry import Verifier

_PHRASES = {"en": re.compile("So the final answer is (.*)"), "zh": re.compile("所以最终答案是(.*)")}
_BOX = "\\boxed{"
_BRACE = re.compile(r"[{}]")
_FORMULA = re.compile(r"\$([^$\n]*)\$")
_REPLACED = (
    *(("\\left", ""), ("\\right", ""), ("∶", ":"), ("，", ","), ("$", ""), ("\\approx", "="), ("\\simeq", "=")),
    *(("\\sim", "="), ("^\\prime", "'"), ("^{\\prime}", "'"), ("^\\circ", ""), ("%", "")),
)
_STRIPPED = "\n$,.:;^_=+`!@#$%^&*~，。"
_UPRIGHT = re.compile(r"\\(?:mathrm|mathbf)\{~?([^}]*)\}")
_CHINESE = re.compile("[\u4e00-\u9fff]+")
_MOST_PARTS = 64
_CHARACTERS_PER_UNIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OlympiadbenchParameters:
    """Parameters of `olympiadbench_official`; the defaults are the published rule."""

    input: str = parameter(
        "full_response",
        "full_response: the answer is found in the response first; expression: the text is that answer",
        choices=("full_response", "expression"),
    )
    language: str = parameter("en", "of the closing phrase that was asked for", choices=("en", "zh"))
    precision: str = parameter("1e-8", "absolute precision, or several with commas, one a part; an empty one is 1e-8")
    order: str = parameter(
        "model-first",
        "model-first: as the script calls its judge; reference-first: as the judge is documented",
        choices=("model-first", "reference-first"),
    )

    def __post_init__(self) -> None:
        self.precisions()

    def precisions(self) -> list[float]:
        """The precisions as numbers. Raises ValueError."""
        try:
            return [float(part) if part.strip() else 1e-8 for part in self.precision.split(",")]
        except ValueError:
            raise ValueError(f"'precision' must be numbers with commas between them, got {self.precision!r}") from None


def check(text: str, reference: Reference, parameters: OlympiadbenchParameters, budget: Budget) -> Verdict:
    """Judge a response (or, with input="expression", the answer in one) by the published rule."""
    if not reference.answer.strip():
        return Verdict(status=Status.INVALID_REFERENCE, reason="the reference has no answer", rule="olympiad.reference")
    budget.spend(1 + len(text) // _CHARACTERS_PER_UNIT)
    answer = text
    if parameters.input == "full_response":
        found = _PHRASES[parameters.language].findall(text)
        answer = found[-1].strip() if found else text
    if not answer.strip():
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no answer was read", rule="olympiad.empty")
    gold, said = _cleaned(reference.answer, budget), _cleaned(answer, budget)
    if gold is None:
        reason = "the reference has a box that is not closed"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="olympiad.reference")
    if said is None:
        return Verdict(
            status=Status.INCORRECT,
            score=0.0,
            extracted=answer[: DEFAULT_LIMITS.answer_characters],
            reason="a box of the answer is not closed",
            rule="olympiad.open_box",
        )
    sides = (said, gold) if parameters.order == "model-first" else (gold, said)
    step = _paired(*sides, parameters.precisions(), budget)
    return Verdict(
        status=Status.CORRECT if step else Status.INCORRECT,
        score=float(bool(step)),
        extracted=said[: DEFAULT_LIMITS.answer_characters],
        reason=f"{said[:60]!r} {f'equals {gold[:60]!r} as {step}' if step else f'is not {gold[:60]!r}'}",
        rule=f"olympiad.{step or 'different'}",
        flags=("hundredfold",) if step == "hundredfold" else (),
    )


def _cleaned(text: str, budget: Budget) -> str | None:
    """What is compared of a text (`preprocess`), or None where a box is not closed."""
    held = _boxed(text, budget)
    if held is None:
        return None
    if not held:
        last = text.strip().split("\n")[-1]
        formulas = _FORMULA.findall(last)
        held = "".join(f"{formula}," for formula in formulas) or text
    if "\\in " in held:
        held = held.split("\\in ")[1]
    for old, new in _REPLACED:
        held = held.replace(old, new)
    return _UPRIGHT.sub(r"\1", held.strip(_STRIPPED))


def _boxed(text: str, budget: Budget) -> str | None:
    """The contents of all boxes, each behind it a comma; a box inside a box is there twice. None: one is not closed."""
    held = ""
    start = text.find(_BOX)
    while start != -1:
        depth, end = 1, -1
        for brace in _BRACE.finditer(text, start + len(_BOX)):
            budget.spend()
            depth += 1 if brace.group() == "{" else -1
            if depth == 0:
                end = brace.start()
                break
        if end == -1:
            return None
        held += text[start + len(_BOX) : end] + ","
        if len(held) > DEFAULT_LIMITS.response_bytes:
            raise InputLimitExceeded("boxes inside boxes hold more than a response may")
        start = text.find(_BOX, start + len(_BOX))
    return held


def _paired(first: str, second: str, precisions: list[float], budget: Budget) -> str:
    """By which step all parts of both sides are equal (the weakest one of several), empty where they are not."""
    if first == second:
        return "text"
    left, right = (_parts(_CHINESE.sub("", side)) for side in (first, second))
    if len(left) != len(right):
        return ""
    if len(left) > _MOST_PARTS:
        raise InputLimitExceeded(f"more than {_MOST_PARTS} parts")
    if len(precisions) == 1:
        precisions = precisions * len(left)
    steps = set()
    place = -1
    while left:
        place = (place + 1) % len(left)
        item = left[place]
        # A list that is shorter than the answers ends the script with an error; here the last precision holds on.
        precision = precisions[min(place, len(precisions) - 1)]
        for other in right:
            step = equality_step(item, other, precision, budget)
            if step:
                left.remove(item)
                right.remove(other)
                if len(precisions) > 1:
                    precisions.remove(precision)
                steps.add(step)
                break
        else:
            return ""
    weakest = ("hundredfold", "equation", "expression", "number", "interval", "text")
    return next((step for step in weakest if step in steps), "text")


def _parts(text: str) -> list[str]:
    """The parts between commas that stand in no bracket; a part with `\\pm` is two."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    if start < len(text):
        parts.append(text[start:].strip())
    return [
        each
        for part in parts
        for each in ((part.replace("\\pm", "+"), part.replace("\\pm", "-")) if "\\pm" in part else (part,))
    ]


VERIFIER = Verifier(
    name="olympiadbench_official",
    version="1",
    summary="OlympiadBench's published extraction and judge: several answers in any order, with precisions",
    parameters=OlympiadbenchParameters,
    check=check,
)
