"""Yes/no questions answered by a sentence that repeats them: agreement, negation, the comparison turned round."""

from __future__ import annotations

import pytest

from reward_service import verify

THINGS = [
    ("tiny red bicycles", "big shiny objects"),
    ("yellow rubber buses that are left of the green car", "small metal fighters"),
    ("cyan cars in front of the bus", "matte things behind the small scooter"),
]
COMPARED = [("less", "greater"), ("greater", "less")]


def answer(question: str, response: str) -> str | None:
    """ "yes", "no" or None, as the verifier reads the response."""
    prompt = f"Hint: answer.\nQuestion: {question}\nChoices:\n(A) Yes\n(B) No"
    for label, name in (("A", "yes"), ("B", "no")):
        if verify(response, label, choices=["Yes", "No"], question=prompt, verifier="choice").correct:
            return name
    return None


@pytest.mark.parametrize(("left", "right"), THINGS)
@pytest.mark.parametrize(("word", "opposite"), COMPARED)
def test_a_comparison_repeated_denied_and_turned_round(left: str, right: str, word: str, opposite: str) -> None:
    question = f"Is the number of {left} {word} than the number of {right}?"
    assert answer(question, f"The number of {left} is {word} than the number of {right}.") == "yes"
    assert answer(question, f"The number of {left} is {opposite} than the number of {right}.") == "no"
    assert answer(question, f"The number of {left} is not {word} than the number of {right}.") == "no"
    assert answer(question, f"The number of {right} is {opposite} than the number of {left}.") == "yes"
    assert answer(question, f"The number of {right} is {word} than the number of {left}.") == "no"
    assert answer(question, f"The number of {left} is equal to the number of {right}.") == "no"
    assert answer(question, question) is None
    assert answer(question, "The picture shows a car.") is None


@pytest.mark.parametrize(("left", "right"), THINGS)
def test_fewer_and_more(left: str, right: str) -> None:
    question = f"Are there fewer {left} than {right}?"
    assert answer(question, f"There are fewer {left} than {right}.") == "yes"
    assert answer(question, f"There are more {left} than {right}.") == "no"
    assert answer(question, f"There are more {right} than {left}.") == "yes"
    assert answer(question, f"There are not fewer {left} than {right}.") == "no"


@pytest.mark.parametrize("name", ["Dark Orchid", "Periwinkle", "Sky Blue"])
@pytest.mark.parametrize("superlative", ["maximum", "minimum", "roughest"])
def test_superlatives(name: str, superlative: str) -> None:
    question = f"Is {name} the {superlative}?"
    assert answer(question, f"{name} is the {superlative}.") == "yes"
    assert answer(question, f"{name} is not the {superlative}, as it has a value of 70.") == "no"


def test_the_superlative_said_of_something_else_denies() -> None:
    assert answer("Is Periwinkle the maximum?", "Orange is the maximum.") == "no"


@pytest.mark.parametrize(
    ("question", "response", "expected"),
    [
        ("Is this an odd function?", "This is not an odd function.", "no"),
        ("Is it split in half?", "The pizza is not split in half.", "no"),
        ("Is the building at least five stories tall?", "The building is at least five stories tall.", "yes"),
        ("Does she have enough to buy a canoe?", "She does not have enough to buy a canoe.", "no"),
        ("Is kx larger than E?", 'The statement "kx is larger than E" is false.', "no"),
        ("Is the graph linear?", "Yes, the graph is a line.", "yes"),
        ("Is the graph linear?", "No, the graph is curved.", "no"),
        ("Is the graph linear?", "The answer is (B) No, it is not linear.", "no"),
        ("Is the graph linear?", "I am not sure.", None),
        ("What is shown?", "The graph is linear.", None),
    ],
)
def test_single_sentences(question: str, response: str, expected: str | None) -> None:
    assert answer(question, response) == expected
