"""Counting: nothing unscored enters an accuracy, and nothing leaves the count."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.types import Status
from rfteval.metrics import NO_RESPONSE, UNTAGGED, Item, Tally, by_tag, tally
from rfteval.statistics import wilson_interval
from tests.rfteval.small_benchmark import sample


def item(sample_id: str, score: float | None, index: int = 0) -> Item:
    status = "TIMEOUT" if score is None else ("CORRECT" if score == 1 else "INCORRECT")
    return Item(sample_id=sample_id, index=index, status=status, score=score, reason="")


items = st.lists(st.builds(item, st.sampled_from("abcdef"), st.none() | st.sampled_from([0.0, 0.5, 1.0])), max_size=30)


@given(items)
def test_unscored_items_change_the_count_and_never_the_accuracy(found: list[Item]) -> None:
    whole = tally(found)
    clean = tally([one for one in found if one.score is not None])
    assert whole.accuracy == clean.accuracy
    assert whole.interval == clean.interval
    assert whole.items == len(found) == whole.scored + sum(whole.unscored.values())


@given(items, st.randoms())
def test_the_order_of_items_does_not_matter(found: list[Item], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = tally(found), tally(shuffled)
    assert (one.items, one.scored, one.unscored) == (other.items, other.scored, other.unscored)
    assert one.accuracy == pytest.approx(other.accuracy, abs=1e-12)


def test_a_sample_counts_once_however_many_responses_it_has() -> None:
    found = [item("a", 1.0), item("b", 0.0, 0), item("b", 1.0, 1), item("b", None, 2), item("c", None)]
    counted = tally(found)
    assert counted.accuracy == pytest.approx((1 + 0.5) / 2)
    assert (counted.items, counted.scored, counted.samples, dict(counted.unscored)) == (5, 3, 2, {"TIMEOUT": 2})


def test_nothing_scored_is_no_accuracy_rather_than_zero() -> None:
    assert tally([item("a", None)]).accuracy is None
    assert tally([]).accuracy is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": 3, "scored": 1, "samples": 1, "unscored": {"TIMEOUT": 1}, "accuracy": 1.0},
        {"items": 1, "scored": 1, "samples": 1},
        {"items": 0, "scored": 0, "samples": 0, "accuracy": 0.0},
    ],
)
def test_a_tally_that_does_not_add_up_cannot_be_made(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Tally(**wrong)  # type: ignore[arg-type]


def test_groups_hold_each_item_once_for_each_of_its_tags() -> None:
    samples = {one.id: one for one in (sample(number) for number in range(9))}
    found = [item(name, 1.0) for name in samples]
    parity = by_tag(found, samples, "parity")
    assert {name: group.items for name, group in parity.items()} == {"even": 5, "odd": 4}
    skills = by_tag(found, samples, "skills")
    assert {name: group.items for name, group in skills.items()} == {UNTAGGED: 3, "a": 6, "b": 6}
    assert {name: group.items for name, group in by_tag(found, samples, "none").items()} == {UNTAGGED: 9}


def test_the_harness_has_no_status_name_in_common_with_the_service() -> None:
    assert NO_RESPONSE not in Status.__members__


@given(st.integers(1, 500), st.data())
def test_the_interval_holds_the_share_and_narrows_with_trials(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    low, high = wilson_interval(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    low_4, high_4 = wilson_interval(4 * successes, 4 * trials)
    assert high_4 - low_4 < high - low


@given(st.integers(1, 200), st.data())
def test_the_interval_ends_where_the_score_test_rejects(trials: int, data: st.DataObject) -> None:
    """Its definition: the bounds are the shares p with |p̂ - p| = z sqrt(p(1-p)/n)."""
    successes = data.draw(st.integers(1, trials)) if trials > 1 else 1
    share = successes / trials
    z = 1.959963984540054
    for bound in wilson_interval(successes, trials):
        if 0 < bound < 1 and bound != share:
            assert abs(share - bound) == pytest.approx(z * math.sqrt(bound * (1 - bound) / trials), rel=1e-9)


def test_the_interval_covers_95_percent_of_what_binomial_trials_give() -> None:
    """Exact coverage, by summing the binomial distribution: near the nominal level on average over shares."""
    trials = 60
    coverage = []
    for share in (step / 40 for step in range(1, 40)):
        inside = 0.0
        for successes in range(trials + 1):
            low, high = wilson_interval(successes, trials)
            if low <= share <= high:
                inside += math.comb(trials, successes) * share**successes * (1 - share) ** (trials - successes)
        coverage.append(inside)
    assert abs(sum(coverage) / len(coverage) - 0.95) < 0.01
    assert min(coverage) > 0.9


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (1, -1), (3, 2), (-1, 2)])
def test_no_interval_for_what_is_no_share(successes: float, trials: int) -> None:
    with pytest.raises(ValueError):
        wilson_interval(successes, trials)


def test_every_unscored_status_is_kept_apart() -> None:
    names = [status.name for status in Status if not status.scored]
    found = [
        Item(sample_id=str(place), index=0, status=name, score=None, reason="")
        for place, name in enumerate(itertools.chain(names, names))
    ]
    assert dict(tally(found).unscored) == dict.fromkeys(sorted(names), 2)
