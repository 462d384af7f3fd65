"""Some hundred checks of the fuzzer in every run of the tests; `make fuzz` runs millions."""

from __future__ import annotations

import pytest

from tests.perf.fuzz import run


@pytest.mark.parametrize("checks", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_hostile_texts_end_in_a_status_within_a_second(checks: int) -> None:
    tally = run(seed=20, seconds=100, checks=checks)
    assert not tally.failures, tally.failures[:3]
    assert tally.checks > checks / 6
