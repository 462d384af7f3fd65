"""Hostile texts of a megabyte: bounded work, counted in calls and units, never by a clock."""

from __future__ import annotations

import sys

import pytest

from reward_service.limits import Budget
from reward_service.verifiers.extraction.answer import find_answer

MEGABYTE = 1_000_000
HOSTILE = [
    "\\boxed{", "\\boxed{}", "\\boxed{1} ", "\\boxed{1},", "$", "$ ", "$1", "Final answer:", "Final answer: ", "(", " ",
    "\n",
    "\na", "the answer is ", "the answer is 5 ", "####", "#### 5\n", "1 ", "1", "1,", "1.", "1/",
    "= 1 ", "\\frac", "\\frac{",
     "\\[", "\\( \\)", "<think>", "</think>", "<answer>", "</s>x", '"answer": ', "**", "```", "twenty ",
    "and ",
    "\\begin{align}", "答案", "不是", "x is the answer", "{", "[1,", "minus ", "cannot ", "\nQuestion:", "İ", "x",
    "a total of ", "approximately ", "5 or ", "wait, no ", "not ", "\ud800", "\u202e5", "e1", "-", "\\", "|1|2\n",
]  # fmt: skip


def calls_made(text: str, wanted: str) -> int:
    """How many Python-level calls one extraction makes: a measure of work that no machine changes."""
    count = 0

    def tally(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    sys.setprofile(tally)
    try:
        find_answer(text, strictness="lenient", budget=Budget(), wanted=wanted)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_does_not_grow_with_the_length_of_a_hostile_text(piece: str) -> None:
    short = (piece * (MEGABYTE // 20 // len(piece) + 1))[: MEGABYTE // 20]
    long = (piece * (MEGABYTE // len(piece) + 1))[:MEGABYTE]
    for wanted in ("number", "auto"):
        few, many = calls_made(short, wanted), calls_made(long, wanted)
        assert many <= 1.2 * few + 200
        assert many < 60_000


@pytest.mark.parametrize("wanted", ["number", "auto"])
def test_a_long_response_is_read_at_its_end_and_charged_little(wanted: str) -> None:
    prose = "Then we add 3 and 4 to get 7, and go on with the next step.\n" * 15_000
    for ending in ("The answer is 57.", "\\boxed{57}", "#### 57", "Final answer: 57"):
        budget = Budget(10**6)
        extraction = find_answer(prose + ending, strictness="lenient", budget=budget, wanted=wanted)
        assert extraction is not None
        assert extraction.text == "57"
        assert 10**6 - budget.left < 3_000


def test_an_answer_long_before_the_end_is_still_found() -> None:
    talk = "\nAs a remark, such problems are common in school books and fun to solve." * 3_000
    for said in ("The final answer is 57.", "So $x = \\boxed{57}$.", "**Answer:** 57"):
        extraction = find_answer("Let us see.\n" + said + talk, strictness="lenient", budget=Budget(), wanted="number")
        assert extraction is not None
        assert extraction.text == "57"
