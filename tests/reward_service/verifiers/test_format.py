"""The format verifier: shapes, not contents."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.errors import ParameterError
from reward_service.verify import verify

plain = st.text(alphabet=st.characters(exclude_characters="<>", exclude_categories=("Cs",)), min_size=1).filter(
    str.strip
)


@given(plain, plain)
def test_think_then_answer_has_the_format(reasoning: str, answer: str) -> None:
    text = f"<think>{reasoning}</think>\n<answer>{answer}</answer>"
    assert verify(text, "", verifier="format").score == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "<think>a</think>",
        "<think>a</think> so <answer>b</answer>",
        "<think>a</think><answer>b</answer> thanks",
        "<answer>b</answer><think>a</think>",
        "<think>a<think>b</think><answer>c</answer>",
        "<think> </think><answer>c</answer>",
        "</think>a<think><answer>c</answer>",
        "x<think>a</think><answer>c</answer>",
    ],
)
def test_any_other_arrangement_of_the_tags_has_not(text: str) -> None:
    verdict = verify(text, "", verifier="format")
    assert (verdict.score, bool(verdict.reason)) == (0.0, True)


def test_boxes_must_hold_something() -> None:
    assert verify("so \\boxed{\\frac{1}{2}}", "", verifier="format", style="boxed").score == 1.0
    assert verify("so \\boxed{}", "", verifier="format", style="boxed").score == 0.0


@given(st.dictionaries(st.text(min_size=1), st.integers(), min_size=1))
def test_json_objects_with_the_keys_asked_for(value: dict[str, int]) -> None:
    text = json.dumps(value)
    assert verify(text, "", verifier="format", style="json", keys=tuple(value)).score == 1.0
    assert verify(f"```json\n{text}\n```", "", verifier="format", style="json").score == 1.0
    assert verify(text, "", verifier="format", style="json", keys=("not in it, surely",)).score == 0.0
    assert verify(f"[{text}]", "", verifier="format", style="json").score == 0.0


def test_patterns_run_in_linear_time_and_bad_ones_are_refused() -> None:
    pattern = r"(a+)+b"
    assert verify("a" * 100_000, "", verifier="format", style="regex", pattern=pattern).score == 0.0
    assert verify("aab", "", verifier="format", style="regex", pattern=pattern).score == 1.0
    for bad in ("", "(", "(?=a)", "a" * 2_000):
        with pytest.raises(ParameterError, match="pattern"):
            verify("a", "", verifier="format", style="regex", pattern=bad)


def test_deep_json_is_refused_not_crashed_on() -> None:
    assert verify("[" * 100_000, "", verifier="format", style="json").score == 0.0
