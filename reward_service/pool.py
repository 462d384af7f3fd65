"""Killable worker processes behind a bounded queue: a fast lane, a slow lane that tries long checks once more, spares.

A check that hangs, eats memory or crashes costs its own verdict and one worker, never another item. Deadlines count
from the start of execution. Work whose caller has gone is dropped before it starts.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from reward_service.config import PoolConfig
from reward_service.convert import verdict_from_proto
from reward_service.embedded import child_environment
from reward_service.types import Status, Tier, Verdict
from reward_service.v1 import reward_pb2 as pb
from reward_service.verifiers.registry import Verifier, stamped
from reward_service.worker import ANSWER_HEADER, JOB_HEADER
from reward_service.worker_host import PROCESS_ID, REQUEST

_log = logging.getLogger(__name__)

# A verdict is a few texts; a worker that announces more is not to be believed.
_MAX_ANSWER_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolVerdict:
    """What a worker found, or what became of it: the verdict, where it was settled, and time spent computing.

    `final` is False where the slow lane was full, so that another try might find more.
    """

    verdict: Verdict
    tier: Tier
    elapsed_us: int
    final: bool = True


@dataclass(slots=True, kw_only=True)
class Job:
    """One check in the pool. `verifier` stamps the verdicts that no worker lived to give."""

    payload: bytes
    verifier: Verifier
    answer: asyncio.Future[PoolVerdict]
    attempts: int = 0
    elapsed_us: int = 0


class Lane:
    """A queue with its own workers and its own time limit. `size` is where new work is refused or shed."""

    def __init__(self, *, tier: Tier, limit_s: float, size: int) -> None:
        self.tier = tier
        self.limit_s = limit_s
        self.size = size
        self.running = 0
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()

    @property
    def queued(self) -> int:
        """Checks that wait for a worker."""
        return self._jobs.qsize()

    def put(self, job: Job) -> None:
        """Queue a job."""
        self._jobs.put_nowait(job)

    async def take(self) -> Job:
        """The oldest job whose caller still waits for it."""
        while True:
            job = await self._jobs.get()
            if not job.answer.done():
                return job


@dataclass(slots=True, kw_only=True)
class Worker:
    """The server's end of one worker process."""

    process_id: int
    connection: socket.socket
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    jobs: int = 0

    @property
    def alive(self) -> bool:
        """False once its end of the socket is closed, which the event loop may not have noticed yet."""
        if self.reader.at_eof() or self.writer.is_closing():
            return False
        try:
            return bool(self.connection.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False


@dataclass(slots=True, kw_only=True)
class PoolCounts:
    """What happened in the pool since it started; read by metrics."""

    started: int = 0
    killed: int = 0
    died: int = 0
    retried: int = 0
    shed: int = 0
    host_restarts: int = 0
    verdicts: collections.Counter[str] = field(default_factory=collections.Counter)


class Pool:
    """Start with `start`, give work with `submit`, end with `stop`; all in one event loop."""

    def __init__(self, config: PoolConfig) -> None:
        self.config = config
        self.counts = PoolCounts()
        self.fast = Lane(tier=Tier.WORKER, limit_s=config.limit_s, size=config.max_queued)
        self.slow = Lane(tier=Tier.SLOW_LANE, limit_s=config.slow_limit_s, size=config.max_queued_slow)
        self._spares: asyncio.Queue[Worker] = asyncio.Queue()
        self._host: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        self._requesting = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._live: set[int] = set()

    async def start(self) -> None:
        """Start the host process and ask for workers; returns at once, work queues until they are there."""
        self._start_host()
        slots = [self.fast] * self.config.worker_count() + [self.slow] * self.config.slow_worker_count()
        for _ in range(len(slots) + self.config.spares):
            self._run(self._add_spare())
        for lane in slots:
            self._run(self._slot(lane))

    async def stop(self) -> None:
        """Kill every worker and the host. Jobs still queued are cancelled."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._requests is not None:
            self._requests.close()
        if self._host is not None:
            # It kills its workers when the socket closes; if it is stuck in an import, its death kills them.
            try:
                await asyncio.to_thread(self._host.wait, 0.5)
            except subprocess.TimeoutExpired:
                self._host.kill()
                self._host.wait()

    async def submit(self, payload: bytes, verifier: Verifier) -> PoolVerdict:
        """Run one check (a serialized ScoreItem with one component). Cancelling drops it unless it already runs."""
        answer: asyncio.Future[PoolVerdict] = asyncio.get_running_loop().create_future()
        self.fast.put(Job(payload=payload, verifier=verifier, answer=answer))
        return await answer

    @property
    def full(self) -> bool:
        """Whether more work should be refused."""
        return self.fast.queued >= self.fast.size

    def process_ids(self) -> tuple[int, ...]:
        """Process ids of the workers believed alive."""
        return tuple(sorted(self._live))

    # The host

    def _start_host(self) -> None:
        ours, theirs = socket.socketpair()
        config = self.config
        with theirs:
            self._host = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "reward_service.worker_host"),
                    *("--fd", str(theirs.fileno()), "--memory-bytes", str(config.memory_bytes)),
                    *("--work-units", str(config.work_units), "--preload", str(int(config.preload))),
                ],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=child_environment(),
            )
        ours.setblocking(False)
        self._requests = ours

    async def _fork(self) -> Worker:
        """One new worker. Restarts the host where it has died."""
        loop = asyncio.get_running_loop()
        for delay_s in _backoff():
            assert self._requests is not None
            ours, theirs = socket.socketpair()
            try:
                with theirs:
                    await _send_socket(self._requests, theirs)
                answer = b""
                while len(answer) < PROCESS_ID.size:
                    part = await loop.sock_recv(self._requests, PROCESS_ID.size - len(answer))
                    if not part:
                        raise ConnectionResetError("it closed its socket")
                    answer += part
            except OSError as error:
                ours.close()
                _log.warning("the worker host died (%s); starting another", error)
                await asyncio.sleep(delay_s)
                self._restart_host()
                continue
            reader, writer = await asyncio.open_connection(sock=ours)
            (process_id,) = PROCESS_ID.unpack(answer)
            self._live.add(process_id)
            self.counts.started += 1
            return Worker(process_id=process_id, connection=ours, reader=reader, writer=writer)
        raise AssertionError("_backoff never ends")

    def _restart_host(self) -> None:
        self.counts.host_restarts += 1
        self._live.clear()  # they died with it
        if self._requests is not None:
            self._requests.close()
        if self._host is not None:
            self._host.kill()
            self._host.wait()
        self._start_host()

    async def _add_spare(self, instead_of: Worker | None = None) -> None:
        """Kill `instead_of`, if given, and put a new worker among the spares."""
        async with self._requesting:
            if instead_of is not None and instead_of.process_id in self._live:
                self._live.discard(instead_of.process_id)
                assert self._requests is not None
                with contextlib.suppress(OSError):  # a dead host has no workers
                    kill = REQUEST.pack(b"K", instead_of.process_id)
                    await asyncio.get_running_loop().sock_sendall(self._requests, kill)
            self._spares.put_nowait(await self._fork())

    def _discard(self, worker: Worker) -> None:
        """Kill a worker that is of no use any more and order its replacement."""
        worker.writer.close()
        self._run(self._add_spare(instead_of=worker))

    def _run(self, coroutine: collections.abc.Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("defect in the pool, please report: %r", error, exc_info=error)

    # The slots

    async def _slot(self, lane: Lane) -> None:
        """Keep one worker busy with the jobs of `lane` for ever."""
        worker = await self._spares.get()
        try:
            while True:
                job = await lane.take()
                while not worker.alive or worker.jobs >= self.config.jobs_per_worker:
                    self._discard(worker)
                    worker = await self._spares.get()
                lane.running += 1
                try:
                    usable = await self._attempt(lane, worker, job)
                finally:
                    lane.running -= 1
                if not usable:
                    self._discard(worker)
                    worker = await self._spares.get()
        finally:
            worker.writer.close()

    async def _attempt(self, lane: Lane, worker: Worker, job: Job) -> bool:
        """Run a job once and settle it or send it to the slow lane. False if the worker cannot be used again."""
        loop = asyncio.get_running_loop()
        job.attempts += 1
        worker.jobs += 1
        started = loop.time()
        try:
            async with asyncio.timeout(lane.limit_s + self.config.kill_margin_s):
                worker.writer.write(JOB_HEADER.pack(len(job.payload), lane.limit_s) + job.payload)
                await worker.writer.drain()
                header = await worker.reader.readexactly(ANSWER_HEADER.size)
                size, elapsed_us, retire = ANSWER_HEADER.unpack(header)
                if size > _MAX_ANSWER_BYTES:
                    raise ConnectionError("an answer that no verifier gives")
                message = await worker.reader.readexactly(size)
                verdict = verdict_from_proto(pb.Verdict.FromString(message))
        except TimeoutError:
            self.counts.killed += 1
            job.elapsed_us += int((loop.time() - started) * 1e6)
            reason = f"the check ran longer than {lane.limit_s:g} s and was killed"
            self._failed(lane, job, Verdict(status=Status.TIMEOUT, reason=reason, rule="limit.time"))
            return False
        except (asyncio.IncompleteReadError, ConnectionError, ValueError, DecodeError):
            self.counts.died += 1
            job.elapsed_us += int((loop.time() - started) * 1e6)
            reason = "the process that ran the check died"
            self._failed(lane, job, Verdict(status=Status.CRASHED, reason=reason, rule="crash"))
            return False
        job.elapsed_us += elapsed_us
        if verdict.rule == "limit.time":
            self._failed(lane, job, verdict)
        else:
            self._settle(lane, job, verdict)
        return not retire

    def _failed(self, lane: Lane, job: Job, verdict: Verdict) -> None:
        """Try once more in the slow lane, where it is not already there and has room; else this is the verdict."""
        verdict = stamped(verdict, job.verifier)
        if lane is self.slow or job.answer.done():
            self._settle(lane, job, verdict)
        elif self.slow.queued >= self.slow.size:
            self.counts.shed += 1
            self._settle(lane, job, verdict, final=False)
        else:
            self.counts.retried += 1
            self.slow.put(job)

    def _settle(self, lane: Lane, job: Job, verdict: Verdict, *, final: bool = True) -> None:
        self.counts.verdicts[verdict.status.name] += 1
        if not job.answer.done():
            elapsed_us = job.elapsed_us
            job.answer.set_result(PoolVerdict(verdict=verdict, tier=lane.tier, elapsed_us=elapsed_us, final=final))


async def _send_socket(requests: socket.socket, theirs: socket.socket) -> None:
    """Ask the host to fork a worker that serves `theirs`; waits where it is behind with its requests."""
    while True:
        try:
            socket.send_fds(requests, [REQUEST.pack(b"F", 0)], [theirs.fileno()])
            return
        except BlockingIOError:
            await asyncio.sleep(0.01)


def _backoff() -> Iterator[float]:
    """Seconds to wait before each restart of the host: 0, then doubling up to 5, without end."""
    yield 0.0
    delay_s = 0.1
    while True:
        yield delay_s
        delay_s = min(5.0, delay_s * 2)
