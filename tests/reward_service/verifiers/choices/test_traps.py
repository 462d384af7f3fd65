"""What looks like an option and is none: denials, hedges, refusals, echoes, articles, pronouns, units, names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Pick = Callable[..., str | None]

CITIES = ("Paris", "London", "Berlin", "Madrid")
TEN = ("one leg", "two legs", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMBERS = ("4", "14", "24", "34")

# {L} a label, {M} another label: none of these states an option
STATES_NOTHING = (
    "The answer is not {L}.",
    "The answer cannot be {L}.",
    "The correct answer is definitely not ({L}).",
    "Option {L} is incorrect.",
    "({L}) is wrong.",
    "Option {L} is not correct.",
    "Option {L} can be eliminated.",
    "{L} is not the right answer.",
    "It is not {L}.",
    "I would not choose {L}.",
    "答案不是{L}。",
    "选项{L}错误。",
    "排除选项{L}。",
    "Choose {L} if x is positive.",
    "If it is larger, the answer is ({L}).\nIf it is not, then the answer is ({M}).\nWe cannot determine which.",
    "If they agree, the answer is {L}. Otherwise, the answer is {M}. A definitive answer cannot be given.",
    "Point {L} lies on the circle.",
    "The student who answers {L} is wrong.",
    "Angle {L} is 14 degrees.",
    "Triangle {L}BC is isosceles.",
    "<think>The answer is {L}.</think>",
    "<think>So it must be {L}",
    "<think>\\boxed{{{L}}}</think> I do not know.",
    "Please answer with {L} or {M}.",
    "Put the letter, e.g. {L}, in the box.",
    "\\boxed{{}}",
)
# the answer is {L}, {M} is spoken of
STATES_L = (
    "It is not {M}. So the answer is {L}.",
    "The answer is not {M} but {L}.",
    "The answer is definitely not {M}; it is {L}.",
    "The answer is {M}. No wait, the answer is {L}.",
    "I first thought the answer is {M}, but the answer is {L}.",
    "{M} is wrong, so it must be {L}.",
    "Option {M} is incorrect. Option {L} is correct.",
    "Option {L} is correct. Option {M} is incorrect.",
    "{L} is correct, {M} is incorrect.",
    "The answer is {L}, it can't be {M}.",
    "The answer is ({L}). ({M}) does not fit.",
    "The answer is {L}. ({M}) and the others do not fit.",
    "The correct answer is {L}. Option {M} is the most common mistake.",
    "Answer: {L}. {M} would be right only if x were negative.",
    "Answer: {L}\n\nOption {M} is a distractor.",
    "If x were even, the answer would be {M}. But it is odd, so the answer is {L}.",
    "{M}: wrong.\n{L}: right.\n\nTherefore the answer is {L}.",
    "If it is larger, the answer is {L}. If it is not, the answer is {M}. It is larger, so the answer is {L}.",
    "If it is the sum, the answer is ({M}). I see the difference. The answer is ({L}).",
    "({M}) is false. ({L}) is true.\nSo ({L}).",
    "The line from {M} to X has length 3, which is option {L}.",
    "<think>The answer is {M}.</think>The answer is {L}.",
    "| Option | Verdict |\n|---|---|\n| {M} | wrong |\n| {L} | right |\n\n**Answer: {L}**",
    "Both look right, {M} or {L}? I say {L}.",
    "答案不是{M}，而是{L}。",
    "选项{M}错误，选项{L}正确，故选{L}。",
    "{M}错误；{L}正确。故选：{L}",
    "{L}。不是{M}。",
)
HEDGES = (
    "The answer is {L} or {M}.",
    "The answer is either {L} or {M}.",
    "The answer is {L} and {M}.",
    "The answer is {L}, {M}.",
    "Both {L} and {M} are correct.",
    "Options {L} and {M} are correct.",
    "Answer: {L}/{M}",
    "Answer: {L}, {M}",
    "Answer: ({L}) and ({M})",
    "Answer: {L} & {M}",
    "\\boxed{{{L}, {M}}}",
    "\\boxed{{{L} \\text{{ or }} {M}}}",
    "\\boxed{{{L}}} or \\boxed{{{M}}}",
    "<answer>{L} or {M}</answer>",
    "答案是{L}或{M}。",
    "选{L}和{M}",
)
PAIRS = [("A", "B"), ("B", "A"), ("C", "D"), ("D", "A")]


@pytest.mark.parametrize(("label", "other"), PAIRS)
@pytest.mark.parametrize("template", STATES_NOTHING)
def test_a_denied_or_merely_mentioned_label_is_no_answer(pick: Pick, template: str, label: str, other: str) -> None:
    assert pick(template.format(L=label, M=other), CITIES) is None


@pytest.mark.parametrize(("label", "other"), PAIRS)
@pytest.mark.parametrize("template", STATES_L)
def test_the_option_stated_wins_over_one_spoken_of(pick: Pick, template: str, label: str, other: str) -> None:
    assert pick(template.format(L=label, M=other), CITIES) == label


@pytest.mark.parametrize(("label", "other"), PAIRS)
@pytest.mark.parametrize("template", HEDGES)
def test_several_options_are_a_hedge(pick: Pick, template: str, label: str, other: str) -> None:
    response = template.format(L=label, M=other)
    assert pick(response, CITIES) == "hedged"
    assert pick(response, CITIES[:2] if {label, other} == {"A", "B"} else CITIES) == "hedged"


@pytest.mark.parametrize(
    "response",
    [
        "I cannot determine the answer.",
        "I'm sorry, I can't help with that.",
        "I'm unable to view the image. A picture would help.",
        "A picture is worth a thousand words.",
        "I think so.",
        "Not sure.",
        "None of the options is correct.",
        "The question cannot be answered from the figure.",
        "不能确定",
        "Options: A. Paris B. London C. Berlin D. Madrid",
        "(A) Paris (B) London (C) Berlin (D) Madrid",
        "A. Paris\nB. London\nC. Berlin\nD. Madrid",
        "Choices:\n(A) Paris\n(B) London\n(C) Berlin\n(D) Madrid",
        "The options are A, B, C, and D.",
        "ABCD",
        "A B C D",
        "The answer is E.",
        "E",
        "Answer: Z",
        "It is Rome.",
        "\\boxed{Rome}",
        "It contains vitamin C.",
        "The capital is not London.",
        "Is it London?",
        "",
        "   \n ",
        "\u200b",
        "\ud800",
        "\u202eA rewsna ehT",
        "\x00\x01\x02",
    ],
)
def test_a_response_without_an_option_picks_none(pick: Pick, response: str) -> None:
    assert pick(response, CITIES) is None


@pytest.mark.parametrize(
    ("response", "texts", "expected"),
    [
        ("I think the answer is I.", TEN, "I"),
        ("I", TEN, "I"),
        ("I would say J.", TEN, "J"),
        ("The answer is A triangle.", ("square", "triangle", "circle"), "B"),
        ("The answer is a triangle.", ("square", "triangle", "circle"), "B"),
        ("The answer is A because it fits.", CITIES, "A"),
        ("The patient has (A) A ruptured ulcer.", ("A ruptured ulcer", "A cold"), "A"),
        ("The answer is A ruptured ulcer.", ("A ruptured ulcer", "A cold"), "A"),
        ("The current is 5 A.", ("2 A", "3 A", "5 A", "7 A"), "C"),
        ("The temperature is 10 C.", ("5 C", "8 C", "9 C", "10 C"), "D"),
        ("It contains vitamin C.", ("vitamin A", "vitamin B", "vitamin C"), "C"),
        ("Sample B has more.", ("neither; they are the same", "sample A", "sample B"), "C"),
        ("The cat ends at point D.", ("A", "B", "C", "D"), "D"),
        ("The correct graph is the third one. Graph C is linear.", ("<image 1>", "<image 2>", "<image 3>"), "C"),
        ("R", ("P", "R", "I", "S"), "B"),
        ("\\boxed{G}", ("A", "B", "D", "F", "G"), "E"),
        ("Answer: A. (D)", ("(D)", "(E)", "(A)", "(B)"), "A"),
        ("The answer is A and B.", ("A", "B", "Both A and B", "Neither"), "C"),
        ("Neither A nor B.", ("A", "B", "Both A and B", "Neither A nor B"), "D"),
        ("The genotype is Aa.", ("AA", "Aa", "aa"), "B"),
        ("\\boxed{aa}", ("AA", "Aa", "aa"), "C"),
        ("It will not increase.", ("increase", "decrease", "not increase"), "C"),
        ("The answer is not increase.", ("increase", "decrease", "not increase"), "C"),
        ("None of them fit.", ("Yes", "No"), None),
        ("I know nothing about it.", ("Yes", "No"), None),
    ],
)
def test_letters_that_are_words_units_and_names(
    pick: Pick, response: str, texts: tuple[str, ...], expected: str | None
) -> None:
    assert pick(response, texts) == expected


@pytest.mark.parametrize("mark", ["({})", "{}.", "{}:", "{})", "- **{}.**", "**{}.**", "* ({})", "Option {}:"])
def test_remarks_on_every_option_are_no_answer(pick: Pick, mark: str) -> None:
    entries = "\n".join(
        f"{mark.format(label)} {city} lies on a river." for label, city in zip("ABCD", CITIES, strict=True)
    )
    assert pick(entries, CITIES) is None
    assert pick("We go through the cities.\n\n" + entries, CITIES) is None
    assert pick(entries + "\n\nTherefore, the capital is Berlin.", CITIES) == "C"


def test_entries_of_a_list_are_no_answer(pick: Pick) -> None:
    entries = "(A) It lies in France.\n(B) It lies in England.\n(C) It lies in Germany.\n(D) It lies in Spain."
    assert pick("We go through the cities.\n" + entries, CITIES) is None
    assert pick(entries, CITIES) is None
    assert pick(entries + "\nSo it is (C).", CITIES) == "C"
    assert pick("(A) and (D)\n\n(A) It lies in France.\n(D) It lies in Spain.", CITIES) == "hedged"


def test_the_end_of_a_turn_ends_the_answer(pick: Pick) -> None:
    assert pick("The answer is (B).\n\nQuestion: What is next?\nAnswer: (C)", CITIES) == "B"
    assert pick("The answer is (B).</s> The answer is (C).", CITIES) == "B"


def test_a_restated_question_does_not_end_it(pick: Pick) -> None:
    response = "Let us see.\n\n**Question:** Which city is it?\n\nIt lies on the Spree.\n\nAnswer: C"
    assert pick(response, CITIES) == "C"


def test_weak_signs_count_in_finished_responses_only(pick: Pick) -> None:
    steps = "We measure the sides and compare them with the drawing. " * 10
    assert pick(steps + "Therefore the city is Berlin.", CITIES) == "C"
    assert pick(steps + "We now look at Berlin, which is the", CITIES) is None
    assert pick(steps + "It looks like Berlin, but none of the options is correct.", CITIES) is None
