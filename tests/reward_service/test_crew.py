"""A worker that is discarded dies at once, however many replacements are still to be made."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

from reward_service.config import PoolConfig
from reward_service.crew import Crew

BURST = 8


def test_the_discarded_are_killed_before_their_replacements_are_forked() -> None:
    async def scenario() -> tuple[int, int]:
        crew = Crew(PoolConfig(workers=1, preload=False))
        crew.start(BURST)
        try:
            workers = [await crew.take() for _ in range(BURST)]
            started = crew.started
            for worker in workers:
                os.kill(worker.process_id, signal.SIGSTOP)  # as deaf to a closed socket as one that hangs
            for worker in workers:
                crew.discard(worker)
            deadline = time.monotonic() + 30
            while any(_alive(worker.process_id) for worker in workers) and time.monotonic() < deadline:
                await asyncio.sleep(0)
            return sum(_alive(worker.process_id) for worker in workers), crew.started - started
        finally:
            await crew.stop()

    alive, forked = asyncio.run(scenario())
    assert alive == 0
    assert forked <= BURST // 2  # in turn with the forks, all of them but the last would be there


def _alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
