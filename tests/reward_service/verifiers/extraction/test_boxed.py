"""Boxes: which count, how far they reach, and when several are one answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.limits import Budget
from reward_service.verifiers.extraction.boxed import find_boxed, is_placeholder, unwrap

# Balanced LaTeX: braces nested to any depth around plain symbols.
BALANCED = st.recursive(
    st.text(alphabet="0123456789xy+-^_ ,", min_size=1, max_size=8),
    lambda inner: st.one_of(
        inner.map("{{{}}}".format), st.tuples(inner, inner).map("\\frac{{{0[0]}}}{{{0[1]}}}".format)
    ),
    max_leaves=12,
).filter(lambda text: any(character in "0123456789xy" for character in text))


def boxed(text: str) -> str | None:
    answer = find_boxed(text, 0, len(text), Budget())
    return None if answer is None else answer.text


@given(content=BALANCED)
def test_nested_braces_are_kept_whole(content: str) -> None:
    assert boxed(f"so $\\boxed{{{content}}}$ it is, {{and}} more }}") == content.strip()


@given(content=BALANCED)
def test_a_box_around_a_box_is_one_box(content: str) -> None:
    assert boxed(f"\\boxed{{\\boxed{{{content}}}}}") == content.strip()
    assert boxed(f"\\boxed{{x = \\fbox{{{content}}}}}") == f"x = {content}".strip()


@given(first=BALANCED, last=BALANCED)
def test_the_last_box_wins_over_one_in_another_sentence(first: str, last: str) -> None:
    assert boxed(f"First $\\boxed{{{first}}}$. Then we get $\\boxed{{{last}}}$.") == last.strip()


@pytest.mark.parametrize("separator", [", ", " and ", "$, $", "; ", "$ and $", "、", " \\text{ and } ", "$ and $y = "])
@given(values=st.lists(st.integers(-99, 99).map(str), min_size=2, max_size=5, unique=True))
def test_boxes_in_a_row_are_one_list(separator: str, values: list[str]) -> None:
    text = "Thus $x = " + separator.join(f"\\boxed{{{value}}}" for value in values) + "$."
    assert boxed(text) == ", ".join(values)


@pytest.mark.parametrize("separator", [" or ", "$ or $", " \\text{ or } ", " 或 "])
def test_boxes_joined_by_or_stay_a_choice_between_them(separator: str) -> None:
    assert boxed(f"\\boxed{{41}}{separator}\\boxed{{42}}") == "41 \\text{ or } 42"


def test_the_same_box_twice_is_one_answer() -> None:
    assert boxed(r"\boxed{5}, \boxed{5}") == "5"


@pytest.mark.parametrize(
    "content",
    ["", " ", "...", "answer", "your answer", "Your Final Answer", "\\text{answer}", "\\ldots", "?", "answer here",
     "<your answer>", "[answer]", "\\text{your answer here}", "___", "#1"],
)  # fmt: skip
def test_placeholders_do_not_count(content: str) -> None:
    assert is_placeholder(content)
    assert boxed(f"The result is \\boxed{{7}}. As asked, it is in \\boxed{{{content}}} form.") == "7"
    assert boxed(f"Put it in \\boxed{{{content}}}.") is None


@pytest.mark.parametrize("content", ["7", "x", "A", "yes", "\\text{odd}", "\\emptyset", "0"])
def test_short_answers_are_no_placeholders(content: str) -> None:
    assert not is_placeholder(content)
    assert boxed(f"\\boxed{{{content}}}") == content


@pytest.mark.parametrize("value", ["5", "-12", "3.5", "1,234", "(2,3)", "1/2", "x"])
@pytest.mark.parametrize("gap", [" ", "", "  "])
def test_a_box_without_braces_takes_the_next_value(value: str, gap: str) -> None:
    if value == "x" and not gap:
        return  # "\boxedx" is another command
    assert boxed(f"$\\boxed{gap}{value}$.") == value


@pytest.mark.parametrize("end", ["$ as said.", "\\) as said.", "\\]\nDone."])
def test_a_box_that_lost_its_brace_ends_at_the_math_delimiter(end: str) -> None:
    assert boxed("\\boxed{42" + end) == "42"


@pytest.mark.parametrize(
    "text", ["\\boxed{42", "\\boxed{4", "\\boxed{\\frac{1}{2", "\\boxed{\\boxed{4}", "\\boxed{(1,2)"]
)
def test_a_box_cut_off_by_the_end_is_no_answer_of_its_own(text: str) -> None:
    assert boxed(text) in (None, "4")
    assert (boxed(text) == "4") == ("{4}" in text)


@given(depth=st.integers(1, 40))
def test_unwrap_removes_what_boxes_it_finds_and_nothing_else(depth: int) -> None:
    text = "\\boxed{" * min(depth, 8) + "a+b" + "}" * min(depth, 8)
    assert unwrap(text) == "a+b"
    assert unwrap("a+b") == "a+b"
