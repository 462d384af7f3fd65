"""Numbers written in words: English ("twenty-five", "two thirds", "1.5 million") and Chinese (三百零五, 二分之一).

`read_words` understands a whole text that is nothing but a number in words. A word that is also an article or a noun
("a", "second") is a number only beside others ("a hundred", "a dozen").
"""

from __future__ import annotations

import re
from fractions import Fraction

_ONES = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
SCALES = {
    "thousand": 1000,
    "million": 1000000,
    "billion": 1000000000,
    "trillion": 1000000000000,
}
_ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "eleventh": 11,
    "twelfth": 12,
    "thirteenth": 13,
    "fourteenth": 14,
    "fifteenth": 15,
    "sixteenth": 16,
    "seventeenth": 17,
    "eighteenth": 18,
    "nineteenth": 19,
    "twentieth": 20,
    "thirtieth": 30,
    "fortieth": 40,
    "fiftieth": 50,
    "sixtieth": 60,
    "seventieth": 70,
    "eightieth": 80,
    "ninetieth": 90,
    "hundredth": 100,
    "thousandth": 1000,
}
_PARTS = {"half": 2, "halves": 2, "quarter": 4, "quarters": 4}
_WORDS = re.compile(r"[a-z]{1,12}(?:(?:-| |, )[a-z]{1,12}){0,24}")

_CHINESE_DIGITS = {
    **{"零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9},
    **{"〇": 0, "两": 2, "兩": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9},
}
_CHINESE_SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_CHINESE_GROUPS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_CHINESE = re.compile(
    r"(负|负的)?(第)?([零〇一二两兩三四五六七八九十百千万萬亿億壹贰叁肆伍陆柒捌玖拾佰仟点點分之又]{1,40})"
)
CHINESE_NUMERAL_CHARACTERS = frozenset([*_CHINESE_DIGITS, *_CHINESE_SCALES, *_CHINESE_GROUPS, *"点點分之又"])


def read_words(text: str) -> Fraction | None:
    """The value of a text that is a number in English or Chinese words, else None."""
    if text.isascii():
        return read_english(text)
    return read_chinese(text)


def read_english(text: str) -> Fraction | None:
    """A cardinal, an ordinal ("third"), or a fraction in words ("three quarters", "one and a half")."""
    lowered = text.lower().strip()
    negative = False
    for sign in ("minus ", "negative "):
        if lowered.startswith(sign):
            negative, lowered = True, lowered[len(sign) :]
    if len(lowered) > 240 or _WORDS.fullmatch(lowered) is None:
        return None
    words = lowered.replace("-", " ").replace(",", " ").split()
    value = _english(words)
    return None if value is None else -value if negative else value


def _english(words: list[str]) -> Fraction | None:
    last = words[-1]
    if last in _PARTS or (last.endswith("s") and last[:-1] in _ORDINALS):
        return _english_fraction(words)
    if len(words) > 1 and last in _ORDINALS and words[-2] in _ONES and words[-2] != "zero":
        return _english_fraction(words)  # "one third", "two hundredth" as parts
    if last in _ORDINALS:
        if len(words) == 1:
            return Fraction(_ORDINALS[last]) if last != "second" else None
        lead = _cardinal([*words[:-1]])
        if lead is None or _ORDINALS[last] >= 100:
            return None
        return Fraction(lead + _ORDINALS[last])
    if "point" in words:
        return _english_decimal(words)
    value = _cardinal(words)
    return None if value is None else Fraction(value)


def _english_decimal(words: list[str]) -> Fraction | None:
    """`two point five`: a cardinal, then digits one by one."""
    split = words.index("point")
    whole = _cardinal(words[:split])
    digits = [_ONES.get(word, 10) for word in words[split + 1 :]]
    if whole is None or not digits or max(digits) > 9:
        return None
    return whole + Fraction(int("".join(map(str, digits))), 10 ** len(digits))


def _english_fraction(words: list[str]) -> Fraction | None:
    """`[cardinal and] count part`, as "two and three quarters", "one half"."""
    last = words[-1]
    part = _PARTS.get(last) or _ORDINALS.get(last) or _ORDINALS.get(last.removesuffix("s"))
    if part is None or part == 1:
        return None
    lead = words[:-1]
    whole = 0
    if "and" in lead:
        split = len(lead) - 1 - lead[::-1].index("and")
        before = _cardinal(lead[:split])
        if before is None:
            return None
        whole, lead = before, lead[split + 1 :]
    count = 1 if lead in ([], ["a"], ["an"]) else _cardinal(lead)
    if count is None or (not lead and not whole and last != "half"):
        return None
    return whole + Fraction(count, part)


def _cardinal(words: list[str]) -> int | None:
    """Value of a cardinal in words; None where the words do not follow the grammar, as "two three"."""
    total = group = 0
    previous = 10**15  # the smallest scale seen so far, so that scales must fall
    room = 10**15  # how much the current group may still take, so that "two three" is refused
    seen = False
    for index, word in enumerate(words):
        if word == "and" and seen and index + 1 < len(words):
            continue
        if word in ("a", "an") and index == 0 and len(words) > 1 and words[1] in (*SCALES, "hundred", "dozen"):
            group, seen, room = 1, True, 1
            continue
        if word in _ONES and room > (9 if _ONES[word] < 10 else 99):
            group, seen, room = group + _ONES[word], True, 1
        elif word in _TENS and room > 99:
            group, seen, room = group + _TENS[word], True, 10
        elif word == "hundred" and 0 < group < 100:
            group, room = group * 100, 100
        elif word == "dozen" and group > 0 and index == len(words) - 1:
            group *= 12
        elif word in SCALES and group > 0 and SCALES[word] < previous:
            previous = SCALES[word]
            total, group, room = total + group * previous, 0, 10**15
        else:
            return None
    return total + group if seen else None


def read_chinese(text: str) -> Fraction | None:
    """A Chinese numeral: cardinal, decimal (三点一四), fraction (四分之三, 百分之五十), mixed (一又二分之一)."""
    match = _CHINESE.fullmatch(text.strip())
    if match is None:
        return None
    value = _chinese(match.group(3))
    if value is None:
        return None
    return -value if match.group(1) else value


def _chinese(body: str) -> Fraction | None:
    if "又" in body:
        whole_text, _, part_text = body.partition("又")
        whole, part = _chinese_cardinal(whole_text), _chinese(part_text)
        return None if whole is None or part is None or "分之" not in part_text else whole + part
    if "分之" in body:
        below_text, _, above_text = body.partition("分之")
        below, above = _chinese_cardinal(below_text), _chinese(above_text)
        if below_text == "百":
            below = 100
        if below_text == "千":
            below = 1000
        return None if not below or above is None or "分之" in above_text else above / below
    body = body.replace("點", "点")
    if "点" in body:
        whole_text, _, decimals = body.partition("点")
        whole = _chinese_cardinal(whole_text)
        if whole is None or not decimals or any(digit not in _CHINESE_DIGITS for digit in decimals):
            return None
        digits = "".join(str(_CHINESE_DIGITS[digit]) for digit in decimals)
        return whole + Fraction(int(digits), 10 ** len(digits))
    value = _chinese_cardinal(body)
    return None if value is None else Fraction(value)


def _chinese_cardinal(text: str) -> int | None:
    if not text:
        return None
    if len(text) > 1 and all(character in _CHINESE_DIGITS for character in text):
        return int("".join(str(_CHINESE_DIGITS[character]) for character in text))
    total = group = 0
    digit: int | None = None
    for character in text:
        if character in _CHINESE_DIGITS:
            if digit:
                return None
            digit = _CHINESE_DIGITS[character]
        elif character in _CHINESE_SCALES:
            scale = _CHINESE_SCALES[character]
            group += (1 if digit is None and scale == 10 and not group else digit or 0) * scale
            digit = None
        elif character in _CHINESE_GROUPS:
            total = (total + group + (digit or 0)) * _CHINESE_GROUPS[character]
            group, digit = 0, None
        else:
            return None
    value = total + group + (digit or 0)
    return value if value or set(text) <= {"零", "〇"} else None
