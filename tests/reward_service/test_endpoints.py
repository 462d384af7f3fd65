"""Which address is called next: rounds, failures, patience; with a clock that the test moves."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.endpoints import NEW_ADDRESS_PATIENCE_S, Rotation
from reward_service.errors import ServiceUnavailableError


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def rotation(*addresses: str, patience_s: float = 60.0) -> tuple[Rotation, Clock]:
    clock = Clock()
    return Rotation(addresses, clock=clock, random_source=random.Random(0), patience_s=patience_s), clock


@given(st.integers(1, 5), st.integers(1, 10))
def test_addresses_that_are_up_share_the_calls_evenly(count: int, rounds: int) -> None:
    turns, _ = rotation(*(f"a{number}" for number in range(count)))
    assert Counter(turns.pick()[0] for _ in range(count * rounds)) == {f"a{n}": rounds for n in range(count)}


def test_one_that_failed_is_left_alone_then_tried_by_one_call() -> None:
    turns, clock = rotation("good", "bad")
    turns.failed("bad")
    assert {turns.pick() for _ in range(4)} == {("good", 0.0)}
    clock.now += 0.05
    assert Counter(turns.pick()[0] for _ in range(10))["bad"] == 1
    turns.succeeded("bad")
    assert Counter(turns.pick()[0] for _ in range(10))["bad"] == 5


def test_waiting_grows_with_failures_and_ends() -> None:
    turns, _ = rotation("only")
    waits = []
    for _ in range(20):
        turns.failed("only")
        waits.append(turns.pick()[1])
    assert 0 < waits[0] <= 0.05
    assert waits[3] > waits[0]
    assert max(waits) <= 2.0


def test_a_full_server_is_left_alone_as_long_as_it_asked() -> None:
    turns, _ = rotation("full")
    turns.failed("full", delay_s=0.2)
    assert 0.1 <= turns.pick()[1] <= 0.2
    assert turns.give_up_at_s(0.0) == float("inf")  # it is there, after all


def test_when_all_are_down_the_first_to_come_back_is_named() -> None:
    turns, _ = rotation("a", "b", "c")
    for address, delay_s in (("a", 3.0), ("b", 1.0), ("c", 2.5)):
        turns.failed(address, delay_s=delay_s)
    assert turns.pick()[0] == "b"


def test_patience_is_for_those_who_have_answered() -> None:
    turns, clock = rotation("a", "b", patience_s=30.0)
    turns.failed("a")
    assert turns.give_up_at_s(clock.now) == clock.now + NEW_ADDRESS_PATIENCE_S
    turns.succeeded("b")
    assert turns.give_up_at_s(clock.now) == float("inf")
    clock.now += 100
    turns.failed("b")
    assert turns.give_up_at_s(clock.now - 50) == clock.now + 30  # from when it went, not from when the call began
    clock.now += 20
    turns.failed("b")
    assert turns.give_up_at_s(clock.now) == clock.now + 30  # a new call has its own


def test_an_outage_is_told_once_and_its_end_once() -> None:
    turns, clock = rotation("a", "b")
    turns.succeeded("a")
    turns.failed("a")
    assert not turns.outage_to_tell()
    clock.now += 3
    turns.failed("b")
    assert turns.outage_to_tell()
    assert not turns.outage_to_tell()
    assert turns.succeeded("b")
    assert not turns.succeeded("b")
    clock.now += 3
    assert not turns.outage_to_tell()


def test_one_address_that_answers_is_no_outage() -> None:
    turns, clock = rotation("up", "down")
    for _ in range(10):
        turns.failed("down")
        assert not turns.succeeded("up")
        clock.now += 1
        assert not turns.outage_to_tell()


def test_no_address_is_an_error() -> None:
    with pytest.raises(ServiceUnavailableError, match="no address"):
        rotation()
