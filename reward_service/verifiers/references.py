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


# What stands before an argument that must come: of any such command, and the second one of a fraction's two.
_WANTS_ONE = re.compile(r"(?:\\(?:[dtc]?frac|[dt]?binom|sqrt)|\^)$")
_WANTS_TWO = re.compile(r"\\(?:[dtc]?frac|[dt]?binom)$")
_HAS_ONE = re.compile(r"\\(?:[dtc]?frac|[dt]?binom)\s*[A-Za-z0-9]$")


def unreadable(gold: str) -> bool:
    """Whether a reference is no answer: without a letter, digit or sign once the commands that arrange are gone, or cut
    off where a fraction, a root or a power still wants its argument."""
    return _says_nothing(gold) or _is_cut_off(gold)


def _is_cut_off(gold: str) -> bool:
    """Whether the text ends before an argument that must come, as "\\frac{1}{" does; "\\frac{1}{2" has all of them."""
    text = gold.rstrip(" $").removesuffix("{").rstrip()
    if _WANTS_ONE.search(text) or _HAS_ONE.search(text):
        return True
    if not text.endswith("}"):
        return False
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        depth += (text[position] == "}") - (text[position] == "{")
        if depth == 0:
            return _WANTS_TWO.search(text[:position].rstrip()) is not None
    return False


def _says_nothing(gold: str) -> bool:
    rest = _ARRANGING.sub(" ", gold)
    if any(character.isalnum() for character in rest):
        return False
    return not (_SIGNS.search(rest) and rest.count("{") == rest.count("}"))
