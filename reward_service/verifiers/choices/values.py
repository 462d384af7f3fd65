"""The numeric value of a short text, so that "1/2" is the option "0.5" and "145 degrees" the option "145°".

Exact rationals only: roots, π and symbols are compared by their tokens. A unit is kept beside the value and must
agree where both sides have one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from reward_service.verifiers.choices.tokens import tokens_of
from reward_service.verifiers.choices.vocabulary import NUMBER_WORDS, words

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MAX_DIGITS = 60
_UNIT_NAMES = {
    "centimeters": "cm", "centimeter": "cm", "centimetres": "cm", "meters": "m", "meter": "m", "metres": "m",
    "metre": "m", "kilometers": "km", "kilometer": "km", "millimeters": "mm", "millimeter": "mm", "inches": "in",
    "inch": "in", "foot": "ft", "feet": "ft", "grams": "g", "gram": "g", "kilograms": "kg", "kilogram": "kg",
    "seconds": "s", "second": "s", "minutes": "min", "minute": "min", "hours": "h", "hour": "h", "hr": "h",
    "hrs": "h", "dollars": "dollar", "cents": "cent", "volts": "V", "volt": "V", "amperes": "A", "ampere": "A",
    "amps": "A", "amp": "A", "ohms": "Ω", "ohm": "Ω", "watts": "W", "watt": "W", "units": "unit", "unit": "unit",
    "litres": "l", "liters": "l", "litre": "l", "liter": "l", "厘米": "cm", "米": "m", "度": "°", "千米": "km",
}  # fmt: skip
_UNITS = frozenset(_UNIT_NAMES.values()) | words("° % kn kj mol pa kpa mpa hz ma mv kg mg A V W N J K C F")
_SIGNS = frozenset("€£¥$µωΩ")
_GREEK = frozenset("πθαβγλφδσρτ")
_NO_UNITS = words("and sin cos tan log sqrt frac plus minus times or")


def value_of_text(text: str) -> tuple[Fraction, tuple[str, ...]] | None:
    """As `value_of`, for a text: "2 A" is two amperes, "2a" is a formula."""
    return value_of(tokens_of(text, False))


def value_of(tokens: tuple[str, ...]) -> tuple[Fraction, tuple[str, ...]] | None:
    """(value, unit tokens) of a text that is one number with at most a short unit after it, else None."""
    if not tokens or len(tokens) > 14:
        return None
    sign, index = 1, 0
    if tokens[0] in "+-":
        sign, index = (-1 if tokens[0] == "-" else 1), 1
    found = _magnitude(tokens, index)
    if found is None:
        return None
    value, index = found
    unit = tuple(_unit_name(token) for token in tokens[index:])
    if len(unit) > 6 or not _is_unit(unit):
        return None
    return sign * value, unit


def _unit_name(token: str) -> str:
    """A unit in its short form; single letters keep their case, by which "A" is a unit and "a" a variable."""
    return _UNIT_NAMES.get(token.casefold(), token if len(token) == 1 else token.casefold())


def _is_unit(unit: tuple[str, ...]) -> bool:
    """Whether the tokens after a number can be its unit: units and words, joined by "/", "*" or an exponent."""
    for place, token in enumerate(unit):
        before = unit[place - 1] if place else ""
        if token in _UNITS or token in _SIGNS or (len(token) > 2 and token[0].isalpha() and token not in _NO_UNITS):
            continue
        if not token.isascii() and token.isalpha() and token not in _GREEK:
            continue  # units in other scripts
        joins = token in ("/", "^", "*", "-") and place
        exponent = token in ("1", "2", "3") and before in ("^", "-")
        if not joins and not exponent:
            return False
    return True


def _magnitude(tokens: tuple[str, ...], index: int) -> tuple[Fraction, int] | None:
    """A plain number, a / b, or the mixed number w a / b, at `index`."""
    first = _number(tokens, index)
    if first is None:
        return None
    if index + 2 < len(tokens) and tokens[index + 1] == "/":
        bottom = _number(tokens, index + 2)
        if bottom:
            return first / bottom, index + 3
        return first, index + 1
    if index + 3 < len(tokens) and tokens[index + 2] == "/" and first.denominator == 1:
        top, bottom = _number(tokens, index + 1), _number(tokens, index + 3)
        if top is not None and bottom and top < bottom:
            return first + top / bottom, index + 4
    return first, index + 1


def _number(tokens: tuple[str, ...], index: int) -> Fraction | None:
    if index >= len(tokens):
        return None
    token = tokens[index]
    if _NUMBER.fullmatch(token) and len(token) <= _MAX_DIGITS:
        return Fraction(token)
    word = NUMBER_WORDS.get(token.casefold())
    return None if word is None else Fraction(word)


def numbers_in(tokens: tuple[str, ...]) -> Iterator[tuple[int, int, Fraction, tuple[str, ...]]]:
    """(start, end, value, unit) of every number among the tokens, a minus sign and a following unit included."""
    index = 0
    while index < len(tokens):
        found = _magnitude(tokens, index)
        if found is None:
            index += 1
            continue
        value, end = found
        start = index
        if start and tokens[start - 1] == "-" and (start == 1 or tokens[start - 2] in ("=", ":", "is", "≈", "of")):
            value, start = -value, start - 1
        unit: tuple[str, ...] = ()
        if end < len(tokens):
            name = _unit_name(tokens[end])
            if name in _UNITS:
                unit, end = (name,), end + 1
                if tokens[end : end + 1] == ("^",) and tokens[end + 1 : end + 2] in (("2",), ("3",)):
                    unit, end = (name, "^", tokens[end + 1]), end + 2
        yield start, end, value, unit
        index = max(end, index + 1)


def same_value(left: tuple[Fraction, tuple[str, ...]] | None, right: tuple[Fraction, tuple[str, ...]] | None) -> bool:
    """Whether two values are equal; units must agree where both texts carry one."""
    if left is None or right is None or left[0] != right[0]:
        return False
    if not left[1] or not right[1]:
        return True
    return [token.casefold() for token in left[1]] == [token.casefold() for token in right[1]]
