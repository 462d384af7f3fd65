"""Which of Video-MMLU's answers a rule can compare: numbers and formulas. Of a sentence only a judge can tell."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"\\[A-Za-z]+")
_FUNCTION = re.compile(r"\b(?:sin|cos|tan|cot|sec|csc|log|exp|lim|max|min|sqrt|mod)\b")
_WORD = re.compile(r"[^\W\d_]{3,}")
_SHORT = re.compile(r"\b(?:[Ii][fnst]|[Aa][nst]|[Oo][fnr]|[Nn]o|[Ss]o|[Tt]o|[Bb]y|[Ww]e)\b")  # not "OF = IN" of sides
_SIGN = re.compile(r"\d|[=+*/^<>]|\\[A-Za-z]+")


def unquoted(text: str) -> str:
    """The text as the authors' scripts read it: an apostrophe may have a backslash before it."""
    return text.replace("\\'", "'")


def is_value(answer: str) -> bool:
    """Whether an answer is a number or a formula: it has a digit or a sign, and no word.

    A word is one of three letters or more, or a common one of two; other pairs of letters are sides or products.

    Strict, since a sentence that a rule compares would be wrong in any other words.
    """
    plain = _FUNCTION.sub(" ", _COMMAND.sub(" ", answer))
    return bool(_SIGN.search(answer)) and not (_WORD.search(plain) or _SHORT.search(plain))
