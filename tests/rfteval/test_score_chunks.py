"""Scoring in windows: every response once, in order, while more come in; and failures after what came before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.errors import ServiceUnavailableError
from reward_service.types import ScoredItem, ScoreItem
from rfteval.errors import ServiceMismatchError
from rfteval.scoring import BATCH_CHARACTERS, BATCH_ITEMS, Scorer, chunked, score_chunks
from rfteval.types import Record, Response
from tests.rfteval.small_benchmark import DIGEST, LocalScorer, benchmark, sample

SAMPLES = {f"s{number}": sample(number) for number in range(1000)}


def responses(count: int) -> list[Response]:
    return [Response(sample_id=f"s{number}", text=str(number)) for number in range(count)]


def scores(chunks: Iterator[list[Response]], scorer: Scorer, profile: str = "rules") -> Iterator[list[Record]]:
    chosen = benchmark().profiles[profile]
    return score_chunks(chunks, samples=SAMPLES, profile=chosen, scorer=scorer, digests={"exact": DIGEST})


@given(st.lists(st.integers(0, 3000), max_size=600))
def test_chunks_keep_order_and_both_limits(lengths: list[int]) -> None:
    found = [Response(sample_id=str(place), text="x" * (length * 2000)) for place, length in enumerate(lengths[:40])]
    found += [Response(sample_id=str(place + 40), text="") for place in range(len(lengths))]
    chunks = list(chunked(found))
    assert [response for chunk in chunks for response in chunk] == found
    for chunk in chunks:
        assert 1 <= len(chunk) <= BATCH_ITEMS
        assert len(chunk) == 1 or sum(len(response.text) for response in chunk) <= BATCH_CHARACTERS


def test_every_response_is_scored_once_and_in_order() -> None:
    scorer = LocalScorer()
    records = [record for chunk in scores(chunked(responses(1000)), scorer) for record in chunk]
    assert [record.sample_id for record in records] == list(SAMPLES)
    assert sorted(scorer.seen) == sorted(f"{name}:0" for name in SAMPLES)
    assert all(record.scored and record.scored.verdicts[0].correct for record in records)


def test_a_failed_model_and_a_missing_text_are_recorded_without_being_sent() -> None:
    failed = Response(sample_id="s1", text="", error="no such deployment")
    plain = Response(sample_id="s2", text="2")
    scorer = LocalScorer()
    (records,) = scores(iter([[failed, plain]]), scorer)
    assert [record.scored is None for record in records] == [True, False]
    assert scorer.seen == ["s2:0"]
    (records,) = scores(iter([[plain, replace(plain, sample_id="s3", extras={"extraction": "3"})]]), scorer, "stored")
    assert [record.scored is None for record in records] == [True, False]
    assert scorer.seen == ["s2:0", "s3:0"]


def test_scoring_goes_on_while_responses_come_in() -> None:
    """The second chunk is only handed out after the first was scored, which deadlocks unless the two overlap."""
    first_scored = threading.Event()

    def chunks() -> Iterator[list[Response]]:
        yield responses(2)
        assert first_scored.wait(30)
        yield responses(4)[2:]

    records = list(scores(chunks(), LocalScorer(lambda call: first_scored.set())))
    assert [len(chunk) for chunk in records] == [2, 2]


def test_a_failure_of_the_service_comes_after_the_records_before_it() -> None:
    def fail(call: int) -> None:
        if call == 3:
            raise ServiceUnavailableError("gone")

    got = []
    with pytest.raises(ServiceUnavailableError):
        for chunk in scores(chunked(responses(1000)), LocalScorer(fail)):
            got.extend(chunk)
    assert len(got) in (2 * BATCH_ITEMS, 3 * BATCH_ITEMS)  # two calls run at a time, so the third may be either chunk
    assert [record.sample_id for record in got] == list(SAMPLES)[: len(got)]


def test_a_failure_of_the_source_comes_after_the_records_before_it() -> None:
    def chunks() -> Iterator[list[Response]]:
        yield responses(3)
        raise RuntimeError("model fell over")

    got = []
    with pytest.raises(RuntimeError, match="fell over"):
        for chunk in scores(chunks(), LocalScorer()):
            got.extend(chunk)
    assert len(got) == 3


def test_another_digest_or_another_id_stops_the_run() -> None:
    class Other(LocalScorer):
        def score(self, items: list[ScoreItem]) -> list[ScoredItem]:  # type: ignore[override]
            results = super().score(items)
            verdicts = tuple(replace(verdict, digest="beef") for verdict in results[0].verdicts)
            return [replace(result, verdicts=verdicts) for result in results]

    class Shuffled(LocalScorer):
        def score(self, items: list[ScoreItem]) -> list[ScoredItem]:  # type: ignore[override]
            return super().score(items)[::-1]

    with pytest.raises(ServiceMismatchError, match="beef"):
        list(scores(chunked(responses(1)), Other()))
    with pytest.raises(ServiceMismatchError, match="report this"):
        list(scores(chunked(responses(2)), Shuffled()))
