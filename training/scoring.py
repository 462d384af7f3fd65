"""Rollouts → what they are worth, over gRPC, while others are still being sampled.

A thread with an event loop of its own: every rollout is sent as it finishes, those that finish together in one call.
A service that cannot be reached makes rollouts unscored, never wrong; a private one that died is started again.
"""

from __future__ import annotations

import asyncio
import collections
import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType

from reward_service.async_client import AsyncRewardClient
from reward_service.credentials import ClientCredentials
from reward_service.embedded import EmbeddedServer
from reward_service.errors import DeadlineError, ServiceUnavailableError
from reward_service.types import ScoredItem, ScoreItem
from rfteval.errors import ServiceMismatchError, unknown_name
from rfteval.service import read_credentials
from rfteval.types import Sample
from training.rewards import Recipe, unscored
from training.types import Rewarded, Rollout

_log = logging.getLogger(__name__)
HEARTBEAT_S = 0.5
LISTING_S = 60.0  # a server loads every verifier before it can list them; scoring has its own limit
AUTO = {"auto": ("choice", "math")}  # what the name stands for, by the kind of the reference

_Entry = tuple[ScoreItem, Future[ScoredItem | str]]


class Scorer:
    """A connection to the reward service for the length of a run; use it as a context manager.

    `address` None: a private server. `digests` are those of the verifiers `wanted`, asked for at the start.
    """

    def __init__(
        self,
        address: str | None,
        wanted: Sequence[str],
        *,
        timeout_s: float,
        credentials: str | None = None,
        server_arguments: Sequence[str] = (),
    ) -> None:
        self._addresses = None if address is None else tuple(part.strip() for part in address.split(","))
        self._wanted = tuple(dict.fromkeys(real for name in wanted for real in AUTO.get(name, (name,))))
        self._timeout_s = timeout_s
        self._credentials: ClientCredentials | None = None if credentials is None else read_credentials(credentials)
        self._server_arguments = tuple(server_arguments)
        self._server: EmbeddedServer | None = None
        self._client: AsyncRewardClient | None = None
        self._loop = asyncio.new_event_loop()
        self._queue: asyncio.Queue[_Entry] = asyncio.Queue()
        self._restarting = asyncio.Lock()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rewards", daemon=True)
        self.digests: dict[str, str] = {}
        self.restarts = 0

    def __enter__(self) -> Scorer:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def address(self) -> str:
        """Where the service is, also a private one."""
        return self._server.address if self._server is not None else ",".join(self._addresses or ())

    def submit(self, item: ScoreItem) -> Future[ScoredItem | str]:
        """Send an item; the future gives its verdicts, or why there are none. It raises what a wrong request raises."""
        future: Future[ScoredItem | str] = Future()
        self._loop.call_soon_threadsafe(self._queue.put_nowait, (item, future))
        return future

    def close(self) -> None:
        """End the connection and the private server, if any. Does nothing the second time."""
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        if self._server is not None:
            self._server.stop()

    async def _open(self) -> None:
        await self._connect()
        if self._addresses is None:
            from reward_service.verifiers import registry

            known = {name: registry.get(name).info().digest for name in self._wanted}
        else:
            assert self._client is not None
            infos = await self._client.verifiers()
            known = {info.name: info.digest for info in infos}
        for name in self._wanted:
            if name not in known:
                raise unknown_name("verifier at the reward service", name, known)
        self.digests = {name: known[name] for name in self._wanted}
        self._runner = asyncio.create_task(self._run())

    async def _connect(self) -> None:
        before = self._client
        if self._addresses is None:
            self._server = await asyncio.to_thread(EmbeddedServer, self._server_arguments)
        addresses = self._addresses if self._server is None else (self._server.address,)
        client = AsyncRewardClient(addresses, timeout_s=LISTING_S, credentials=self._credentials)
        self._client = await client.__aenter__()
        if before is not None:
            await before.close()

    async def _shut(self) -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        if self._client is not None:
            await self._client.close()

    async def _run(self) -> None:
        """Send what has come in since the last call as one call, without waiting for its answer."""
        calls: set[asyncio.Task[None]] = set()
        while True:
            entries = [await self._queue.get()]
            while not self._queue.empty():
                entries.append(self._queue.get_nowait())
            call = asyncio.create_task(self._settle(entries))
            calls.add(call)
            call.add_done_callback(calls.discard)

    async def _settle(self, entries: Sequence[_Entry]) -> None:
        try:
            results: Sequence[ScoredItem | str] = await self._score([item for item, _ in entries])
        except (ServiceUnavailableError, DeadlineError) as error:
            _log.warning("%d rollouts stay unscored: %s", len(entries), error)
            results = [f"{type(error).__name__}: {error}"] * len(entries)
        except Exception as error:  # handed to whoever waits for the verdicts, who raises it
            for _, future in entries:
                future.set_exception(error)
            return
        for (_, future), result in zip(entries, results, strict=True):
            future.set_result(result)

    async def _score(self, items: Sequence[ScoreItem]) -> list[ScoredItem]:
        """One call. Where the private server has died, another one is started and asked."""
        numbered = [
            ScoreItem(id=str(place), response=item.response, reference=item.reference, components=item.components)
            for place, item in enumerate(items)
        ]
        deadline = time.monotonic() + self._timeout_s
        while True:
            client = self._client
            assert client is not None
            call = asyncio.create_task(client.score(numbered, timeout_s=max(deadline - time.monotonic(), 0.1)))
            while not call.done():
                await asyncio.wait({call}, timeout=HEARTBEAT_S)
                if self._client is not client or (self._server is not None and _ended(self._server)):
                    call.cancel()
                    await asyncio.wait({call})
            if not call.cancelled():
                return self._checked(call.result())
            await self._restart(client)

    async def _restart(self, failed: AsyncRewardClient) -> None:
        """Once for all the calls that found the server gone."""
        async with self._restarting:
            if self._client is failed:
                _log.warning("the private reward server is gone; starting another one")
                assert self._server is not None
                self._server.stop()
                self.restarts += 1
                await self._connect()

    def _checked(self, scored: list[ScoredItem]) -> list[ScoredItem]:
        for item in scored:
            for verdict in item.verdicts:
                expected = self.digests.get(verdict.verifier, verdict.digest)
                if verdict.digest and verdict.digest != expected:
                    raise ServiceMismatchError(
                        f"verifier {verdict.verifier!r} changed from digest {expected} to {verdict.digest} while "
                        "training; keep one version of the service running, or resume to go on with the new one"
                    )
        return scored


def _ended(server: EmbeddedServer) -> bool:
    try:
        return os.waitid(os.P_PID, server.process_id, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


class BatchScores:
    """The scores of one batch of rollouts, which are sent as they finish and collected group by group."""

    def __init__(self, scorer: Scorer, recipe: Recipe, samples: Mapping[str, Sample]) -> None:
        self._scorer = scorer
        self._recipe = recipe
        self._samples = samples
        self._pending: dict[str, list[tuple[Rollout, Future[ScoredItem | str]]]] = collections.defaultdict(list)
        self.waited_s = 0.0

    def send(self, rollout: Rollout) -> None:
        """Send a finished rollout."""
        future = self._scorer.submit(self._recipe.item(rollout, self._samples[rollout.sample_id]))
        self._pending[rollout.sample_id].append((rollout, future))

    def collect(self) -> dict[str, tuple[tuple[Rollout, ...], tuple[Rewarded, ...]]]:
        """By sample id: its rollouts in order of their indices, and what they are worth. Waits for what is missing."""
        began = time.monotonic()
        names = self._recipe.names
        found = {}
        for sample_id, pairs in self._pending.items():
            pairs.sort(key=lambda pair: pair[0].index)
            group = tuple(rollout for rollout, _ in pairs)
            answers = [future.result() for _, future in pairs]
            if self._recipe.late:
                rewarded = self._late(sample_id, group, answers)
            else:
                rewarded = tuple(
                    unscored(names, each) if isinstance(each, str) else self._recipe.worth(each.verdicts)
                    for each in answers
                )
            found[sample_id] = (group, rewarded)
        self._pending.clear()
        self.waited_s += time.monotonic() - began
        return found

    def _late(
        self, sample_id: str, group: tuple[Rollout, ...], answers: Sequence[ScoredItem | str]
    ) -> tuple[Rewarded, ...]:
        waiting = []
        for rollout, answer in zip(group, answers, strict=True):
            verdicts = () if isinstance(answer, str) else answer.verdicts
            item = verdicts and self._recipe.late_item(rollout, self._samples[sample_id], verdicts, group)
            waiting.append(self._scorer.submit(item) if item else None)
        rewarded = []
        for answer, future in zip(answers, waiting, strict=True):
            late = None if future is None else future.result()
            if isinstance(answer, str) or isinstance(late, str):
                rewarded.append(unscored(self._recipe.names, answer if isinstance(answer, str) else str(late)))
            else:
                rewarded.append(self._recipe.worth(answer.verdicts, late.verdicts if late is not None else ()))
        return tuple(rewarded)
