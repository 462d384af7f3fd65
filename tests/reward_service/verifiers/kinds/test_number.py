"""Plain numbers: every spelling of a value is equal to every other, and another value never is."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.types import Reference
from reward_service.verifiers.kinds import number
from reward_service.verifiers.kinds.number import read_number
from reward_service.verifiers.kinds.surface import surface
from reward_service.verifiers.outcome import Context
from tests.reward_service.verifiers.kinds.strategies_scalar import (
    decimals,
    fractions,
    integers,
    mutated_last_digit,
    small_integers,
    spellings_of_fraction,
    spellings_of_integer,
    wrappers,
)

Equal = Callable[..., bool]


@given(value=integers, data=st.data())
def test_every_spelling_of_an_integer_is_equal(equal: Equal, value: int, data: st.DataObject) -> None:
    spellings = spellings_of_integer(value)
    assert equal(data.draw(st.sampled_from(spellings)), data.draw(st.sampled_from(spellings)))


@given(value=fractions(), data=st.data())
def test_every_spelling_of_a_fraction_is_equal(equal: Equal, value: Fraction, data: st.DataObject) -> None:
    spellings = spellings_of_fraction(value)
    assert equal(data.draw(st.sampled_from(spellings)), data.draw(st.sampled_from(spellings)))


@given(text=st.one_of(decimals(), integers.map(str), fractions().map(str)), left=wrappers, right=wrappers)
def test_wrappers_change_nothing(equal: Equal, text: str, left: str, right: str) -> None:
    assert equal(left.format(text), right.format(text))


@given(gold=integers, answer=integers, data=st.data())
def test_another_integer_is_never_equal(equal: Equal, gold: int, answer: int, data: st.DataObject) -> None:
    left = data.draw(st.sampled_from(spellings_of_integer(gold)))
    right = data.draw(st.sampled_from(spellings_of_integer(answer)))
    assert equal(left, right) == (gold == answer)


@given(gold=fractions(), answer=fractions())
def test_fractions_are_equal_exactly_when_their_values_are(equal: Equal, gold: Fraction, answer: Fraction) -> None:
    assert equal(str(gold), str(answer)) == (gold == answer)


@given(text=decimals())
def test_a_changed_last_digit_is_never_equal(equal: Equal, text: str) -> None:
    assert not equal(text, mutated_last_digit(text))


@given(text=st.one_of(decimals(), integers.map(str)).filter(lambda text: any(digit in "123456789" for digit in text)))
def test_a_changed_sign_is_never_equal(equal: Equal, text: str) -> None:
    assert not equal(text, text.removeprefix("-") if text.startswith("-") else "-" + text)


@given(mantissa=st.integers(1, 99999), places=st.integers(1, 4), exponent=st.integers(-12, 12))
def test_scientific_notation_is_its_value(equal: Equal, mantissa: int, places: int, exponent: int) -> None:
    digits = f"{mantissa / 10**places:.{places}f}"
    value = Fraction(mantissa, 10**places) * Fraction(10) ** exponent
    for text in (
        f"{digits}e{exponent}",
        f"{digits}E{exponent:+d}",
        rf"{digits} \times 10^{{{exponent}}}",
        rf"{digits}\cdot10^{{{exponent}}}",
        f"{digits} × 10^({exponent})",
        f"{digits}x10^{exponent}",
    ):
        read = read_number(text)
        assert read is not None and read.value == value
    assert not equal(f"{digits}e{exponent}", f"{digits}e{exponent + 1}")


@given(value=small_integers.filter(lambda value: abs(value) > 1))
def test_a_percentage_is_its_value_with_and_without_the_sign(equal: Equal, value: int) -> None:
    for gold, answer in ((f"{value}%", str(value)), (str(value), rf"{value}\%"), (f"{value}%", f"{value} percent")):
        assert equal(gold, answer)
    assert equal(f"{value}%", str(Fraction(value, 100)))
    assert equal(str(Fraction(value, 100)), f"{value}%")
    assert not equal(str(value), str(Fraction(value, 100)))


@pytest.mark.parametrize(
    ("gold", "answer", "question", "expected"),
    [
        ("0.5", "0.5%", "", False),
        ("0.5", "0.5%", "What percent of the balls are red?", True),
        ("1", "1%", "", False),
        ("1", "100%", "", True),
        ("0.05", "5", "", False),
        ("5%", "0.5", "", False),
        ("50%", "1/2", "", True),
    ],
)
def test_percent_rules(equal: Equal, gold: str, answer: str, question: str, expected: bool) -> None:
    assert equal(gold, answer, question=question) == expected


# source of each class: Math-Verify and NeMo-Skills unit tests, MATH and GSM8K references
@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        ("1000.99", "1000,99", True),
        ("2.74", "2,74", True),
        ("0,111", "0.111", True),
        ("1,22", "1.22", True),
        ("1.234,5", "1234.5", True),
        ("1 000 000,5", "1000000.5", True),
        ("1234567", "1.234.567", True),
        ("1234", "1.234", False),
        ("12", "1,2", False),
        ("10,5", "10.5", False),  # a reference "10,5" is a list of two
        ("32349", "32, 349", False),
        ("32349", r"32,\! 349", True),
        ("12345678", "1,23,45,678", True),
        (r"\frac13", "1/3", True),
        (r"\frac 59", "5/9", True),
        (r"\frac{360}7", "360/7", True),
        ("1½", "1.5", True),
        ("-½", "-0.5", True),
        ("2/(-3)", "-2/3", True),
        ("11/2", "1 1/2", False),
        ("10^5", "100000", True),
        ("10^{-3}", "0.001", True),
        (r"0.\overline{27}", "3/11", True),
        ("0.333...", "1/3", True),
        ("0.1(6)", "1/6", True),
        ("0.1666", "1/6", False),
        ("42", "forty-two", True),
        ("42", "四十二", True),
        ("50%", "百分之五十", True),
        ("50%", "百分之50", True),
        ("3.5", "3 and a half", True),
        ("185", "185\\", True),
        (".185", "0.185", True),
        ("5", "5.", True),
        ("5", "5!", False),
        ("five", "5!", False),
        ("five", "x=5", True),
        ("5", "5,0", False),
        ("5", "5,00", True),
        ("1", "I", False),
        ("1", "l", False),
        ("0", "O", False),
        ("1", "1/0", False),
        ("1", "NaN", False),
        ("1", "inf", False),
        ("0", "None", False),
    ],
)
def test_spellings_of_other_projects(equal: Equal, gold: str, answer: str, expected: bool) -> None:
    assert equal(gold, answer) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "-", ".", "%", "x", "1,2,3", "1 2", "--1", "1..2", "1/2/3", "10^", "e5", "½½", "$"]
)
def test_what_is_no_number_is_not_read(text: str) -> None:
    assert read_number(text) is None


@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused_without_error(text: str) -> None:
    surface(text)
    read_number(text)


@given(text=st.text(alphabet="0123456789.,/-+ ^{}()%\\$eE×fracbox'!", max_size=60))
def test_number_like_text_equals_itself_or_is_refused(text: str) -> None:
    outcome = number.compare(text, text, Context(reference=Reference(answer=text)))
    assert outcome is None or outcome.equal


def test_simplification_required_refuses_what_is_not_reduced(equal: Equal) -> None:
    policy = {"simplification": "required"}
    assert equal("1/2", "1/2", policy=policy)
    assert not equal("1/2", "2/4", policy=policy)
    assert not equal("3", "6/2", policy=policy)
    assert equal("1/2", "2/4")
