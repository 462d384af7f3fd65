"""Ratios, times of day, dates and numbers in other bases: each against itself, its rewritings and its mutations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.verifiers.kinds.bases import read_based
from reward_service.verifiers.kinds.dates import read_date, read_time
from tests.reward_service.verifiers.kinds.strategies_scalar import wrappers

Equal = Callable[..., bool]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August"]
MONTHS += ["September", "October", "November", "December"]
DIGITS = "0123456789ABCDEF"

terms = st.lists(st.integers(1, 99), min_size=2, max_size=4)


def written(value: int, base: int) -> str:
    digits = ""
    while value:
        value, digit = divmod(value, base)
        digits = DIGITS[digit] + digits
    return digits or "0"


@given(ratio=terms, factor=st.integers(1, 20), separator=st.sampled_from((":", " : ", " to ", "∶", "比", r"\text{:}")))
def test_proportional_ratios_are_equal(equal: Equal, ratio: list[int], factor: int, separator: str) -> None:
    gold = ":".join(map(str, ratio))
    answer = separator.join(str(term * factor) for term in ratio)
    assert equal(gold, answer, question="Find the ratio.")


@given(ratio=terms, index=st.integers(0, 3), change=st.integers(1, 5))
def test_a_changed_term_is_wrong(equal: Equal, ratio: list[int], index: int, change: int) -> None:
    other = list(ratio)
    other[index % len(ratio)] += change
    assert not equal(":".join(map(str, ratio)), ":".join(map(str, other)), question="Find the ratio.")


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        ("2:1", "2", True),
        ("2:1", "1", False),
        ("2:1", "1:2", False),
        ("6.67", "20:3", True),
        ("6.67", "20:7", False),
        ("1:2", r"\frac{1}{2}", True),
        ("7:32", "7/32", True),
        ("1/4", "1 out of 4", True),
        ("1/4", "1 out of 5", False),
        ("1", "1 out of 4", False),
        ("$S_{MBCN}:S=7:32$", r"$\boxed{7:32}$", True),
        ("$V_{1}:V_{2}=11:21$", "$11:21$", True),
        ("$A:B=1$", "1", True),
        (r"1:\sqrt{2}", r"\sqrt{2}:2", True),
        (r"1:\sqrt{2}", r"\sqrt{2}:1", False),
        ("3:45", "1:15", False),  # two times, unless the question asks for a ratio
        ("2:3", "-2:-3", False),
    ],
)
def test_ratios_of_other_projects(equal: Equal, gold: str, answer: str, expected: bool) -> None:
    assert equal(gold, answer) == expected


@given(hour=st.integers(0, 23), minute=st.integers(0, 59), wrap=wrappers)
def test_a_time_equals_its_other_spellings(equal: Equal, hour: int, minute: int, wrap: str) -> None:
    half = "PM" if hour >= 12 else "AM"
    twelve = hour % 12 or 12
    gold = f"{twelve}:{minute:02d} {half}"
    for answer in (
        f"{hour:02d}:{minute:02d}",
        f"{twelve}:{minute:02d}{half.lower()}",
        rf"{twelve}\text{{:}}{minute:02d}\text{{ {half[0].lower()}.m.}}",
        f"{twelve}:{minute:02d}",
        f"{twelve}.{minute:02d} {half}",
    ):
        assert equal(gold, wrap.format(answer)), answer
    other = "AM" if half == "PM" else "PM"
    assert not equal(gold, f"{twelve}:{minute:02d} {other}")
    assert not equal(gold, f"{twelve}:{(minute + 1) % 60:02d} {half}")


@given(year=st.integers(1000, 2999), month=st.integers(1, 12), day=st.integers(1, 28))
def test_a_date_equals_its_other_spellings(equal: Equal, year: int, month: int, day: int) -> None:
    name = MONTHS[month - 1]
    gold = f"{name} {day}, {year}"
    for answer in (
        f"{year}-{month:02d}-{day:02d}",
        f"{day} {name} {year}",
        f"{name[:3]} {day} {year}",
        f"{year}年{month}月{day}日",
        rf"\text{{{name} {day}, {year}}}",
    ):
        assert equal(gold, answer), answer
        assert equal(answer, gold), answer
    assert equal(f"{name} {day}", gold)
    assert not equal(gold, f"{name} {day + 1}, {year}")
    assert not equal(gold, f"{name} {day}, {year + 1}")
    assert not equal(gold, f"{name} {day}")


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        ("12:00", "1:00", False),
        ("12:00", "12:00", True),
        ("3:45", r"3\text{:}45", True),
        (r"9\text{ a.m.}", "9:00 AM", True),
        (r"9\text{ a.m.}", "9 p.m.", False),
        (r"9\text{ a.m.}", "9", True),
        (r"9\text{ a.m.}", "8", False),
        ("5 a.m.", "5 m", False),
        ("noon", "12:00 PM", True),
        ("下午3点30分", "15:30", True),
        ("3 o'clock", "3:00", True),
    ],
)
def test_times_of_other_projects(equal: Equal, gold: str, answer: str, expected: bool) -> None:
    assert equal(gold, answer) == expected


@given(value=st.integers(0, 10**9), base=st.integers(2, 16))
def test_a_number_in_a_base_equals_its_other_spellings(equal: Equal, value: int, base: int) -> None:
    digits = written(value, base)
    if digits.isalpha():
        digits = "0" + digits
    gold = f"{digits}_{{{base}}}"
    for answer in (
        f"{digits}_{base}" if base < 10 else gold,
        rf"${digits}_{{\text{{{base}}}}}$",
        f"{digits} base {base}",
    ):
        assert equal(gold, answer), answer
    assert equal(gold, digits, question=f"Give the answer in base {base}.")
    assert equal(gold, digits) == (base == 10)


@given(value=st.integers(2, 10**6), base=st.integers(2, 16), other=st.integers(2, 16))
def test_the_same_value_or_the_same_digits_in_another_base_is_wrong(
    equal: Equal, value: int, base: int, other: int
) -> None:
    if base != other:
        gold = f"{written(value, base)}_{{{base}}}"
        assert not equal(gold, f"{written(value, other)}_{{{other}}}")
        assert not equal(gold, f"{written(value, base)}_{{{other}}}")
        if base != 10:
            assert not equal(gold, str(value)) and not equal(str(value), gold)


@pytest.mark.parametrize("text", ["x_2", "a_{37}", "AB_{12}", "3_2", "12_1", "a_{11}", "", "_2", "0x", "base 2"])
def test_an_index_is_no_base(text: str) -> None:
    assert read_based(text) is None


@given(text=st.text(alphabet="0123456789:.-/ amp年月日点分_{}xAF比JanMay,", max_size=40))
def test_any_text_is_read_or_refused_without_error(equal: Equal, text: str) -> None:
    read_time(text)
    read_date(text)
    read_based(text)
    equal(text, "3:4")
    equal("3:4", text)
