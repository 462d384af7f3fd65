"""Where an answer counts: outside reasoning, inside `<answer>`, before the end of the turn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.verifiers.extraction.tags import _CLOSERS, _OPENERS, answer_region, answer_tag
from tests.reward_service.verifiers.extraction.wording import said

PROSE = st.text(alphabet="abc xyz.\n12", max_size=60)


def region(text: str) -> str:
    found = answer_region(text)
    return text[found.start : found.end]


@pytest.mark.parametrize(("opener", "closer"), zip(_OPENERS, _CLOSERS, strict=True))
@given(thought=PROSE, answer=PROSE)
def test_what_follows_the_reasoning_counts(opener: str, closer: str, thought: str, answer: str) -> None:
    assert region(f"{opener}{thought}{closer}\nsay {answer}") == f"\nsay {answer}"
    assert region(f"{thought}{closer}\nsay {answer}") == f"\nsay {answer}"  # the opening mark was part of the prompt


@pytest.mark.parametrize("opener", _OPENERS)
@given(thought=PROSE)
def test_reasoning_that_never_closes_is_truncated(opener: str, thought: str) -> None:
    found = answer_region(opener + thought)
    assert found.truncated
    assert found.start == found.end


def test_several_thoughts_leave_what_follows_the_last() -> None:
    assert region("<think>a</think>b<think>c</think>d") == "d"


def test_an_answer_before_the_reasoning_counts_when_nothing_follows_it() -> None:
    assert said("The answer is 7. <think>let me see, or 8</think>") == "7"
    assert said("<think>8</think>") is None


@pytest.mark.parametrize("mark", ["<|im_end|>", "<|endoftext|>", "</s>", "<|eot_id|>", "<end_of_turn>", "\nQuestion: "])
def test_what_follows_the_end_of_the_turn_is_not_read(mark: str) -> None:
    assert said(f"The answer is 7.{mark} The answer is 8.") == "7"


@pytest.mark.parametrize("mark", ["<|im_start|>assistant\n", "<|im_start|>", "<|end|>"])
def test_a_mark_before_the_first_word_opens_the_turn(mark: str) -> None:
    assert said(f"{mark}The answer is 7.") == "7"


def test_the_last_answer_element_counts_and_an_empty_one_does_not() -> None:
    text = "<answer>6</answer> no, <answer>7</answer>"
    assert answer_tag(text, 0, len(text)) == (text.index("7"), text.index("7") + 1)
    assert said("<answer>7</answer> <answer> </answer>") == "7"


def test_an_unclosed_answer_element_reaches_to_the_end() -> None:
    assert said("<think>x</think><answer>The answer is 7") == "7"


@pytest.mark.parametrize("inner", ["\\boxed{7}", "7", "The answer is 7.", "$7$", "So we get 3 + 4 = 7", "x = 7"])
def test_the_inside_of_an_answer_element_is_read_like_a_response(inner: str) -> None:
    text = said(f"It could be 9. <answer>{inner}</answer>")
    assert text in ("7", "x = 7")
