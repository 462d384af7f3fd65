"""`mm_iq_official`: MM-IQ's published parsing, from a response to an option's letter.

Source: AceCHQ/MMIQ, mmiq/utils/eval_utils.py, `parse_multi_choice_response`. A letter from A to E alone in a box counts
first (a later addition; `boxed=false` is the rule before it). Then the response is cut behind the last place of each of
24 phrases in turn, so that several phrases cut it several times, and the first capital from A to E that stands alone
counts; the article "A" is such a capital. Without a phrase the last line with such a capital counts, by its first one.
A response without any has no answer and is wrong; nothing is drawn by chance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Verdict
from reward_service.verifiers.official.letters import letter_verdict
from reward_service.verifiers.registry import Verifier

_PHRASES = (
    *("The best answer is", "The correct answer is", "correct answer is", "The answer is", "The answer", "answer is"),
    *("The best option is", "best option is", "The correct option is", "correct option is", "Best answer:"),
    *("Best option:", "best answer:", "best option:", "question mark is option "),
    *("Thus, the correct answer is option ", "Hence, the answer is option ", "So, the answer is option "),
    *("Thus, the answer is option ", "Therefore, the answer is option ", "So, the correct answer is option "),
    "Hence, the correct answer is option ",
    "Therefore, the most appropriate answer to fill in the question mark is option ",
    "The different pattern is",
)
_LETTER = re.compile(r"\b[A-E]\b")
_BOXED = re.compile(r"\\boxed\{([A-E])\}")
_CHARACTERS_PER_UNIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MmIqParameters:
    """Parameters of `mm_iq_official`; the defaults are the published rule."""

    boxed: bool = parameter(True, "false: the rule before a letter in a box counted first")


def check(text: str, reference: Reference, parameters: MmIqParameters, budget: Budget) -> Verdict:
    """Judge a response by the published rule."""
    budget.spend(1 + len(_PHRASES) * (len(text) // _CHARACTERS_PER_UNIT + 1))
    box = _BOXED.search(text) if parameters.boxed else None
    if box is not None:
        return letter_verdict("mm_iq", box.group(1), "boxed", reference)
    letter, step = _letter_of(text.strip())
    return letter_verdict("mm_iq", letter, step, reference)


def _letter_of(response: str) -> tuple[str, str]:
    """`extract_choice`: (letter or an empty text, by which step)."""
    cut = ""
    for phrase in _PHRASES:
        if phrase in response:
            response = cut = response.split(phrase)[-1].strip()
    if cut:
        found = _LETTER.search(cut)
        return (found.group() if found else ""), "phrase"
    for line in reversed(response.split("\n")):
        found = _LETTER.search(line)
        if found:
            return found.group(), "last_line"
    return "", "last_line"


VERIFIER = Verifier(
    name="mm_iq_official",
    version="1",
    summary="MM-IQ's published parsing of a response to a letter from A to E",
    parameters=MmIqParameters,
    check=check,
)
