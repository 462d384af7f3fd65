"""A response is taken for its request only where every result answers the item that was sent in its place."""

from __future__ import annotations

import pytest

from reward_service import batches, convert
from reward_service.batches import SURROGATES_FLAG, make_batch
from reward_service.errors import RewardServiceError
from reward_service.types import Reference, ScoredItem, ScoreItem, Status, Tier, Verdict
from reward_service.v1 import reward_pb2 as pb

RIGHT = Verdict(status=Status.CORRECT, score=1.0, verifier="math")


def item(name: str, response: str = "4") -> ScoreItem:
    return ScoreItem(id=name, response=response, reference=Reference(answer="4"))


def answered(*names: str) -> pb.ScoreResponse:
    response = pb.ScoreResponse()
    results = [
        ScoredItem(id=name, verdicts=(RIGHT,), reward=1.0, tier=Tier.INLINE, elapsed_us=number)
        for number, name in enumerate(names)
    ]
    convert.add_results(response.results, results)
    return response


@pytest.mark.parametrize("names", [("a",), ("a", "b", "c"), ("b", "a"), ("a", "a"), ()], ids=str)
def test_results_that_do_not_match_the_items_are_refused(names: tuple[str, ...]) -> None:
    batch = make_batch([item("a"), item("b")], ())
    with pytest.raises(RewardServiceError, match="broke the contract"):
        batch.results(answered(*names))


def test_by_position_ids_may_be_equal_and_come_back_as_they_were() -> None:
    batch = make_batch([item("a"), item("a")], (), by_position=True)
    assert [(scored.id, scored.elapsed_us) for scored in batch.results(answered("0", "1"))] == [("a", 0), ("a", 1)]
    with pytest.raises(RewardServiceError, match="broke the contract"):
        batch.results(answered("a", "a"))


def test_an_item_that_was_not_sent_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_ITEM_BYTES", 1_000)
    items = [item("0", "9" * 2_000), item("1"), item("2", "4\ud800"), item("3", "9" * 2_000), item("4")]
    batch = make_batch(items, ())
    results = batch.results(answered("1", "2", "4"))
    assert [scored.id for scored in results] == ["0", "1", "2", "3", "4"]
    assert [scored.verdicts[0].status for scored in results] == [
        Status.REJECTED,
        Status.CORRECT,
        Status.CORRECT,
        Status.REJECTED,
        Status.CORRECT,
    ]
    assert [SURROGATES_FLAG in scored.verdicts[0].flags for scored in results] == [False, False, True, False, False]
