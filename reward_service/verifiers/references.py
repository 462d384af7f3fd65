"""Whether a reference answer can be used at all: one that says nothing readable is INVALID_REFERENCE, never a score."""

from __future__ import annotations

import re

# Commands that only arrange what they hold: a reference of nothing else holds no answer.
_ARRANGING = re.compile(
    r"\\(?:d|t|c)?frac|\\sqrt|\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|\\boxed|\\fbox|\\(?:display|text)style"
    r"|\\(?:text|math|operatorname)[a-z]{0,4}(?![A-Za-z])|\\(?:int|sum|prod|lim|quad|qquad|cdot|times|begin|end)(?![A-Za-z])"
)
# Signs that are an answer by themselves, beside letters and digits.
_SIGNS = re.compile(r"\\[A-Za-z]{2,}|\\\{\s*\\\}|[∞∅<>=≤≥+\-×÷*/]")


def unreadable(gold: str) -> bool:
    """Whether nothing in a reference is an answer: no letter, digit or sign once the commands that arrange are gone."""
    rest = _ARRANGING.sub(" ", gold)
    if any(character.isalnum() for character in rest):
        return False
    return not (_SIGNS.search(rest) and rest.count("{") == rest.count("}"))
