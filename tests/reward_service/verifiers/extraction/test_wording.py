"""Every wording of an answer yields the value, every denial, hedge, refusal and mere thought of it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.limits import Budget
from reward_service.verifiers.kinds.number import read_number
from tests.reward_service.verifiers.extraction import wording
from tests.reward_service.verifiers.extraction.wording import found, said

INTEGERS = st.integers(min_value=-(10**7), max_value=10**7).map(str)
DECIMALS = st.decimals(min_value=-1000, max_value=1000, places=2, allow_nan=False).map(str)
GROUPED = st.integers(min_value=1_000, max_value=10**9).map("{:,}".format)
FRACTIONS = st.tuples(st.integers(1, 99), st.integers(2, 99)).map("{0[0]}/{0[1]}".format)
VALUES = st.one_of(INTEGERS, DECIMALS, GROUPED, FRACTIONS)
# Kept away from the numbers that the templates themselves mention.
CLEAR = st.integers(min_value=1_001, max_value=999_999).map(str)
LATEX = st.sampled_from(
    [
        r"\frac{1}{2}", r"2\sqrt{3}", "x^2+2x+1", r"[0,\infty)", r"\frac{3\pi}{4}", "3+4i", r"90^\circ", "2x+4y-3=0",
        r"(-\infty,-3]\cup[2,\infty)", r"\begin{pmatrix}1\\2\end{pmatrix}", r"x^{2}-\frac{1}{3}", r"15\text{ cm}^2",
    ]
)  # fmt: skip


def same_number(text: str | None, value: str) -> bool:
    """Whether an extracted text is the number that was written."""
    if text is None:
        return False
    text = text.split("≈")[-1].strip(" $")
    return text == value or read_number(text) == read_number(value)


@pytest.mark.parametrize("template", wording.BOXED)
@given(value=VALUES)
def test_a_boxed_value_is_found_at_every_strictness(template: str, value: str) -> None:
    for strictness in ("boxed", "explicit", "lenient"):
        extraction = found(template.format(v=value), strictness=strictness)
        assert extraction is not None
        assert extraction.text == value
        assert extraction.level == "boxed" or extraction.rule == "final_answer"


@pytest.mark.parametrize("template", wording.ANNOUNCED)
@given(value=VALUES)
def test_an_announced_value_is_found_unless_only_boxes_count(template: str, value: str) -> None:
    text = template.format(v=value)
    for strictness in ("explicit", "lenient"):
        extraction = found(text, strictness=strictness)
        assert extraction is not None
        assert same_number(extraction.text, value)
        assert extraction.level == "explicit"
    assert said(text, strictness="boxed") is None


@pytest.mark.parametrize("key", ["answer", "Answer", "ANSWER", "final_answer", "Final Answer"])
@pytest.mark.parametrize("written", ['"{v}"', "'{v}'", "{v}"])
@pytest.mark.parametrize("fence", ["{o}", "```json\n{o}\n```", "I looked.\n\n```\n{o}\n```\n"])
def test_an_object_of_reasons_and_an_answer_yields_the_answer(fence: str, written: str, key: str) -> None:
    """As Spatial457 asks for it, in a block of code or not, whatever its keys' letters are."""
    quote = "'" if written.startswith("'") else '"'
    reasons = f"{quote}Reasoning{quote}: {quote}I count 7 and 8 more{quote}"
    text = fence.format(o=f"{{{reasons}, {quote}{key}{quote}: {written.format(v='4')}}}")
    assert [said(text, wanted) for wanted in ("auto", "number", "choice")] == ["4"] * 3


@pytest.mark.parametrize("template", wording.CONCLUDED)
@given(value=VALUES)
def test_a_concluded_value_is_a_last_resort(template: str, value: str) -> None:
    text = template.format(v=value)
    extraction = found(text)
    assert extraction is not None
    assert same_number(extraction.text, value)
    assert extraction.level == "lenient"
    assert said(text, strictness="explicit") is None


@pytest.mark.parametrize("template", [*wording.BOXED, *wording.ANNOUNCED])
@given(value=LATEX)
def test_a_formula_is_found_whole(template: str, value: str) -> None:
    text = template.format(v=value if "box" in template else f"${value}$")
    assert said(text, wanted="auto") == value


@pytest.mark.parametrize("template", wording.DENIED)
@pytest.mark.parametrize("wanted", ["number", "auto"])
@given(value=CLEAR)
def test_a_denied_value_is_no_answer(template: str, wanted: str, value: str) -> None:
    assert not same_number(said(template.format(v=value), wanted), value)


@pytest.mark.parametrize("template", wording.HEDGED)
@pytest.mark.parametrize("wanted", ["number", "auto"])
@given(value=CLEAR)
def test_a_hedge_is_never_reduced_to_one_of_its_values(template: str, wanted: str, value: str) -> None:
    assert not same_number(said(template.format(v=value), wanted), value)


@pytest.mark.parametrize("template", wording.REFUSED)
@pytest.mark.parametrize("wanted", ["number", "auto"])
@given(value=CLEAR)
def test_a_refusal_gives_no_number_it_mentions(template: str, wanted: str, value: str) -> None:
    assert said(template.format(v=value), wanted) is None


@pytest.mark.parametrize("template", wording.INSIDE_REASONING)
@pytest.mark.parametrize("strictness", ["boxed", "explicit", "lenient"])
@given(value=VALUES)
def test_an_answer_only_inside_reasoning_is_none(template: str, strictness: str, value: str) -> None:
    assert said(template.format(v=value), strictness=strictness) is None


@given(value=CLEAR, first=CLEAR, template=st.sampled_from(wording.ANNOUNCED[-24:-12]))
def test_of_two_announced_answers_the_last_counts(value: str, first: str, template: str) -> None:
    text = f"The answer is {first}.\n\nLet me check this again.\n\n" + template.format(v=value)
    assert same_number(said(text), value)


@given(text=st.text(max_size=400), wanted=st.sampled_from(["number", "auto", "text", "list"]))
def test_any_text_yields_an_extraction_inside_it_or_none(text: str, wanted: str) -> None:
    extraction = found(text, wanted)
    if extraction is not None:
        assert 0 <= extraction.start <= extraction.end <= len(text)
        assert extraction.text.strip()


PIECES = st.lists(
    st.sampled_from(
        ["\\boxed{", "}", "$", "\\(", "\\)", "The answer is ", "7", " or ", "\n", "**", "<think>", "</think>",
         "<answer>", "</answer>", "not ", "#### ", "= ", "{", "(", ")", "答案", "Final answer: ", ". ",
         "\\frac{1}{2}", "```", "-", "%"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(text=PIECES, wanted=st.sampled_from(["number", "auto", "text", "list"]))
def test_fragments_of_markup_in_any_order_yield_an_extraction_inside_or_none(text: str, wanted: str) -> None:
    for strictness in ("boxed", "explicit", "lenient"):
        extraction = found(text, wanted, strictness)
        assert extraction is None or (0 <= extraction.start <= extraction.end <= len(text) and extraction.text)


@given(text=PIECES)
def test_a_stricter_rule_set_never_finds_more(text: str) -> None:
    strict, explicit = found(text, strictness="boxed"), found(text, strictness="explicit")
    assert strict is None or explicit is not None
    assert explicit is None or found(text, strictness="lenient") == explicit


def test_the_budget_is_charged() -> None:
    budget = Budget(10**6)
    from reward_service.verifiers.extraction.answer import find_answer

    find_answer("So it is 5. " * 2_000, strictness="lenient", budget=budget, wanted="number")
    assert budget.left < 10**6 - 500
