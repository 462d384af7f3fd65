"""The number that word2number 1.1 reads out of a text in words, for EMMA's rule; every other word is passed over.

Source: the package's `word_to_num` and `number_formation`, with its sums: `two million three thousand` counts the
thousand twice, and of five or more words in a group only the first one counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

MAXIMUM_DIGITS = 400

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ("billion", "million", "thousand")
_VALUES: Mapping[str, int] = MappingProxyType(
    {word: value for value, word in enumerate(_UNITS)}
    | {word: 10 * value for value, word in enumerate(_TENS, start=2)}
    | {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
)


def value_in_words(text: str) -> int | float | None:
    """The number, or None where the package raises an error."""
    text = text.replace("-", " ").lower()
    if text.isdigit():
        return int(text) if text.isdecimal() and len(text) <= MAXIMUM_DIGITS else None
    words = [word for word in text.split() if word in _VALUES or word == "point"]
    if not words or any(words.count(word) > 1 for word in (*_SCALES, "point")):
        return None
    whole, decimals = words, list[str]()
    if "point" in words:
        whole, decimals = words[: words.index("point")], words[words.index("point") + 1 :]
    total = _whole(whole)
    return None if total is None else total + _decimal(decimals)


def _whole(words: Sequence[str]) -> int | None:
    if len(words) <= 1:
        return _VALUES[words[0]] if words else 0
    places = [words.index(scale) for scale in _SCALES if scale in words]
    if places != sorted(places):
        return None
    total, start = 0, 0
    for place in places:
        if place == start:
            return None  # a scale without a number before it: the package stops with an IndexError
        total += _group(words[start:place]) * _VALUES[words[place]]
        start = place + 1
    tails = [place + 1 for place in reversed(places) if place + 1 < len(words)] or ([] if places else [0])
    return total + (_group(words[tails[0] :]) if tails else 0)


def _group(words: Sequence[str]) -> int:
    """`number_formation`: the number below a thousand that up to four words stand for."""
    numbers = [_VALUES[word] for word in words]
    if len(numbers) in (3, 4):
        return numbers[0] * numbers[1] + sum(numbers[2:])
    if len(numbers) == 2:
        return numbers[0] * numbers[1] if 100 in numbers else sum(numbers)
    return numbers[0]


def _decimal(words: Sequence[str]) -> int | float:
    digits = [_VALUES[word] for word in words]
    if not digits or any(digit > 9 for digit in digits):
        return 0
    return float("0." + "".join(map(str, digits[:MAXIMUM_DIGITS])))
