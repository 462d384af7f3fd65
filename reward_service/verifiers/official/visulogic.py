"""`visulogic_official`: VisuLogic's published rules, from a response to a letter, without the model behind them.

Source: VisuLogic-Benchmark/VisuLogic-Eval, evaluation/eval_model.py, `extract_answer_v1`: what the last closed box
holds, freed of `\\text{}` and the like, where that is a letter from A to D; else a letter at the response's start or
end in a few exact forms, or all that stands between "the answer is" and a line's end or full stop. What these rules
leave open the authors ask GPT-4o-mini about; here such a response has the status NO_ANSWER and the rule
`visulogic.undecided`, which a report counts apart.

Any box but the last is ignored, "Answer: B" counts wherever it is last, and a box such as `\\boxed{C.}` is none of the
four letters, so that the sentence after it decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.official.letters import letter_verdict
from reward_service.verifiers.registry import Verifier

_LETTERS = "ABCD"
_BRACES = re.compile(r"\\boxed\{|[^\\]\}")
_COMMANDS = ("\\text{", "\\rm{", "\\mathbf{", "$", "}")
_PHRASES = (
    *("answer:", "the final answer is:", "the answer is option:", "the answer is:", "the correct answer is option:"),
    *("the correct answer is:", "the answer should be:", "the final answer is", "the answer is option"),
    *("the answer is", "the correct answer is option", "the correct answer is", "the answer should be"),
)
_CHARACTERS_PER_UNIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class VisulogicParameters:
    """Parameters of `visulogic_official`."""

    input: str = parameter("full_response", "what the text is: a whole response", choices=("full_response",))


def check(text: str, reference: Reference, parameters: VisulogicParameters, budget: Budget) -> Verdict:
    """Judge a response by the published rules."""
    budget.spend(1 + len(_PHRASES) * (len(text) // _CHARACTERS_PER_UNIT + 1))
    box = _last_box(text, budget).strip()
    if box in tuple(_LETTERS):
        return letter_verdict("visulogic", box, "box", reference)
    verdict = letter_verdict("visulogic", _stated(text), "sentence", reference)
    if verdict.status is not Status.NO_ANSWER:
        return verdict
    reason = "no rule reads an option; the authors ask a model about such a response"
    return Verdict(status=Status.NO_ANSWER, score=0.0, reason=reason, rule="visulogic.undecided")


def _last_box(text: str, budget: Budget) -> str:
    """What the last outermost box holds; a response of one or two characters is its own box. Empty: no letter there."""
    if len(text) < 3:
        return text
    starts: list[int] = []
    last = ""
    for brace in _BRACES.finditer(text):
        budget.spend()
        if brace.group().endswith("\\boxed{"):
            starts.append(brace.end())
        elif starts:
            start = starts.pop()
            if not starts:
                last = text[start : brace.start() + 1]
    for command in _COMMANDS:
        last = last.replace(command, "")
    return "" if "letter" in last.lower() or "or" in last or len(last) > 2 else last


def _stated(text: str) -> str:
    """`extract_lang_content`: the letter of a few exact forms, or behind a phrase; else an empty text."""
    text = text.replace("<|endoftext|>", "")
    for letter in _LETTERS:
        ends = text.endswith((f" {letter}.", f" ({letter})."))
        if ends or text.startswith((f"{letter}\n", f"({letter})\n", f"({letter}) {letter}\n")):
            return letter
    lowered = text.lower()
    for phrase in _PHRASES:
        if phrase in lowered:
            lowered = lowered.split(phrase)[-1].strip().split("\n")[0].split(".")[0]
            if lowered.upper() in tuple(_LETTERS):
                return lowered.upper()
    return text if text in tuple(_LETTERS) else ""


VERIFIER = Verifier(
    name="visulogic_official",
    version="1",
    summary="VisuLogic's published rules, without the model that is asked where they read nothing",
    parameters=VisulogicParameters,
    check=check,
)
