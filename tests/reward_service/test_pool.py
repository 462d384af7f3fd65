"""The time a check is charged with: the clock's, without what its worker waited for a processor (decision 0008)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from reward_service import pool
from reward_service.crew import ProcessTimes, Worker


class Process:
    """A worker whose times, like the clock, are what the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock_s = self.computed_s = self.waited_s = 0.0
        self.ready = False
        self.known = True
        monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=lambda: self.clock_s))

    def times(self) -> ProcessTimes | None:
        if not self.known:
            return None
        return ProcessTimes(computed_s=self.computed_s, kept_waiting_s=self.waited_s, ready=self.ready)


@pytest.mark.parametrize(
    ("passed", "used_s"),
    [
        ({"clock_s": 2.0, "computed_s": 2.0}, 2.0),  # it computed all the time
        ({"clock_s": 2.0}, 2.0),  # it slept: a check that only waits is one that hangs
        ({"clock_s": 9.0, "computed_s": 1.0, "waited_s": 8.0}, 1.0),  # the machine was busy with others
        ({"clock_s": 9.0, "computed_s": 1.0, "waited_s": 7.0}, 2.0),  # and it slept a while
        ({"clock_s": 9.0, "computed_s": 1.0, "ready": True}, 1.0),  # it is waiting now, which is counted only later
        ({"clock_s": 8.0, "known": False}, 2.0),  # no word from the platform: patience 4
    ],
)
def test_a_check_is_charged_for_no_time_in_which_it_could_not_run(
    passed: dict[str, Any], used_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process(monkeypatch)
    stopwatch = pool._Stopwatch(cast(Worker, process), 4.0)
    for name, value in passed.items():
        setattr(process, name, value)
    assert stopwatch.used_s() == pytest.approx(used_s)
    assert stopwatch.elapsed_us() == pytest.approx(passed["clock_s"] * 1e6)
