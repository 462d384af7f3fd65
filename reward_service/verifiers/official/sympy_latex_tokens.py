"""Tokens of the grammar in sympy_latex.py, and the reader that hands them out one by one.

Source: sympy 1.13,
sympy/parsing/latex/LaTeX.g4. Space commands, `\\left` and `\\right` are skipped; a `d` before a letter
is one token with it, as in `dx`; a character that is in no token makes the text unreadable where reading reaches it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

from reward_service.errors import InputLimitExceeded
from reward_service.limits import Budget

MAXIMUM_CHARACTERS = 5_000
MAXIMUM_DEPTH = 60
MAXIMUM_DIGITS = 2_000

_TOKEN = re.compile(
    r"(?P<skipped>[ \t\r\n]|\\[,:;!*\-./\"(=]"
    r"|\\(?:thinspace|medspace|thickspace|neg(?:thin|med|thick)space|quad|qquad|left|right)(?![a-zA-Z]))"
    r"|(?P<token>\\[a-zA-Z]+|\\[{}]|d[ \t\r\n]*(?:[a-zA-Z]|\\[a-zA-Z]+)|'+|&?=&?|[^\\]|\\)",
    re.DOTALL,
)
_SIGNS = frozenset("+-*/:^_!()[]{}|,.<>=")
FUNCTIONS = MappingProxyType(
    {f"\\{name}": name for name in ("exp", "sin", "cos", "tan", "csc", "sec", "cot", "sinh", "cosh", "tanh")}
    | {f"\\arc{name}": f"arc{name}" for name in ("sin", "cos", "tan", "csc", "sec", "cot")}
    | {f"\\ar{name}": f"ar{name}" for name in ("sinh", "cosh", "tanh")}
    | {"\\log": "log", "\\ln": "ln", "\\lg": "log"}
)
FRACTIONS = frozenset(("\\frac", "\\dfrac", "\\tfrac"))
BINOMIALS = frozenset(("\\binom", "\\dbinom", "\\tbinom"))
CLOSING = MappingProxyType({"(": ")", "[": "]", "{": "}", "\\{": "\\}"})
TIMES = frozenset(("*", "\\times", "\\cdot"))
OVER = frozenset(("/", ":", "\\div"))
RELATIONS = MappingProxyType(
    {"=": "=", "\\neq": "!=", "<": "<", ">": ">"}
    | dict.fromkeys(("\\leq", "\\le", "\\leqq", "\\leqslant"), "<=")
    | dict.fromkeys(("\\geq", "\\ge", "\\geqq", "\\geqslant"), ">=")
)
BIG = frozenset(("\\sum", "\\prod", "\\int", "\\lim"))
# Commands that are no names: they stand for nothing where a factor begins.
RESERVED = frozenset(
    (
        *(*FUNCTIONS, *FRACTIONS, *BINOMIALS, *TIMES, *OVER, *RELATIONS, *BIG),
        *("\\to", "\\rightarrow", "\\Rightarrow", "\\longrightarrow", "\\Longrightarrow"),
        *("\\sqrt", "\\overline", "\\lfloor", "\\rfloor", "\\lceil", "\\rceil", "\\mathit", "\\langle", "\\rangle"),
    )
)


class Unreadable(ValueError):
    """The text is none that this grammar reads."""


class Stop(Unreadable):
    """Reading cannot go on here; what was read before may count."""


@dataclass(slots=True)
class Reader:
    """Tokens from a place on; `depth` counts the brackets it is in."""

    tokens: list[str]
    budget: Budget
    place: int = 0
    depth: int = 0

    def peek(self) -> str:
        """The token here, empty at the end. Raises Unreadable for a character that is none of the grammar's."""
        if self.place >= len(self.tokens):
            return ""
        token = self.tokens[self.place]
        if len(token) == 1 and not (token in _SIGNS or token == "'" or (token.isascii() and token.isalnum())):
            raise Unreadable(token)
        return token

    def take(self, *wanted: str) -> str:
        """The token here, one of `wanted` where any are named, and on to the next. Raises Stop."""
        token = self.peek()
        if not token or (wanted and token not in wanted):
            raise Stop(token)
        self.budget.spend(2)
        self.place += 1
        return token

    def deeper(self) -> None:
        """Into a bracket. Raises InputLimitExceeded."""
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise InputLimitExceeded(f"nested deeper than {MAXIMUM_DEPTH}")


def reader_of(text: str, budget: Budget) -> Reader:
    """A reader at the start of `text`. Raises InputLimitExceeded for a text that is too long."""
    if len(text) > MAXIMUM_CHARACTERS:
        raise InputLimitExceeded(f"more than {MAXIMUM_CHARACTERS} characters")
    budget.spend(5 + len(text) // 2)
    tokens = ["".join(found["token"].split()) for found in _TOKEN.finditer(text) if found["token"]]
    return Reader(tokens=tokens, budget=budget)
