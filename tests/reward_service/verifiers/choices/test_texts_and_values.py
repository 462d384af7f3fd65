"""Options named by their text or value: spelling aside the same, another value or unit never."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.verifiers.choices.tokens import tokens_of
from reward_service.verifiers.choices.values import same_value, value_of

Pick = Callable[..., str | None]

ANGLES = ("135°", "140°", "145°", "150°")
LENGTHS = ("6 cm", "6 m", "60 cm", "60 m")
SENTENCES = (
    "The answer is {}.",
    "The value is {}",
    "Therefore, it is {}.",
    "\\boxed{{{}}}",
    "{}",
    "<answer>{}</answer>",
)


@pytest.mark.parametrize("frame", SENTENCES)
@pytest.mark.parametrize("value", ["145°", "145", "145 degrees", "$145^\\circ$", "145^{\\circ}", "145.0", "145 °"])
def test_an_angle_in_every_spelling(pick: Pick, frame: str, value: str) -> None:
    assert pick(frame.format(value), ANGLES) == "C"


@pytest.mark.parametrize("frame", SENTENCES)
@pytest.mark.parametrize(
    ("value", "expected"),
    [("6 m", "B"), ("6 metres", "B"), ("6cm", "A"), ("6 centimeters", "A"), ("6 km", None), ("6", None)],
)
def test_units_decide_between_equal_numbers(pick: Pick, frame: str, value: str, expected: str | None) -> None:
    assert pick(frame.format(value), LENGTHS) == expected


@pytest.mark.parametrize(
    ("value", "texts", "expected"),
    [
        ("1/2", ("0.25", "0.5", "0.75"), "B"),
        ("0.5", ("1/4", "1/2", "3/4"), "B"),
        ("\\frac{1}{2}", ("0.25", "0.5", "0.75"), "B"),
        ("$\\dfrac12$", ("\\frac{1}{4}", "\\frac{1}{2}"), "B"),
        ("2 1/2", ("1.5", "2.5", "3.5"), "B"),
        ("1,000", ("100", "1000", "10000"), "B"),
        ("three", ("2", "3", "4"), "B"),
        ("-2", ("2", "-2", "0"), "B"),
        ("2√5/5", ("\\frac{4}{5}", "\\frac{\\sqrt{5}}{5}", "\\frac{2\\sqrt{5}}{5}"), "C"),
        ("\\frac{2\\sqrt{5}}{5}", ("√5/5", "2√{5}/5"), "B"),
        ("3/2", ("2: 1", "3: 2", "4: 3"), "B"),
        ("\\sqrt{\\frac{4}{\\pi}}", ("$\\frac{2}{\\sqrt{\\pi}}$", "$\\sqrt{3}$", "$1$"), "A"),
        ("24", ("$2+4+3$", "$2 \\cdot 4 \\cdot 3$", "$2 \\cdot 4 + 3$"), "B"),
        ("x = 0.5", ("1/4", "1/2", "3/4"), "B"),
        ("14", ("4", "14", "24"), "B"),
        ("4", ("14", "4", "24"), "B"),
        ("44", ("4", "14", "24"), None),
        ("5 cm^2", ("5 cm", "5 cm^2"), "B"),
        ("2", ("$\\frac{2}{\\sqrt{\\pi}}$", "$2\\pi$", "$2a$"), None),
        ("3", ("$3ab$", "$3 + \\sqrt{2}$", "3 and 4"), None),
        ("3ab", ("$2 a b$", "$3 a b$"), "B"),
        ("5:30", ("4:30", "5:30", "11:30"), "B"),
        ("42.2%-62.6%", ("43.2%-63.6%", "42.2%-62.6%"), "B"),
        ("K2=0.06,K1=0.277", ("K2=0.6,K1=0.277", "K2=0.06,K1=0.277"), "B"),
    ],
)
@pytest.mark.parametrize("frame", ["\\boxed{{{}}}", "The answer is {}.", "{}"])
def test_values_in_other_forms(
    pick: Pick, frame: str, value: str, texts: tuple[str, ...], expected: str | None
) -> None:
    assert pick(frame.format(value), texts) == expected


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("If the pelicans increase, the fish may decrease.", "A"),
        ("The population of fish would most likely decrease, as more are eaten.", "A"),
        ("The population would not decrease.", None),
        ("When pelicans increase, the fish increase too.", "C"),
        ("The fish stay the same.", "B"),
        ("The fish will increase rather than decrease.", "C"),
    ],
)
def test_the_main_clause_answers(pick: Pick, response: str, expected: str | None) -> None:
    assert pick(response, ("decrease", "stay the same", "increase")) == expected


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("The plants would likely increase.", "B"),
        ("The largest part is the superior lobe.", "C"),
        ("The alumnus who taught at the George Eastman school first is Josef Albers.", "D"),
        ("The setting is reminiscent of Brunelleschi's style.", "E"),
    ],
)
def test_texts_up_to_inflection(pick: Pick, response: str, expected: str) -> None:
    texts = ("plants decrease", "plants increase", "Superior lobes", "Josef Albers", "Brunelleschi", "George Eastman")
    assert pick(response, texts) == expected


def test_a_stop_inside_a_name_ends_no_sentence(pick: Pick) -> None:
    texts = ("Chanel No. 5 perfume", "St. Peter's Basilica", "The Art of Perfumery")
    assert pick('The title of this design is "Chanel No. 5 perfume".', texts) == "A"
    assert pick("The building shown is St. Peter's Basilica. It stands in Rome.", texts) == "B"


def test_a_number_on_the_way_is_no_answer(pick: Pick) -> None:
    assert pick("There are 14 rows of 24 seats. We add 4 and go on.", ("4", "14", "24", "34")) is None
    assert pick("The perimeter is 12 + 12 = 24.", ("3", "6", "9", "12")) is None
    assert pick("Since each side is 3, the perimeter is 4 * 3 = 12.", ("3", "6", "9", "12")) == "D"


@given(numerator=st.integers(-999, 999), denominator=st.integers(1, 99))
def test_every_spelling_of_a_fraction_has_its_value(numerator: int, denominator: int) -> None:
    value = Fraction(numerator, denominator)
    sign = "-" if numerator < 0 else ""
    top = abs(numerator)
    for text in (
        f"{numerator}/{denominator}",
        f"{sign}\\frac{{{top}}}{{{denominator}}}",
        f"${sign}\\dfrac{{{top}}}{{{denominator}}}$",
    ):
        found = value_of(tokens_of(text))
        assert found is not None and found[0] == value


@given(left=st.integers(0, 10**6), right=st.integers(0, 10**6), unit=st.sampled_from(["", " cm", "°", "%", " units"]))
def test_numbers_are_equal_exactly_when_their_values_are(left: int, right: int, unit: str) -> None:
    first, second = value_of(tokens_of(f"{left}{unit}")), value_of(tokens_of(f"{right:,}"))
    assert same_value(first, second) == (left == right)
    assert same_value(second, first) == (left == right)


@given(text=st.text(max_size=200))
def test_tokens_are_stable_under_markup_and_spacing(text: str) -> None:
    plain = tokens_of(text.replace("\\", "").replace("$", "").replace("*", ""))
    assert tokens_of("$" + text.replace("\\", "").replace("$", "").replace("*", "") + "$ ") == plain
