"""Smaller budgets: a cut response is a prefix, is scored as one, and the curve ends in the score as it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.types import ScoredItem, ScoreItem
from rfteval.budgets import MOST_QUESTIONS, Budgets, Curve, chosen, curve, cut, judges_the_text, parse_budgets, size_of
from rfteval.errors import UsageError
from rfteval.metrics import item_of, lacking, tally
from rfteval.record_json import record_from_json, record_to_json
from rfteval.scoring import score_chunks
from rfteval.types import Cut, Record, Response
from tests.rfteval.small_benchmark import benchmark, sample, scored

SUMS = benchmark()
SAMPLES = {each.id: each for each in (sample(number) for number in range(200))}

responses = st.builds(
    Response,
    sample_id=st.just("s1"),
    text=st.text(max_size=3000),
    reasoning=st.none() | st.text(max_size=3000),
    response_tokens=st.none() | st.integers(1, 4000),
)


class Scorer:
    """The exact comparison, which also remembers what it was sent."""

    def __init__(self) -> None:
        self.sent: list[ScoreItem] = []

    def score(self, items: Sequence[ScoreItem]) -> list[ScoredItem]:
        self.sent += items
        return [scored(item) for item in items]


def made(found: list[Response], budgets: Budgets, profile: str = "rules") -> tuple[list[Record], Scorer]:
    scorer = Scorer()
    chunks = score_chunks(
        [found], samples=SAMPLES, profile=SUMS.profiles[profile], scorer=scorer, digests={}, budgets=budgets
    )
    return [record for chunk in chunks for record in chunk], scorer


def curve_of(records: list[Record]) -> Curve | None:
    return curve([(item_of(each, ""), each) for each in records], {})


@given(responses, st.integers(1, 5000))
def test_a_cut_response_is_a_beginning_with_the_reasoning_first(response: Response, budget: int) -> None:
    size, counted = size_of(response)
    if budget >= size:
        with pytest.raises(ValueError):
            cut(response, budget)
        return
    shorter = cut(response, budget)
    whole, kept = (response.reasoning or "") + response.text, (shorter.reasoning or "") + shorter.text
    assert whole.startswith(kept)
    assert len(kept) == len(whole) * budget // size
    assert shorter.text == "" or shorter.reasoning == response.reasoning
    assert shorter.finish_reason == "length"
    assert size_of(shorter) == (budget, counted)


@given(responses)
def test_budgets_double_up_to_the_length(response: Response) -> None:
    size, counted = size_of(response)
    found = Budgets().below(response)
    first = 64 if counted else 256
    assert found == [first * 2**power for power in range(12) if first * 2**power < size]
    assert Budgets(given=(1, 1000)).below(response) == [budget for budget in (1, 1000) if budget < size]


def test_of_a_long_run_some_questions_are_cut_and_parts_choose_as_the_whole_does() -> None:
    names = [f"q{number}" for number in range(5_000)]
    whole = chosen(names)
    assert len(whole) == MOST_QUESTIONS and whole == chosen(reversed(names))
    for part in range(4):
        assert whole & set(names[part::4]) <= chosen(names[part::4])
    assert chosen(names[:100]) == set(names[:100])
    long = Response(sample_id="other", text="x" * 1000)
    assert Budgets().among(names).below(long) == []
    assert Budgets(given=(10,)).among(names).below(long) == [10]  # budgets that were asked for are for all


@pytest.mark.parametrize(
    ("text", "given"), [(None, None), ("auto", None), ("none", ()), ("256,64,64", (64, 256)), (" 8 ", (8,))]
)
def test_what_the_option_says(text: str | None, given: tuple[int, ...] | None) -> None:
    assert parse_budgets(text).given == given


@pytest.mark.parametrize("text", ["", "0", "-4", "64,x", "1.5", "64,,128"])
def test_a_budget_that_is_none_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="--budgets"):
        parse_budgets(text)


def test_cuts_are_scored_as_what_is_left_of_the_response() -> None:
    found = [
        Response(sample_id="s12", text="12"),
        Response(sample_id="s1", text="123"),
        Response(sample_id="s7", text="7"),
    ]
    records, scorer = made(found, Budgets(given=(1, 2)))
    assert [item.response for item in scorer.sent] == ["12", "123", "7", "1", "1", "12"]
    assert len({item.id for item in scorer.sent}) == 6
    assert [record.cuts for record in records] == [
        (Cut(budget=1, status="INCORRECT", score=0.0),),
        (Cut(budget=1, status="CORRECT", score=1.0), Cut(budget=2, status="INCORRECT", score=0.0)),
        (),
    ]
    for record in records:
        assert record_from_json(record_to_json(record)) == record


def test_a_profile_that_judges_something_stored_has_no_cuts() -> None:
    assert judges_the_text(SUMS.profiles["rules"]) and not judges_the_text(SUMS.profiles["stored"])
    records, scorer = made(
        [Response(sample_id="s12", text="12", extras={"extraction": "12"})], Budgets(given=(1,)), "stored"
    )
    assert len(scorer.sent) == 1 and records[0].cuts == ()


@given(st.lists(st.integers(0, 150), min_size=1, max_size=12, unique=True), st.sets(st.integers(1, 4), min_size=1))
def test_the_curve_is_the_score_of_the_shortened_responses(numbers: list[int], given_budgets: set[int]) -> None:
    """Each point against scoring the shortened texts from the start."""
    budgets = tuple(sorted(given_budgets))
    found = [Response(sample_id=f"s{number}", text=str(number)) for number in numbers]
    records, _ = made(found, Budgets(given=budgets))
    measured = curve_of(records)
    longest = max(len(response.text) for response in found)
    made_at = [budget for budget in budgets if budget < longest]
    if not made_at:
        assert measured is None
        return
    assert measured is not None and measured.unit == "characters"
    assert [point.budget for point in measured.points] == [*made_at, longest]
    for point in measured.points:
        short = [dataclasses.replace(response, text=response.text[: point.budget]) for response in found]
        again, _ = made(short, Budgets(given=()))
        expected = tally(item_of(each, "") for each in again)
        assert (point.accuracy, point.interval) == (expected.accuracy, expected.interval)
        assert point.cut == sum(len(response.text) > point.budget for response in found)


def test_no_curve_where_it_would_not_be_whole() -> None:
    cut_once, _ = made([Response(sample_id="s12", text="12")], Budgets(given=(1,)))
    older, _ = made([Response(sample_id="s13", text="13")], Budgets(given=()))
    counted, _ = made([Response(sample_id="s14", text="14", response_tokens=2)], Budgets(given=(1,)))
    assert curve_of(cut_once) is not None
    assert curve_of(cut_once + older) is None  # a record of a journal from before there were cuts
    assert curve_of(cut_once + counted) is None  # characters and tokens
    assert curve_of(older) is None


def test_samples_without_a_response_stay_unscored_in_every_point() -> None:
    records, _ = made([Response(sample_id="s12", text="12")], Budgets(given=(1,)))
    entries = [(item_of(records[0], ""), records[0]), (lacking(SAMPLES["s3"]), None)]
    measured = curve(entries, {})
    assert measured is not None
    assert [point.unscored for point in measured.points] == [1, 1]
