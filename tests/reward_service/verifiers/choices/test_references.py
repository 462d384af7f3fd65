"""What a reference may be: a label, an option's text, several labels; and what makes it unusable."""

from __future__ import annotations

import pytest

from reward_service import verify
from reward_service.types import Choice, Reference, Status
from reward_service.verifiers.choices.options import accepted_sets, options_from

CITIES = ("Paris", "London", "Berlin", "Madrid")
FORMULAS = ("$\\frac{1}{2}$", "145°", "1,000 m", "3 : 2")


def gold_groups(answer: str, texts: tuple[str, ...], **reference: object) -> tuple[frozenset[int], ...] | str:
    choices = tuple(Choice(label="ABCDEFGH"[place], text=text) for place, text in enumerate(texts))
    return accepted_sets(options_from(choices), Reference(answer=answer, choices=choices, **reference))  # type: ignore[arg-type]


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize(
    "form",
    [
        "{L}",
        "({L})",
        "{L}.",
        "{L})",
        " {L} ",
        "{l}",
        "({l})",
        "**{L}**",
        "$\\text{{{L}}}$",
        "{T}",
        "{L}. {T}",
        "({L}) {T}",
    ],
)
def test_one_option_in_every_form(form: str, index: int) -> None:
    answer = form.format(L="ABCD"[index], l="abcd"[index], T=CITIES[index])
    assert gold_groups(answer, CITIES) == (frozenset({index}),)


@pytest.mark.parametrize(
    ("answer", "index"),
    [("\\frac{1}{2}", 0), ("1/2", 0), ("0.5", 0), ("145 degrees", 1), ("145", 1), ("1000 m", 2), ("3:2", 3)],
)
def test_an_option_by_an_equal_text_or_value(answer: str, index: int) -> None:
    assert gold_groups(answer, FORMULAS) == (frozenset({index}),)


@pytest.mark.parametrize("answer", ["AC", "A,C", "A, C", "A and C", "(A), (C)", "A;C", "A、C", "C, A"])
def test_several_labels_are_one_set(answer: str) -> None:
    assert gold_groups(answer, CITIES) == (frozenset({0, 2}),)


def test_an_option_that_looks_like_several_labels_is_that_option() -> None:
    assert gold_groups("AC", ("AB", "AC", "CD", "D")) == (frozenset({1}),)


def test_an_option_whose_text_is_a_letter_in_brackets_is_meant_as_written() -> None:
    assert gold_groups("(b)", ("(c)", "(d)", "(a)", "(b)")) == (frozenset({3}),)
    assert gold_groups("B", ("C", "D", "B", "A")) == (frozenset({1}),)


@pytest.mark.parametrize("answer", ["", "  ", "E", "Rome", "Z", "AE", "0.25", "A and E", "not Paris"])
def test_a_gold_that_is_no_option_is_unusable(answer: str) -> None:
    verdict = verify("The answer is A.", answer, choices=CITIES, verifier="choice")
    assert verdict.status is Status.INVALID_REFERENCE
    assert verdict.score is None
    assert verdict.reason


def test_an_unusable_alternative_is_unusable() -> None:
    assert verify("A", ["A", "Rome"], choices=CITIES, verifier="choice").status is Status.INVALID_REFERENCE


def test_no_choices_and_no_letter_is_unusable() -> None:
    assert verify("A", "Paris", verifier="choice").status is Status.INVALID_REFERENCE


@pytest.mark.parametrize("answer", ["C", "(C)", "C."])
def test_letters_need_no_list_of_choices(answer: str) -> None:
    assert verify("So the answer is C.", answer, verifier="choice").correct
    assert verify("So the answer is D.", answer, verifier="choice").status is Status.INCORRECT


def test_duplicates_of_a_text_are_one_option() -> None:
    texts = ("9", "18", "12", "18")
    for gold in ("B", "D", "18"):
        for response in ("The answer is B.", "The answer is D.", "The answer is 18.", "\\boxed{18}"):
            assert verify(response, gold, choices=texts, verifier="choice").correct
        assert not verify("The answer is C.", gold, choices=texts, verifier="choice").correct
    assert verify("B or D", "B", choices=texts, verifier="choice").correct  # the same option twice is no hedge


@pytest.mark.parametrize(
    ("response", "right"),
    [
        ("The answers are A and C.", True),
        ("The correct answers are (A) and (C).", True),
        ("Answer: A, C", True),
        ("Answer: AC", True),
        ("Answer: CA", True),
        ("\\boxed{AC}", True),
        ("\\boxed{\\text{A and C}}", True),
        ("答案是AC", True),
        ("故选：AC。", True),
        ("<answer>A, C</answer>", True),
        ("The answer is A.", False),
        ("The answers are A, B and C.", False),
        ("Answer: ABC", False),
        ("Answer: BD", False),
    ],
)
def test_several_right_options_are_needed_together(response: str, right: bool) -> None:
    assert verify(response, "AC", choices=CITIES, verifier="choice").correct is right


def test_any_of_several_accepted_options_is_right() -> None:
    for response, right in (("A", True), ("C", True), ("B", False), ("A and C", False)):
        assert verify(response, ["A", "C"], choices=CITIES, verifier="choice").correct is right


@pytest.mark.parametrize(
    ("labels", "response", "gold"),
    [
        (("a", "b", "c"), "The answer is (b).", "b"),
        (("1", "2", "3"), "The answer is 2.", "2"),
        (("1", "2", "3"), "Option 2", "2"),
        (("1", "2", "3"), "(2)", "2"),
        (("(i)", "(ii)", "(iii)"), "The answer is (ii).", "ii"),
        (("I", "II", "III"), "The correct answer is II.", "II"),
        (("(A)", "(B)", "(C)"), "The answer is B.", "B"),
        (("", "", ""), "The answer is B.", "B"),
    ],
)
def test_other_labels(labels: tuple[str, ...], response: str, gold: str) -> None:
    choices = tuple(
        Choice(label=label, text=text) for label, text in zip(labels, ("red", "green", "blue"), strict=True)
    )
    options = options_from(choices)
    assert accepted_sets(options, Reference(answer=gold, choices=choices)) == (frozenset({1}),)
    mapping = {choice.label or "ABC"[place]: choice.text for place, choice in enumerate(choices)}
    assert verify(response, gold, choices=mapping, verifier="choice").correct
    assert verify("The answer is green.", gold, choices=mapping, verifier="choice").correct
    assert not verify("The answer is blue.", gold, choices=mapping, verifier="choice").correct


@pytest.mark.parametrize("count", [2, 5, 10, 26])
def test_from_two_to_twenty_six_options(count: int) -> None:
    texts = [f"town number {place}" for place in range(count)]
    for place in (0, count // 2, count - 1):
        label = chr(ord("A") + place)
        assert verify(f"The answer is {label}.", label, choices=texts, verifier="choice").correct
        assert verify(f"It is town number {place}.", label, choices=texts, verifier="choice").correct
        assert not verify(f"The answer is {label}.", "A" if place else "B", choices=texts, verifier="choice").correct


def test_too_many_or_too_long_choices_are_refused() -> None:
    many = {f"L{place}": "x" for place in range(65)}
    assert verify("L1", "L1", choices=many, verifier="choice").status is Status.INVALID_REFERENCE
    assert verify("A", "A", choices=["x" * 30_000, "y"], verifier="choice").status is Status.INVALID_REFERENCE
