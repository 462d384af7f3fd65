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


def rotation(*addresses: str) -> tuple[Rotation, Clock]:
    clock = Clock()
    return Rotation(addresses, clock=clock, random_source=random.Random(0)), clock


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
    assert turns.patience_s() == float("inf")  # it is there, after all


def test_when_all_are_down_the_first_to_come_back_is_named() -> None:
    turns, _ = rotation("a", "b", "c")
    for address, delay_s in (("a", 3.0), ("b", 1.0), ("c", 2.5)):
        turns.failed(address, delay_s=delay_s)
    assert turns.pick()[0] == "b"


def test_patience_is_for_those_who_have_answered() -> None:
    turns, _ = rotation("a", "b")
    turns.failed("a")
    assert turns.patience_s() == NEW_ADDRESS_PATIENCE_S
    turns.succeeded("b")
    turns.failed("b")
    assert turns.patience_s() == float("inf")


def test_no_address_is_an_error() -> None:
    with pytest.raises(ServiceUnavailableError, match="no address"):
        rotation()
