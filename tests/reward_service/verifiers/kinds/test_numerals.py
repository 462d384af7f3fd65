"""Number words: what they say, against an independent writer of English and Chinese numerals."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.verifiers.kinds.numerals import read_chinese, read_english, read_words

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ONES += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def english(value: int) -> str:
    """An English cardinal below a trillion."""
    for scale, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand")):
        if value >= scale:
            head, rest = divmod(value, scale)
            return f"{english(head)} {name}" + (f" {english(rest)}" if rest else "")
    if value >= 100:
        head, rest = divmod(value, 100)
        return f"{ONES[head]} hundred" + (f" and {english(rest)}" if rest else "")
    if value >= 20:
        return TENS[value // 10] + (f"-{ONES[value % 10]}" if value % 10 else "")
    return ONES[value]


def chinese(value: int) -> str:
    """A Chinese cardinal below ten thousand, and with 万 below a hundred million."""
    if value >= 10000:
        head, rest = divmod(value, 10000)
        tail = ("零" if rest < 1000 else "") + chinese(rest) if rest else ""
        return chinese(head) + "万" + tail
    digits = "零一二三四五六七八九"
    text, pending = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, scale)
        if digit:
            text += ("零" if pending and text else "") + digits[digit] + name
            pending = False
        else:
            pending = True
    return text or "零"


@given(value=st.integers(0, 10**12 - 1))
def test_english_cardinals_read_back(value: int) -> None:
    assert read_english(english(value)) == value
    assert read_english(english(value).replace("-", " ").title()) == value


@given(value=st.integers(0, 10**8 - 1))
def test_chinese_cardinals_read_back(value: int) -> None:
    assert read_chinese(chinese(value)) == value


@given(above=st.integers(1, 9999), below=st.integers(2, 9999))
def test_chinese_fractions_read_back(above: int, below: int) -> None:
    assert read_chinese(f"{chinese(below)}分之{chinese(above)}") == Fraction(above, below)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("half", Fraction(1, 2)),
        ("a half", Fraction(1, 2)),
        ("one third", Fraction(1, 3)),
        ("two-thirds", Fraction(2, 3)),
        ("three quarters", Fraction(3, 4)),
        ("one and a half", Fraction(3, 2)),
        ("two and three quarters", Fraction(11, 4)),
        ("third", 3),
        ("twenty-first", 21),
        ("a hundred", 100),
        ("a dozen", 12),
        ("minus five", -5),
        ("十二", 12),
        ("三点一四", Fraction(314, 100)),
        ("百分之五十", Fraction(1, 2)),
        ("一又二分之一", Fraction(3, 2)),
        ("负三", -3),
        ("二零二四", 2024),
    ],
)
def test_other_forms(text: str, value: Fraction | int) -> None:
    assert read_words(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "a", "and", "two three", "hundred", "million", "one or two", "second", "ten ones", "分之", "点", "一点"],
)
def test_what_is_no_number_in_words(text: str) -> None:
    assert read_words(text) is None


@given(text=st.text(alphabet="零一二三十百千万亿点分之又负第 abdehinortuvwxy-", max_size=30))
def test_any_text_is_read_or_refused_without_error(text: str) -> None:
    read_words(text)
