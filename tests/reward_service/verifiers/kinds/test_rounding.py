"""The rounding policy: which near misses are right, and that a changed last digit never is."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.types import Reference
from reward_service.verifiers.kinds.number import read_number
from reward_service.verifiers.kinds.rounding import accepted_between
from reward_service.verifiers.outcome import Context
from tests.reward_service.verifiers.kinds.strategies_scalar import decimals, fractions, mutated_last_digit

Equal = Callable[..., bool]
ROUNDED = "Round your answer to the nearest tenth."


def rounded(value: Fraction, places: int) -> str:
    """`value` to `places` decimals, halves up."""
    scaled = abs(value) * 10**places
    whole = (scaled.numerator * 2 + scaled.denominator) // (2 * scaled.denominator)
    return f"{'-' if value < 0 else ''}{whole // 10**places}.{whole % 10**places:0{places}d}"


@given(value=fractions(), places=st.integers(1, 5))
def test_a_decimal_reference_takes_what_rounds_to_it(equal: Equal, value: Fraction, places: int) -> None:
    assert equal(rounded(value, places), str(value), question=ROUNDED)


@given(value=fractions(), places=st.integers(1, 5))
def test_what_rounds_to_a_neighbour_is_wrong(equal: Equal, value: Fraction, places: int) -> None:
    gold = Fraction(rounded(value, places)) + Fraction(1, 10**places)
    text = rounded(gold, places)
    if abs(gold - value) > Fraction(1, 2 * 10**places):
        assert not equal(text, str(value), question=ROUNDED)


@given(text=decimals(), digit=st.integers(0, 9))
def test_a_changed_last_digit_is_wrong_even_where_rounding_was_asked_for(equal: Equal, text: str, digit: int) -> None:
    assert not equal(text, mutated_last_digit(text), question=ROUNDED)
    assert not equal(text, mutated_last_digit(text) + str(digit) if digit < 5 else mutated_last_digit(text))


@given(text=decimals(), step=st.integers(1, 3))
def test_a_coarser_answer_than_the_reference_is_wrong(equal: Equal, text: str, step: int) -> None:
    whole, _, places = text.partition(".")
    shorter = f"{whole}.{places[:-step]}"
    assert equal(text, shorter, question=ROUNDED) == (Fraction(text) == Fraction(shorter if places[:-step] else whole))


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        ("6.67", "20/3", True),  # HardVerify: three significant digits are evidence of rounding
        ("30.52", r"\dfrac{1587}{52}", True),
        ("0.458", r"\dfrac{27}{59}", True),
        (r"6.67\%", r"\dfrac{1}{15}", True),
        ("33.33%", r"33\frac{1}{3}\%", True),
        ("0.015", r"\frac{3}{201}", False),  # a perturbed fraction beside a short decimal
        ("0.4", r"\frac{3}{7}", False),
        ("0.5", "0.46", False),
        ("2.0", "2.04", False),
        ("117.95%", "118%", False),  # coarser than the reference
        ("5", "5.001", False),
        ("5.001", "5", False),
        ("1", "0.9999999", False),
        ("600/7", "85.71", True),  # HardVerify: people accept four correct digits of an exact reference
        ("600/7", "85.72", False),
        ("600/7", "85.7", False),
        ("8/3", "2.6667", True),
        ("8/3", "2.6666", False),
        ("1/12", "0.0833333333333333", True),
        ("1/3", "0.333333", True),
        ("1/3", "0.333334", False),
        ("2/3", "0.666666", True),
        ("2/3", "0.666667", True),
        ("2/3", "0.666668", False),
        ("1/3", "0.33", False),
    ],
)
def test_the_default_policy(equal: Equal, gold: str, answer: str, expected: bool) -> None:
    assert equal(gold, answer) == expected


def test_precision_and_tolerance_of_the_reference_decide(equal: Equal) -> None:
    assert equal("2.54", "2.5409", precision=2)
    assert equal("0.5", "0.46", precision=1)
    assert not equal("0.5", "0.44", precision=1)
    assert equal("10", "10.4", tolerance=0.5)
    assert not equal("10", "10.6", tolerance=0.5)


def test_policies_widen_and_narrow(equal: Equal) -> None:
    assert not equal("6.67", "20/3", policy={"rounding": "exact"})
    assert equal("600/7", "85.71", policy={"rounding": "loose"})
    assert equal("117.95%", "118%", policy={"rounding": "loose"})
    assert not equal("117.95%", "119%", policy={"rounding": "loose"})
    assert equal("100", "101", policy={"relative_tolerance": 0.01})
    assert not equal("100", "102", policy={"relative_tolerance": 0.01})


def test_an_irrational_reference_takes_a_correct_approximation_only() -> None:
    low, high = Fraction("1.41421356237309504880"), Fraction("1.41421356237309504881")
    context = Context(reference=Reference(answer=r"\sqrt{2}"))

    def rule(text: str) -> str | None:
        answer = read_number(text)
        assert answer is not None
        return accepted_between(None, low, high, answer, context)

    assert rule("1.41421356") == "approximation"
    assert rule("1.414214") == "approximation"
    assert rule("1.414213") == "approximation"  # truncated
    assert rule("1.414215") is None
    assert rule("-1.414214") is None
    assert rule("1.414") == "approximation"
    assert rule("1.41") is None
    assert rule("1.415") is None
    wide = accepted_between(None, Fraction("1.41"), Fraction("1.42"), read_number("1.414214"), context)  # type: ignore[arg-type]
    assert wide is None
