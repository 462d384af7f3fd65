"""What the tests of faults share: items for the trial verifier `behave`, and a look at a server's processes."""

from __future__ import annotations

import time

import psutil

from reward_service.types import Component, Reference, ScoredItem, ScoreItem
from tests.server_process import ServerProcess

BEHAVE = (Component(verifier="behave"),)
BEHAVE_INLINE = (Component(verifier="behave_inline"),)


def item(name: object, response: str) -> ScoreItem:
    return ScoreItem(id=str(name), response=response, reference=Reference(answer="x"))


def statuses(results: list[ScoredItem]) -> list[str]:
    return [scored.verdicts[0].status.name for scored in results]


def descendants(server: ServerProcess) -> list[psutil.Process]:
    return psutil.Process(server.process.pid).children(recursive=True)


def idle_workers(server: ServerProcess, at_least: int, timeout_s: float = 20.0) -> list[psutil.Process]:
    """Its workers, once there are so many."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        hosts = psutil.Process(server.process.pid).children()
        workers = [worker for host in hosts for worker in host.children()]
        if len(workers) >= at_least:
            return workers
        time.sleep(0.05)
    raise AssertionError(f"fewer than {at_least} workers after {timeout_s:g} s")


def gone(processes: list[psutil.Process], timeout_s: float = 5.0) -> bool:
    """Whether all of them end in time. One that only waits to be reaped has ended."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not any(_runs(process) for process in processes):
            return True
        time.sleep(0.02)
    return False


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
