"""Whole numbers in a stated base: "101_2", "1101_{2}", "152A_{11}", "0x1F", "101 base 2", "101 in binary".

The base is part of the answer: 10 is not 10_2, and the right value written in another base is not what was asked for.
Bare digits count beside a stated base only where the question names that base.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.verifiers.kinds.surface import SCALAR_CHARACTERS, surface
from reward_service.verifiers.outcome import Context, Outcome

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_MARK = re.compile(r"_|0[xXbBoO]|base|[bB]inary|octal|[hH]ex|[₀-₉]|进制")
_SUBSCRIPT = re.compile(
    r"(?P<sign>-?) ?\(?(?P<digits>[0-9A-Za-z][0-9A-Za-z ,.]{0,200}?)\)? ?_ ?"
    r"\{? ?\(? ?(?P<base>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen) ?\)? ?\}?"
)
_PREFIX = re.compile(r"(?P<sign>-?)0(?P<kind>[xXbBoO])(?P<digits>[0-9A-Fa-f]{1,200})")
_WORDS = re.compile(
    r"(?P<sign>-?)(?P<digits>[0-9A-F][0-9A-F ,]{0,200}?),? ?\(?(?:(?:in |written in )?base[- ]?\{?"
    r"(?P<base>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen)\}?"
    r"|(?:in )?(?P<name>binary|octal|hexadecimal|hex|decimal))\)?",
    re.IGNORECASE,
)
_NAMES = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
    "sixteen": 16, "binary": 2, "octal": 8, "hexadecimal": 16, "hex": 16, "decimal": 10, "x": 16, "b": 2, "o": 8,
}  # fmt: skip
_ASKED = re.compile(r"base[- ]?\$?\{?([0-9]{1,2}|[a-z]{3,7})", re.IGNORECASE)
_NUMERAL_SYSTEMS = {2: ("binary", "二进制"), 8: ("octal", "八进制"), 16: ("hexadecimal", "十六进制")}
_BARE = re.compile(r"-?[0-9A-Za-z][0-9A-Za-z ,]{0,200}")


@dataclass(frozen=True, slots=True)
class Based:
    """A whole number with the base it was written in and its digits without leading zeros or grouping."""

    value: int
    base: int
    digits: str


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare where either side states a base; None where neither does."""
    if len(gold) > SCALAR_CHARACTERS or len(answer) > SCALAR_CHARACTERS:
        return None
    if not _MARK.search(gold) and not _MARK.search(answer):
        return None
    wanted, found = read_based(gold), read_based(answer)
    if wanted is None and found is None:
        return None
    if wanted is not None and found is not None:
        if wanted.base != found.base:
            return Outcome(equal=False, rule="base.other", reason=f"base {found.base}, not base {wanted.base}")
        if wanted.value == found.value:
            return Outcome(equal=True, rule="base.equal", reason="the same digits in the same base")
        return Outcome(equal=False, rule="base.different", reason=f"{found.digits} is not {wanted.digits}")
    based, bare = (wanted, answer) if wanted is not None else (found, gold)
    return None if based is None else _compare_bare(based, bare, context)


def read_based(text: str) -> Based | None:
    """A number with its base, or None; digits that the base does not have make it None."""
    plain = surface(text).translate(_SUBSCRIPTS) if text.isascii() else _with_subscripts(surface(text))
    match = _SUBSCRIPT.fullmatch(plain) or _PREFIX.fullmatch(plain) or _WORDS.fullmatch(plain)
    if match is None:
        return None
    groups = match.groupdict()
    name = (groups.get("base") or groups.get("name") or groups.get("kind") or "").lower()
    base = int(name) if name.isdigit() else _NAMES[name]
    digits = _digits(groups["digits"])
    if not 2 <= base <= 36 or digits is None or digits.isalpha():
        return None  # letters alone are a name with an index, as "a_{11}"
    try:
        value = int(digits, base)
    except ValueError:
        return None
    negative = groups["sign"] == "-"
    return Based(-value if negative else value, base, ("-" if negative else "") + (digits.lstrip("0") or "0"))


def _with_subscripts(plain: str) -> str:
    return re.sub(r"[₀-₉]+", lambda run: "_" + run.group().translate(_SUBSCRIPTS), plain)


def _digits(text: str) -> str | None:
    digits = re.sub(r"[ ,]", "", text).upper()
    return digits if digits.isalnum() and digits.isascii() and digits[0].isalnum() else None


def _compare_bare(based: Based, bare: str, context: Context) -> Outcome | None:
    """One side states a base, the other is digits only: base ten, unless the question asks for the stated base."""
    plain = surface(bare)
    if _BARE.fullmatch(plain) is None:
        return None
    digits = _digits(plain.removeprefix("-"))
    if digits is None:
        return None
    same = ("-" if plain.startswith("-") else "") + (digits.lstrip("0") or "0") == based.digits
    if same and (based.base == 10 or _asks_base(based.base, context.reference.question)):
        return Outcome(equal=True, rule="base.digits", reason=f"the same digits, and base {based.base} was asked for")
    return Outcome(equal=False, rule="base.unstated", reason=f"one side states base {based.base}, the other none")


def _asks_base(base: int, question: str) -> bool:
    for match in _ASKED.finditer(question):
        name = match.group(1).lower()
        if (int(name) if name.isdigit() else _NAMES.get(name)) == base:
            return True
    return any(name in question.lower() for name in _NUMERAL_SYSTEMS.get(base, ()))
