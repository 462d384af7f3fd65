"""Quantities: conversion is exact, another unit of the same dimension is wrong, count nouns do not matter."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.verifiers.kinds.quantity import read_quantity
from reward_service.verifiers.kinds.units import atom, conversion, parse_tail
from reward_service.verifiers.kinds.units_table import SYMBOLS, WORDS
from tests.reward_service.verifiers.kinds.strategies_scalar import small_integers, wrappers

Equal = Callable[..., bool]

# families of one dimension: (spelling, size in the first one)
LENGTHS = (("m", 1), ("cm", Fraction(1, 100)), ("km", 1000), ("mm", Fraction(1, 1000)), ("ft", Fraction(3048, 10**4)))
TIMES = (("s", 1), ("min", 60), ("hours", 3600), ("days", 86400), ("ms", Fraction(1, 1000)))
MASSES = (("kg", 1), ("g", Fraction(1, 1000)), ("mg", Fraction(1, 10**6)), ("lb", Fraction(45359237, 10**8)))
MONEY = (("dollars", 1), ("cents", Fraction(1, 100)))
SPEEDS = (("m/s", 1), ("km/h", Fraction(5, 18)), ("mph", Fraction(44704, 10**5)))
AREAS = (("m^2", 1), ("cm^2", Fraction(1, 10**4)), ("square kilometers", 10**6), ("hectares", 10**4))
families = st.sampled_from((LENGTHS, TIMES, MASSES, MONEY, SPEEDS, AREAS))
all_units = sorted({word for spellings in WORDS.values() for word in spellings if word.isascii() and word.isalpha()})


def plain(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


@given(family=families, value=small_integers.filter(bool), data=st.data())
def test_a_converted_quantity_is_equal(equal: Equal, family: tuple, value: int, data: st.DataObject) -> None:
    gold, gold_size = data.draw(st.sampled_from(family))
    answer, answer_size = data.draw(st.sampled_from(family))
    converted = Fraction(value) * gold_size / answer_size
    for text in (f"{plain(converted)} {answer}", rf"{plain(converted)}\text{{ {answer}}}"):
        assert equal(rf"{value}\text{{ {gold}}}", text)
        assert equal(text, f"{value} {gold}")


@given(family=families, value=small_integers.filter(bool), data=st.data())
def test_the_same_number_in_another_unit_is_wrong(equal: Equal, family: tuple, value: int, data: st.DataObject) -> None:
    (gold, _), (answer, _) = data.draw(st.lists(st.sampled_from(family), min_size=2, max_size=2, unique=True))
    assert not equal(f"{value} {gold}", f"{value} {answer}")


@given(value=small_integers, other=small_integers, unit=st.sampled_from(all_units))
def test_the_number_decides_where_the_unit_is_the_same(equal: Equal, value: int, other: int, unit: str) -> None:
    assert equal(f"{value} {unit}", f"{other} {unit}") == (value == other)


@given(value=small_integers, unit=st.sampled_from(all_units), left=wrappers, right=wrappers)
def test_gold_against_itself_in_any_wrapper(equal: Equal, value: int, unit: str, left: str, right: str) -> None:
    assert equal(left.format(f"{value} {unit}"), right.format(f"{value} {unit}"))


@given(value=small_integers, noun=st.sampled_from(("eggs", "apples per week", "red balls", "ways", "children in all")))
def test_a_count_noun_does_not_matter(equal: Equal, value: int, noun: str) -> None:
    for gold, answer in ((str(value), f"{value} {noun}"), (rf"{value}\text{{ {noun}}}", str(value))):
        assert equal(gold, answer)
    assert not equal(str(value), f"{value + 1} {noun}")


@pytest.mark.parametrize(
    "tail",
    [
        "or 6",
        "and 6",
        "x",
        "i",
        "+ 6",
        "not",
        "or more",
        "to 7",
        "hundred or so",
        "pi",
        "mod 7",
        "squared",
        "below zero",
    ],
)
def test_what_changes_the_value_is_no_noun(equal: Equal, tail: str) -> None:
    assert not equal("5", f"5 {tail}")


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        (r"10\text{ m}", "1000", False),
        (r"10\text{ m}", "10", True),
        ("64", "64 square feet", True),
        ("72 degrees", "72", True),
        (r"864 \mbox{ inches}^2", "864", True),
        (r"864 \mbox{ inches}^2", r"6 \text{ square feet}", True),
        (r"15\mbox{ cm}^2", "15 cm", False),
        (r"17\text{ any text}", "17", True),
        (r"\$10", "10", True),
        ("18", "$18.00", True),
        ("$18", "€18", False),
        ("$0.50", "50 cents", True),
        ("$25", "25 cents", False),
        (r"\$16,\!386.16", "16386.16", True),
        ("220", "220 $", True),
        ("¥100", "100元", True),
        ("1.5 million", "1500000", True),
        ("3万元", "30000", True),
        ("2 dozen", "24 eggs", True),
        ("9.8 m/s^2", "9.8 meters per second squared", True),
        ("9.8 m/s^2", "9.8 m s^{-2}", True),
        ("12 m/s", "12 m/s^2", False),
        ("50 N", "50 kg m/s^2", True),
        ("1 L", "1000 cm^3", True),
        ("66公斤", "66千克", True),
        ("300分钟", "5小时", True),
        ("13", "13只鸟", True),
        ("60^\textcirc 42'", r"60^\circ 42'", True),  # the tab that an escape left of "\t"
        ("60^\textcirc 42'", r"60^\circ", False),
        (r"60^\circ 30'", "60.5°", True),
        ("90 min", "1 hour 30 minutes", True),
        ("90 min", "1 hour 31 minutes", False),
        ("5'3\"", "63 inches", True),
        ("25°C", "77 °F", True),
        ("25°C", "25 °F", False),
        ("25°C", "298.15 K", True),
        ("3rd", "3", True),
        ("third", "3rd", True),
        (r"90^\circ", r"\pi/2", True),
        (r"90^\circ", r"90\pi", False),
        (r"\frac{\pi}{6}", r"30^\circ", True),
        (r"\frac{\pi}{6}", "30", False),
        (r"30^\circ", "30 radians", False),
        (r"30^\circ", "30", True),
        (r"\frac{3}{4}\pi{inches}", r"\frac{3}{4}\pi", True),
        (r"8\sqrt{3}{squareinches}", r"8\sqrt{3}", True),
        (r"5\sqrt{2}\text{ cm}", r"50\sqrt{2}\text{ mm}", True),
        (r"5\sqrt{2}\text{ cm}", r"5\sqrt{2}\text{ mm}", False),
        ("5m", "5 m", True),
        ("6.46", r"\dfrac{84}{13}\text{ days}", True),
        ("42", r"\text{not } 42", False),
        ("42", r"41 \text{ or } 42", False),
    ],
)
def test_quantities_of_other_projects(equal: Equal, gold: str, answer: str, expected: bool) -> None:
    assert equal(gold, answer) == expected


def test_a_variable_is_not_taken_for_a_unit() -> None:
    for text in ("4t", "5x", "3 i", r"4\theta", r"\cos 58^\circ", "2^{k}", "6r^2-4r-24"):
        quantity = read_quantity(text)
        assert quantity is None or not quantity.tail.certain, text


@given(value=st.integers(1, 999), other=st.integers(1, 999), noun=st.sampled_from(("", "balls ", "m ", "dollars ")))
def test_a_second_number_is_never_a_noun(equal: Equal, value: int, other: int, noun: str) -> None:
    for joint in ("or", "and", ",", "then", "of", "in", "not", "is not", "=", "~", "-", "to"):
        assert not equal(str(value), f"{value} {noun}{joint} {value + other} {noun}"), joint


@pytest.mark.parametrize(
    "clause", ["with values larger than 4", "that have at least 60 buttons", "sold less than 5 units"]
)
def test_a_clause_about_what_is_counted_does_not_matter(equal: Equal, clause: str) -> None:
    assert equal("2", f"two bars {clause}")
    assert equal("2", f"2 bars {clause}")
    assert not equal("4", f"2 bars {clause}")
    assert not equal("2", f"2 bars {clause} or 3 bars")


def test_units_policies(equal: Equal) -> None:
    assert not equal("10 m", "10", policy={"units": "required"})
    assert equal("10 m", "1000 cm", policy={"units": "required"})
    assert equal("10 m", "10 cm", policy={"units": "ignore"})
    assert equal("10", "10 m", policy={"units": "required"})


def test_the_unit_of_the_reference_and_of_the_question_count(equal: Equal) -> None:
    assert equal("10", "1000 cm", unit="m")
    assert not equal("10", "10 cm", unit="m")
    assert equal("30", "0.5 hours", question="How many minutes does the trip take?")
    assert not equal("30", "0.5 hours", question="How long is the trip?")


def test_every_entry_of_the_table_reads_back_and_converts_to_itself() -> None:
    for spelling in [*(word for spellings in WORDS.values() for word in spellings), *SYMBOLS]:
        tail = parse_tail(spelling)
        assert tail is not None and tail.unit is not None, spelling
        assert conversion(tail.unit, tail.unit) == (1, 0)


@given(text=st.text(max_size=80))
def test_any_text_is_read_or_refused_without_error(text: str) -> None:
    read_quantity(text)
    parse_tail(text)


@given(word=st.text(alphabet="abcdefghijklmnopqrstuvwxyzµΩ°", min_size=1, max_size=20))
def test_a_plural_or_prefix_never_loops(word: str) -> None:
    atom(word)
