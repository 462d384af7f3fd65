"""Items that come one by one, as rollouts do when they finish: each sent at once, with those that came meanwhile.

A few threads take turns: one that is free takes whatever waits and makes one call of it. So a lone item goes without
delay, and under load the calls grow by themselves. No gRPC here; `score` is the client's.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from reward_service.batches import split
from reward_service.errors import InvalidRequestError, ServiceUnavailableError
from reward_service.types import ScoredItem, ScoreItem

_CALLS = 4  # at the same time
_BATCH = 256

_Entry = tuple[ScoreItem, Future[ScoredItem]]


class Submitter:
    """Threads that make calls of single items; they start with the first item and end with `close`."""

    def __init__(self, score: Callable[[Sequence[ScoreItem]], list[ScoredItem]]) -> None:
        self.process_id = os.getpid()  # threads do not survive a fork
        self._score = score
        self._entries: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        for number in range(_CALLS):
            threading.Thread(target=self._work, name=f"reward-calls-{number}", daemon=True).start()

    def submit(self, item: ScoreItem) -> Future[ScoredItem]:
        """The item's result, once it is there; the future raises what a call raises. Cancel it to drop what waits."""
        future: Future[ScoredItem] = Future()
        self._entries.put((item, future))
        return future

    def close(self) -> None:
        """Drop what waits and let the threads end after their calls."""
        for entry in self._waiting():
            if entry is not None and entry[1].set_running_or_notify_cancel():
                entry[1].set_exception(ServiceUnavailableError("this client was closed before the item was sent"))
        for _ in range(_CALLS):
            self._entries.put(None)

    def _waiting(self, most: int | None = None) -> list[_Entry | None]:
        found: list[_Entry | None] = []
        while most is None or len(found) < most:
            try:
                found.append(self._entries.get_nowait())
            except queue.Empty:
                break
        return found

    def _work(self) -> None:
        while (first := self._entries.get()) is not None:
            taken = [first, *self._waiting(_BATCH - 1)]
            entries = [entry for entry in taken if entry is not None and entry[1].set_running_or_notify_cancel()]
            for _ in range(taken.count(None)):
                self._entries.put(None)  # another thread's word that it is over
            following = iter(entries)
            for part in split((item for item, _ in entries), _BATCH):
                self._settle([next(following) for _ in part])

    def _settle(self, entries: Sequence[_Entry]) -> None:
        try:
            results = self._score([item for item, _ in entries])
        except InvalidRequestError as error:
            if len(entries) == 1:
                entries[0][1].set_exception(error)
            for entry in entries if len(entries) > 1 else ():
                self._settle([entry])  # one wrong item must not fail the others
        except Exception as error:  # handed to whoever waits for the results
            for _, future in entries:
                future.set_exception(error)
        else:
            for (_, future), scored in zip(entries, results, strict=True):
                future.set_result(scored)
