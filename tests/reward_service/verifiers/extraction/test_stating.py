"""Which number a sentence states: results over mentions, whole numbers over their parts, and what a question adds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reward_service.verifiers.extraction.wording import found, said

NUMBERS = st.integers(min_value=100, max_value=99_999).map(str)


@given(result=NUMBERS, first=NUMBERS, second=NUMBERS)
@pytest.mark.parametrize(
    "template",
    [
        "The sum of {a} and {b} is {r}.",
        "{a} + {b} = {r}",
        "{a} + {b} = {r} apples",
        "{a} * {b} = {r} dollars per week",
        "After giving away {a} of {b} apples, she has {r} apples left.",
        "With {a} in the first box and {b} in the second, there are {r} in total.",
        "She pays {r} for {a} books.",
        "It costs {r} per month for {a} months",
        "If x = {a}, then y = {r}.",
        "There are {r} flocks with at least {a} birds but fewer than {b} birds.",
        "The difference between {a} and {b} is {r}.",
        "The total comes to {r} (that is {a} more than {b}).",
        "The gap is {r} years, with the older being {a} and the younger being {b}.",
        "{r} is the difference between {a} and {b}.",
        "Dividing {a} by {b} gives {r}.",
        "At x = {a}, the function has the value {r}.",
    ],
)
def test_the_result_outweighs_the_numbers_it_comes_from(template: str, result: str, first: str, second: str) -> None:
    assert said(template.format(a=first, b=second, r=result)) == result


@pytest.mark.parametrize(
    "number",
    ["1,234.50", "3/4", "2 1/2", "1.5e10", "3 × 10^8", "12:30", "1:4", "2:2.5", "12/25/2024", "25%", "45 percent", "-7",
     "−7", "0.001", ".5", "1 234 567", "12,345,678", "twenty-five", "one hundred", "5 million",
     "$18", "$1,234.50", "€30"],
)  # fmt: skip
@pytest.mark.parametrize(
    "template", ["The total is {v}.", "So they get {v} in the end.", "The answer is {v}.", "= {v}"]
)
def test_a_number_is_taken_whole(template: str, number: str) -> None:
    assert said(template.format(v=number)) == number


@pytest.mark.parametrize("formula", ["2π", "5√3", "x^2 + 1", "3x - 5", "2x + 3y", "f(5)", "n/2 + 1", "(n/2) + 1"])
def test_a_number_inside_a_formula_is_not_the_answer(formula: str) -> None:
    assert said(f"The answer is {formula}.") == formula


@pytest.mark.parametrize("word", ["1st", "2nd", "3rd", "4th", "3D", "A-847", "x2", "v1.5"])
def test_ordinals_names_and_labels_are_no_numbers(word: str) -> None:
    assert said(f"The value in the {word} entry is 57.") == "57"
    assert said(f"It is 57 in the {word} entry") == "57"


def test_list_labels_are_no_numbers() -> None:
    assert said("1. First add.\n2. Then subtract.\n3. Done.") is None


@pytest.mark.parametrize("phrase", ["the two people", "these three boxes", "both two sides", "the smallest one"])
def test_counted_things_already_known_are_no_result(phrase: str) -> None:
    assert said(f"We look at {phrase} in the picture") is None


@pytest.mark.parametrize(("minus", "expected"), [("minus 5", "minus 5"), ("negative 5", "negative 5"), ("-5", "-5")])
def test_a_sign_in_words_is_kept(minus: str, expected: str) -> None:
    assert said(f"The answer is {minus}.") == expected


@pytest.mark.parametrize(
    "left", ["There are no objects left.", "This leaves no boxes remaining", "She has no apples left."]
)
def test_none_left_is_zero(left: str) -> None:
    extraction = found(left)
    assert extraction is not None
    assert (extraction.text, extraction.flags) == ("0", ("none_read_as_zero",))


def test_no_information_is_not_zero() -> None:
    assert said("There is no information in the picture.") is None


@pytest.mark.parametrize(
    ("question", "response", "answer"),
    [
        ("In which week is the gain highest?", "The highest gain is 300 grams, in week 3.", "3"),
        ("Which year has the lowest price?", "The lowest price is in 2019. In 2019 the price was 30,000.", "2019"),
        ("When did it first reach 2?", "It first reaches 2 at 17.", "17"),
        (
            "How many dots are in each of the 3 groups of the 9 dots?",
            "The 9 dots are in 3 groups, with 4 dots each.",
            "4",
        ),
        ("How many boxes are left of 20 boxes?", "Of the 20 boxes, 5 crates hold 12 boxes.", "12"),
    ],
)
def test_the_question_tells_what_is_asked_and_what_is_given(question: str, response: str, answer: str) -> None:
    assert said(response, question=question) == answer


def test_enumerations_are_kept_whole() -> None:
    assert said("The answer is 41 or 42.") == "41 or 42"
    assert said("The answer is 3, 4 and 5.") == "3, 4 and 5"
    assert said("The answer is x = 5 and y = 3.") == "x = 5 and y = 3"
    assert said("It takes 10 to 15 minutes.") == "10 to 15"


def test_rows_of_data_are_no_answer() -> None:
    assert said("Scores:\n1. Abigail: 6\n2. Bernie: 10\n3. Jada: 3\n4. Luke: 6") is None


def test_an_approximation_stays_with_what_it_approximates() -> None:
    assert said(r"Thus the price is $\frac{70}{9} \approx 7.78$.") == r"\frac{70}{9} \approx 7.78"
    assert said(r"Thus $x \approx 7.78$.") == "7.78"


def test_code_and_courtesies_are_not_read() -> None:
    code = "```python\nprint(35)\n```\n```\n35\n```\n"
    text = f"Therefore, the total is 18.\n{code}I hope this helps! Ask me 5 more questions."
    assert said(text) == "18"


@pytest.mark.parametrize("word", ["Two", "Seven", "12", "3.5"])
def test_a_last_word_stuck_to_its_sentence_is_the_answer(word: str) -> None:
    assert said(f"We remove the red cube. The rest are the blue cube and the ball, and 40 others.{word}") == word


@pytest.mark.parametrize("formula", [r"\pi", r"\sqrt{3}", r"x"])
@given(factor=NUMBERS)
def test_a_factor_outside_the_delimiters_belongs_to_the_formula(formula: str, factor: str) -> None:
    for text in (f"{factor} ${formula}$", f"Thus it is {factor}\\({formula}\\).", f"The area is {factor} ${formula}$"):
        extracted = said(text, wanted="auto")
        assert extracted is not None
        assert extracted.startswith(factor)
        assert formula in extracted


STEP = st.sampled_from(
    [
        "So each box holds {a} + {b} = 77 apples.",
        "Therefore, they have {a} * {b} = 77 in total.",
        "The total number of apples is {a} + {b} = 77.",
        "She earned a total of {a} * ${b} = $77 on Monday.",
        "This means that {a} of the {b} are left.",
        "He has {a} dogs because {b} of them ran away.",
    ]
)
LAST_STEP = st.sampled_from(
    [
        "The total weekly production is {a} * {b} = {r}.",
        "After eating {a}, she has {b} - {a} = {r} apples",
        "If they share them, each one gets {b}/{a} = {r} apples.",
        "So in a year he makes {a}*{b}={r}",
        "Then she earned {a} + {b} = {r} dollars for both.",
        "He was given {a}, so together they have {a} + {b} + 3 = {r} coins.",
        "Since there are {a} rows, there are {a} x {b} = {r} seats.",
    ]
)


@given(steps=st.lists(STEP, min_size=1, max_size=5), last=LAST_STEP, a=NUMBERS, b=NUMBERS, result=NUMBERS)
def test_a_derivation_ends_in_its_last_computed_number(
    steps: list[str], last: str, a: str, b: str, result: str
) -> None:
    text = "\n".join(step.format(a=a, b=b) for step in steps) + "\n" + last.format(a=a, b=b, r=result)
    assert (said(text) or "").strip("$") == result


@given(a=NUMBERS, b=NUMBERS, result=NUMBERS)
def test_an_emphasised_answer_before_its_explanation_counts(a: str, b: str, result: str) -> None:
    text = f"The missing number is **{result}**.\n\nIn 2018 it was {a}. In the next year it was {b} percent."
    assert said(text) == result
