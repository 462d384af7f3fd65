"""Repetition is the share of repeated n-grams; language is the share of words in one script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.types import Status
from reward_service.verifiers.repetition import repeated_share
from reward_service.verify import verify


@given(st.lists(st.integers(0, 10**6), min_size=4, max_size=40, unique=True))
def test_distinct_words_do_not_repeat(words: list[int]) -> None:
    assert repeated_share(" ".join(map(str, words)), 4) == 0.0


@given(st.integers(2, 200))
def test_saying_one_word_again_and_again_nears_the_full_penalty(times: int) -> None:
    verdict = verify("no " * (times + 3), "", verifier="repetition", penalty=0.5)
    assert verdict.score == pytest.approx(-0.5 * (1 - 1 / times))


def test_chinese_characters_are_words() -> None:
    assert repeated_share("我们来看我们来看", 4) == pytest.approx(1 / 5)


@pytest.mark.parametrize(
    ("text", "question", "score"),
    [
        ("The answer is \\frac{1}{2}.", "", 1.0),
        ("所以答案是 $x=2$", "求 x 的值", 1.0),
        ("so 所以 the area 面积", "What is the area?", 3 / 7),
        ("12 + 3 = 15", "", 1.0),
        ("答案", "What is it?", 0.0),
    ],
)
def test_language_counts_words_of_the_wanted_script(text: str, question: str, score: float) -> None:
    verdict = verify(text, "", question=question, verifier="language")
    assert verdict.score == pytest.approx(score)
    assert verdict.status is {1.0: Status.CORRECT, 0.0: Status.INCORRECT}.get(score, Status.PARTIAL)
