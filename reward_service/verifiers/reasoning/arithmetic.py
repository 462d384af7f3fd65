"""Calculations written inside a text ("12 * 3 + 4 = 40"): found, worked out exactly and compared.

Only plain numbers with + - * / and brackets are read, by a small parser of our own over exact fractions; anything else
on the line is not a calculation and says nothing. A right-hand side with decimals may be a rounding of the exact value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from reward_service.limits import Budget

_TOKEN = re.compile(r"\d{1,15}(?:\.\d{1,10})?|[-+*/()]")
# A run of digits, operators, brackets and blanks that ends at an equals sign; bounded, so a scan stays linear.
_LEFT = re.compile(r"[-+*/().\d ]{3,120}$")
_RIGHT = re.compile(r"[ $]{0,4}(-?\d{1,15}(?:\.\d{1,10})?)(?![\d.]*[ ]?[*/+^(\d%]|[ ]?-[ ]?\d)")
_VALUE = re.compile(r"(?:\b[A-Za-z]|[)\]}'])[ ]{0,4}$")  # a variable, or the end of a bracket
_OPERATORS = {"×": "*", "·": "*", "÷": "/", "−": "-", "\\times": "*", "\\cdot": "*", "\\div": "/", "$": " ", ",": ""}
_DEPTH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """One calculation in a text: its place (code points, end exclusive), as written, and whether it is right."""

    start: int
    end: int
    text: str
    right: bool


def calculations(text: str, budget: Budget) -> list[Calculation]:
    """Every calculation between plain numbers in `text`, in order."""
    found = []
    for match in re.finditer("=", text):
        budget.spend(20)
        start = max(0, match.start() - 160)
        left, right = text[start : match.start()], text[match.end() : match.end() + 60]
        for old, new in _OPERATORS.items():
            left = left.replace(old, new)
            right = right.replace(old, new)
        run, value = _LEFT.search(left.rstrip()), _RIGHT.match(right)
        if run is None or value is None or _goes_on(left.rstrip()[: run.start()], run.group()):
            continue
        exact = evaluate(run.group())
        if exact is None:
            continue
        shown = f"{run.group().strip()} = {value.group(1)}"
        begin = match.start() - min(len(run.group()), match.start())
        end = match.end() + len(value.group())
        found.append(
            Calculation(start=begin, end=min(end, len(text)), text=shown, right=_agrees(exact, value.group(1)))
        )
    return found


def _goes_on(before: str, run: str) -> bool:
    """Whether a run is only the end of what is no plain calculation: "f" before "(-2)", "x" before " - 3 + 2"."""
    first = run.lstrip()[:1]
    if first not in ("+", "-", "*", "/", "("):
        return False
    joined = run[:1] == first and before[-1:].isalnum()
    return joined or (first != "(" and _VALUE.search(before) is not None)


def evaluate(run: str) -> Fraction | None:
    """The exact value of a run such as "2 * (3 + 4)"; None unless it is one whole calculation with an operator."""
    tokens = _TOKEN.findall(run)
    if sum(map(len, tokens)) != len(run.replace(" ", "")) or not any(token in "+-*/" for token in tokens[1:]):
        return None
    try:
        value, rest = _sum(tokens, 0, 0)
    except (IndexError, ValueError, ZeroDivisionError):
        return None
    return value if rest == len(tokens) else None


def _sum(tokens: list[str], at: int, depth: int) -> tuple[Fraction, int]:
    value, at = _product(tokens, at, depth)
    while at < len(tokens) and tokens[at] in "+-":
        other, after = _product(tokens, at + 1, depth)
        value = value + other if tokens[at] == "+" else value - other
        at = after
    return value, at


def _product(tokens: list[str], at: int, depth: int) -> tuple[Fraction, int]:
    value, at = _factor(tokens, at, depth)
    while at < len(tokens) and tokens[at] in "*/":
        other, after = _factor(tokens, at + 1, depth)
        value = value * other if tokens[at] == "*" else value / other
        at = after
    return value, at


def _factor(tokens: list[str], at: int, depth: int) -> tuple[Fraction, int]:
    if depth > _DEPTH:
        raise ValueError("nested too deep")
    if tokens[at] == "-":
        value, at = _factor(tokens, at + 1, depth + 1)
        return -value, at
    if tokens[at] == "(":
        value, at = _sum(tokens, at + 1, depth + 1)
        if tokens[at] != ")":
            raise ValueError("unbalanced")
        return value, at + 1
    return Fraction(tokens[at]), at + 1


def _agrees(exact: Fraction, written: str) -> bool:
    """Equal, or the written value is a rounding (or cutting off) of the exact one at its own last place."""
    value = Fraction(written)
    if value == exact:
        return True
    places = len(written.partition(".")[2])
    if places == 0 and exact.denominator == 1:
        return False
    return abs(value - exact) < Fraction(1, 10**places)
