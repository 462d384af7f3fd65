"""Free text: the same words are equal, in either direction; a longer, shorter or denying statement never is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.types import Reference
from reward_service.verifiers.kinds import text
from reward_service.verifiers.outcome import Context
from reward_service.verifiers.policy import MathPolicy

CONTEXT = Context(reference=Reference(answer="x"))
NAMES = (
    "Paris",
    "Paul Cézanne",
    "ruptured gastric ulcer",
    "the law of large numbers",
    "U.S.A.",
    "twenty-one",
    "two apples",
)
WORDS = st.lists(st.text(alphabet="bcdefghijklmnopqrstuvwxyz", min_size=2, max_size=8), min_size=1, max_size=5).map(
    " ".join
)


def equal(gold: str, answer: str, **policy: object) -> bool:
    context = Context(reference=Reference(answer=gold), policy=MathPolicy(**policy))  # type: ignore[arg-type]
    outcome = text.compare(gold, answer, context)
    assert outcome is not None
    assert outcome.rule and outcome.reason
    return outcome.equal


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "wrapper",
    [
        "{}",
        " {} ",
        "{}.",
        '"{}"',
        "“{}”",
        "$\\text{{{}}}$",
        "\\text{{{}}}",
        "\\textbf{{{}}}",
        "**{}**",
        "the {}",
        "{}!",
        "\\boxed{{{}}}",
    ],
)
def test_wrappers_change_nothing(name: str, wrapper: str) -> None:
    assert equal(name, wrapper.format(name))
    assert equal(wrapper.format(name), name)
    assert equal(name, wrapper.format(name.upper()))


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("Paul Cézanne", "paul cezanne"),
        ("U.S.A.", "USA"),
        ("twenty-one", "twenty one"),
        ("two apples", "2 apples"),
        ("rock & roll", "rock and roll"),
        ("x+1", "x + 1"),
        ("ＡＢＣ", "ABC"),
        ("a square", "square"),
        ("red, green and blue", "red green and blue"),
    ],
)
def test_spellings_of_one_answer(gold: str, answer: str) -> None:
    assert equal(gold, answer) and equal(answer, gold)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "other",
    [
        "not {}",
        "{}, France",
        "{} or London",
        "it is not {}",
        "never {}",
        "{} is wrong",
        "{} {}",
        "no {}",
        "un{}",
        "{}s",
        "x{}",
    ],
)
def test_a_longer_or_denying_statement_is_another_answer(name: str, other: str) -> None:
    assert not equal(name, other.replace("{}", name))
    assert not equal(other.replace("{}", name), name)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("-5", "5"),
        ("1/2", "12"),
        ("(2,3)", "(23)"),
        ("vitamin A", "vitamin"),
        ("vitamin A", "vitamin B"),
        ("A", "a"),
        ("AC", "CA"),
        ("increase", "increases"),
        ("2^3", "23"),
        ("x=1", "x-1"),
        ("Paris", ""),
        ("", "Paris"),
        ("", ""),
        (".", "."),
    ],
)
def test_different_answers(gold: str, answer: str) -> None:
    assert not equal(gold, answer) and not equal(answer, gold)


def test_case_counts_where_the_policy_says_so() -> None:
    assert equal("Paris", "paris")
    assert not equal("Paris", "paris", case="strict")
    assert equal("Paris", "Paris.", case="strict")


@given(gold=WORDS, answer=WORDS)
def test_words_are_equal_only_to_themselves(gold: str, answer: str) -> None:
    assert equal(gold, gold)
    assert equal(gold, answer) == (gold.split() == answer.split())


@given(gold=st.text(max_size=80), answer=st.text(max_size=80))
def test_any_two_texts_compare_alike_both_ways(gold: str, answer: str) -> None:
    first, second = text.compare(gold, answer, CONTEXT), text.compare(answer, gold, CONTEXT)
    assert first is not None and second is not None
    assert first.equal == second.equal


@pytest.mark.parametrize("piece", ["\\text{", "a ", "{", "\\", "$", "A.", "''", "é", "**"])
def test_long_texts_end(piece: str) -> None:
    long = piece * (5_000 // len(piece))
    outcome = text.compare(long, long + "x", CONTEXT)
    assert outcome is not None and not outcome.equal
