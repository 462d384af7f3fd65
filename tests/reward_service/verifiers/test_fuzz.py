"""A few thousand checks of the fuzzer in every run of the tests; `make fuzz` runs millions."""

from __future__ import annotations

from tests.perf.fuzz import run


def test_hostile_texts_end_in_a_status_within_a_second() -> None:
    tally = run(seed=20, seconds=30, checks=3_000)
    assert not tally.failures, tally.failures[:3]
    assert tally.checks > 500
