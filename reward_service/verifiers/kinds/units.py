"""What stands behind a number: a unit ("km/h", "square feet", "cm^2"), or words that only name what is counted.

A unit is a product of table entries with whole exponents, so two of them compare by dimension and convert by an exact
factor. Words that are in no table are count nouns and carry no meaning for equality.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from reward_service.verifiers.kinds.numerals import read_english
from reward_service.verifiers.kinds.units_table import (
    CURRENCIES,
    DERIVED,
    OFFSETS,
    PREFIX_SYMBOLS,
    PREFIX_WORDS,
    PREFIXABLE_WORDS,
    SYMBOLS,
    WORDS,
)

Dimension = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by its dimension (base name → exponent, sorted) and exact factor; `scale` names an offset scale (°C)."""

    dimension: Dimension
    factor: Fraction
    scale: str = ""

    @property
    def is_currency(self) -> bool:
        """Whether it is money, alone or per something."""
        return any(name in CURRENCIES for name, _ in self.dimension)


@dataclass(frozen=True, slots=True)
class Tail:
    """The words behind a number: a unit or None, the words left over, whether the unit can be nothing but a unit."""

    unit: Unit | None = None
    noun: str = ""
    certain: bool = False
    words: tuple[str, ...] = field(default=())


DEGREE = Unit((("arc", 1),), Fraction(1))
RADIAN = Unit((("angle", 1),), Fraction(1))

_TOKEN = re.compile(
    r"\\(?:Omega|mu)|°\s?[CFcf](?![a-zA-Z])|°|[a-zA-Zµμ\u03a9\u2126]+(?:-[a-zA-Z]+)*|[一-鿿円]+|[$€£¥₹₩₽¢%]"
    r"|\^|[-+]?\d+|[/·*×().,'\"{}-]|\s+"
)
_NOUN_WORD = re.compile(r"[a-zA-Z][a-zA-Z'’-]*|[一-鿿]{1,12}")
_SQUARE = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_SQUARED = {"squared": 2, "cubed": 3}
# Words that change the value or offer another one; a text with one of them is not "a number and what it counts".
_NOT_NOUNS = frozenset(
    {
        "or", "and", "not", "nor", "but", "plus", "minus", "times", "divided", "multiplied", "over", "mod", "modulo",
        "pi", "sqrt", "sin", "cos", "tan", "log", "ln", "exp", "lim", "infinity", "if", "where", "when", "unless",
        "except", "either", "neither", "between", "than", "least", "most", "more", "less", "fewer", "greater", "other",
        "else", "otherwise", "half", "third", "quarter", "dozen", "hundred", "thousand", "million", "billion",
        "trillion", "percent", "alpha", "beta", "theta", "gamma", "lambda", "approximately", "about", "wrong",
        "squared", "cubed", "factorial", "root", "negative", "below", "under", "without", "instead", "rather", "no",
        "am", "pm", "january", "february", "march", "april", "june", "july", "august", "september", "october",
        "november", "december", "incorrect", "maybe", "possibly", "versus", "vs", "remainder", "base", "radical",
    }
)  # fmt: skip
# Behind a noun these open a clause that says which things were counted ("2 bars with values larger than 4"): numbers in
# it are not the answer. A clause with a word that takes back or offers is no such clause.
_CLAUSE = frozenset(
    {
        "with", "that", "which", "who", "whose", "where", "having", "containing", "preferred", "sold", "behind",
        "larger", "greater", "smaller", "lower", "higher", "less", "fewer", "more", "below", "above",
    }
)  # fmt: skip
_TAKES_BACK = frozenset(
    {"or", "not", "but", "actually", "instead", "wrong", "incorrect", "no", "wait", "either", "rather"}
)
_CLAUSE_TOKENS = 60
_NOUN_WORDS = 12
_UNIT_FACTORS = 8


@lru_cache(maxsize=2048)
def atom(word: str) -> Unit | None:
    """The unit of one word or symbol, or None. Case matters for symbols of one or two letters, not for words."""
    if word in SYMBOLS:
        dimension, factor, _ = SYMBOLS[word]
        return _unit(dimension, Fraction(factor))
    lowered = word.lower()
    for spelling in (lowered, _singular(lowered)):
        for dimension, spellings in WORDS.items():
            if spelling in spellings:
                return _unit(dimension, Fraction(spellings[spelling]))
    for power_word in ("square", "cubic"):
        if lowered.startswith(power_word) and len(lowered) > len(power_word) + 1:
            inner = atom(word[len(power_word) :])
            return None if inner is None or inner.scale else _power(inner, _SQUARE[power_word])
    for symbol, (dimension, factor, prefixable) in SYMBOLS.items():
        if prefixable and word.endswith(symbol) and word[: -len(symbol)] in PREFIX_SYMBOLS:
            return _unit(dimension, Fraction(factor) * PREFIX_SYMBOLS[word[: -len(symbol)]])
    for prefix, multiple in PREFIX_WORDS.items():
        base = _singular(lowered.removeprefix(prefix))
        if lowered.startswith(prefix) and base in PREFIXABLE_WORDS:
            inner = atom(base)
            return None if inner is None else Unit(inner.dimension, inner.factor * multiple)
    return None


def parse_tail(text: str) -> Tail | None:
    """Read what follows a number. None where it is neither a unit nor a harmless noun phrase."""
    text = text.strip().strip(".")
    if not text:
        return Tail()
    tokens = _tokens(text)
    if tokens is None:
        return None
    unit, used, certain = _read_unit(tokens)
    if unit is not None:
        rest = tokens[used:]
        if not rest:
            return Tail(unit=unit, certain=certain, words=tuple(tokens))
        noun = _noun(rest)
        if noun is not None:
            return Tail(unit=unit, noun=noun, certain=certain or bool(noun), words=tuple(tokens))
        return None
    noun = _noun(tokens)
    if noun is None:
        return None
    return Tail(noun=noun, certain=True, words=tuple(tokens))


def conversion(source: Unit, target: Unit) -> tuple[Fraction, Fraction] | None:
    """(factor, offset) so that value in `target` = value in `source` · factor + offset; None for other dimensions.

    Degrees and radians differ by an irrational factor and are not handled here.
    """
    if source.scale or target.scale:
        if source.scale == target.scale:
            return Fraction(1), Fraction(0)
        up = _to_kelvin(source)
        down = _to_kelvin(target)
        if up is None or down is None:
            return None
        return up[0] / down[0], (up[1] - down[1]) / down[0]
    if source.dimension != target.dimension:
        return None
    return source.factor / target.factor, Fraction(0)


def _to_kelvin(unit: Unit) -> tuple[Fraction, Fraction] | None:
    if unit.scale:
        return OFFSETS[unit.scale]
    return (unit.factor, Fraction(0)) if unit.dimension == (("temperature", 1),) else None


def _unit(dimension: str, factor: Fraction, power: int = 1) -> Unit:
    if dimension in OFFSETS:
        return Unit((("temperature", 1),), Fraction(1), scale=dimension)
    exponents = DERIVED.get(dimension, {dimension: 1})
    return Unit(tuple(sorted((name, exponent * power) for name, exponent in exponents.items())), factor**power)


def _power(unit: Unit, exponent: int) -> Unit:
    return Unit(tuple((name, power * exponent) for name, power in unit.dimension), unit.factor**exponent)


def _product(left: Unit, right: Unit) -> Unit:
    exponents = dict(left.dimension)
    for name, power in right.dimension:
        exponents[name] = exponents.get(name, 0) + power
    kept = tuple(sorted((name, power) for name, power in exponents.items() if power))
    return Unit(kept, left.factor * right.factor)


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _tokens(text: str) -> list[str] | None:
    """The tokens of a tail without blanks and braces, or None where a character has no business there."""
    tokens = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        token = match.group()
        if token in ("2", "3") and position and text[position - 1].isalpha():
            tokens.append("^")  # "cm2"; with a blank between it is another number
        position = match.end()
        if not token.isspace() and token not in "{}":
            tokens.append(token.replace(" ", ""))
    return tokens


def _read_unit(tokens: list[str]) -> tuple[Unit | None, int, bool]:
    """(unit, how many tokens it took, whether it is certain) from the start of `tokens`."""
    result: Unit | None = None
    position = 0
    certain = False
    factors = 0
    sign = 1
    while position < len(tokens) and factors < _UNIT_FACTORS:
        start = position
        word = tokens[position]
        if result is not None:
            if word in ("/", "per", "a", "an", "每") and (word == "/" or factors):
                sign = -1
                position += 1
            elif word in ("·", "*", "×", "-", "."):
                position += 1
        read = _read_factor(tokens, position)
        if read is None:
            return result, start, certain
        unit, position, sure = read
        if unit.scale:
            return (unit, position, True) if result is None else (result, start, certain)
        if result is not None and start == position - 1 and sign == 1 and not sure and len(tokens[start]) == 1:
            sure = False
        unit = _power(unit, -1) if sign < 0 else unit
        result = unit if result is None else _product(result, unit)
        certain = certain or sure
        factors += 1
        if sign < 0 and tokens[start] != "/":
            sign = 1
    return result, position, certain or factors > 1


def _read_factor(tokens: list[str], position: int) -> tuple[Unit, int, bool] | None:
    """One table entry with its exponent: "square cm", "cm^2", "cm2", "meters squared", "s^-2"."""
    power = 1
    if position < len(tokens) and tokens[position].lower() in _SQUARE:
        power = _SQUARE[tokens[position].lower()]
        position += 1
        if position < len(tokens) and tokens[position] == ".":
            position += 1
    found = _longest_atom(tokens, position)
    if found is None:
        return None
    unit, position = found
    name = tokens[position - 1]
    if position < len(tokens) and tokens[position].lower() in _SQUARED:
        power *= _SQUARED[tokens[position].lower()]
        position += 1
    exponent = _exponent(tokens, position)
    if exponent is not None:
        power *= exponent[0]
        position = exponent[1]
    if unit.scale:
        return unit, position, True
    sure = len(name) > 1 or not name.isalpha() or not name.isascii() or power != 1
    return _power(unit, power) if power != 1 else unit, position, sure


def _longest_atom(tokens: list[str], position: int) -> tuple[Unit, int] | None:
    for size in (3, 2, 1):
        words = tokens[position : position + size]
        if len(words) < size:
            continue
        joined = words[0] if size == 1 else _singular_words(words)
        unit = atom(joined)
        if unit is not None:
            return unit, position + size
    return None


def _singular_words(words: list[str]) -> str:
    return " ".join(_singular(word.lower()) for word in words)


def _exponent(tokens: list[str], position: int) -> tuple[int, int] | None:
    rest = tokens[position : position + 4]
    if not rest or rest[0] != "^":
        return None
    rest = rest[1:]
    position += 1
    if rest and rest[0] == "(":
        rest = rest[1:]
        position += 1
    if rest and re.fullmatch(r"[-+]?\d", rest[0]) and rest[0] not in ("0", "+0", "-0"):
        position += 1
        if position < len(tokens) and tokens[position] == ")":
            position += 1
        return int(rest[0]), position
    return None


def _is_clause(tokens: list[str]) -> bool:
    return len(tokens) <= _CLAUSE_TOKENS and not any(token.lower() in _TAKES_BACK for token in tokens)


def _noun(tokens: list[str]) -> str | None:
    """The words as a noun phrase, or None where one of them could change the value."""
    words: list[str] = []
    for index, token in enumerate(tokens):
        lowered = token.lower()
        if words and lowered in _CLAUSE and _is_clause(tokens[index:]):
            break
        if token in (".", ",", "-", "(", ")", "$"):
            continue
        if words and (token == "^" or (token in ("2", "3") and tokens[index - 1] == "^")):
            continue  # "units^2": a power of something that is counted
        if token == "/" and words:
            words.append("per")
            continue
        if _NOUN_WORD.fullmatch(token) is None or lowered in _NOT_NOUNS or read_english(lowered) is not None:
            return None
        if len(token) == 1 and token.isascii() and (not words or lowered not in ("a", "s")):
            return None
        words.append(lowered)
    if len(words) > _NOUN_WORDS:
        return None
    return " ".join(words)
