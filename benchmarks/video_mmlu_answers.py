"""Which of Video-MMLU's answers a rule can compare: numbers and formulas. Of a sentence only a judge can tell."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"\\[A-Za-z]+")
_FUNCTION = re.compile(r"\b(?:sin|cos|tan|cot|sec|csc|log|exp|lim|max|min|sqrt|mod)\b")
_WORD = re.compile(r"[^\W\d_]{3,}")
_SIGN = re.compile(r"\d|[=+*/^<>]|\\[A-Za-z]+")


def unquoted(text: str) -> str:
    """The text as the authors' scripts read it: an apostrophe may have a backslash before it."""
    return text.replace("\\'", "'")


def is_value(answer: str) -> bool:
    """Whether an answer is a number or a formula: it has a digit or a sign, and no word of three letters or more.

    Strict, since a sentence that a rule compares would be wrong in any other words.
    """
    plain = _FUNCTION.sub(" ", _COMMAND.sub(" ", answer))
    return bool(_SIGN.search(answer)) and _WORD.search(plain) is None
