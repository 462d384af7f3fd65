"""The worker processes themselves: started warm, handed out, killed and replaced. What they work on is pool.py's.

All workers are forked by one host process (worker_host.py). A spare is always being made ready, so that a worker that
had to be killed is replaced at once.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from reward_service.config import PoolConfig
from reward_service.embedded import child_environment
from reward_service.worker_host import PROCESS_ID, REQUEST

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTimes:
    """Seconds a process computed, and in which it was ready to and had no processor; whether it is ready now.

    A wait that still goes on is not in `kept_waiting_s` yet.
    """

    computed_s: float
    kept_waiting_s: float
    ready: bool


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

    def times(self) -> ProcessTimes | None:
        """Its times since it was forked; None where the platform does not tell, or it has died."""
        try:
            # The kernel's clock of another process (clock_getcpuclockid(3)), which the standard library does not name.
            computed_s = time.clock_gettime(((~self.process_id) << 3) | 2)
            with open(f"/proc/{self.process_id}/schedstat") as counts:  # noqa: PTH123 - read many times a second
                kept_waiting_s = int(counts.read().split()[1]) / 1e9
            with open(f"/proc/{self.process_id}/stat") as facts:  # noqa: PTH123
                ready = facts.read().rpartition(") ")[2].startswith("R")
        except (OSError, IndexError, ValueError):
            return None
        return ProcessTimes(computed_s=computed_s, kept_waiting_s=kept_waiting_s, ready=ready)

    def be_nice(self) -> None:
        """Let the server and other workers go first on the processors, for good, where that costs it no limit."""
        if self.times() is None:
            return
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.process_id, 10)


class Crew:
    """Start with `start`, end with `stop`; all in one event loop."""

    def __init__(self, config: PoolConfig) -> None:
        self.started = 0
        self.host_restarts = 0
        self._config = config
        self._spares: asyncio.Queue[Worker] = asyncio.Queue()
        self._host: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        self._requesting = asyncio.Lock()
        self._killing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._live: set[int] = set()

    def start(self, count: int) -> None:
        """Start the host and order `count` workers; returns at once."""
        self._start_host()
        for _ in range(count):
            self._run(self._add_spare())

    async def stop(self) -> None:
        """Kill every worker and the host."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._requests is not None:
            self._requests.close()
        if self._host is not None:
            # It kills its workers when the socket closes; if it is still importing, it has none that could be busy.
            try:
                await asyncio.to_thread(self._host.wait, 0.05)
            except subprocess.TimeoutExpired:
                self._host.kill()
                self._host.wait()

    async def take(self) -> Worker:
        """A worker that nobody else has; waits until there is one."""
        return await self._spares.get()

    def discard(self, worker: Worker) -> None:
        """Kill a worker that is of no use any more and order its replacement."""
        worker.writer.close()
        self._run(self._kill(worker))
        self._run(self._add_spare())

    def process_ids(self) -> tuple[int, ...]:
        """Process ids of the workers believed alive."""
        return tuple(sorted(self._live))

    def _start_host(self) -> None:
        ours, theirs = socket.socketpair()
        config = self._config
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

    def _restart_host(self) -> None:
        self.host_restarts += 1
        self._live.clear()  # they died with it
        if self._requests is not None:
            self._requests.close()
        if self._host is not None:
            self._host.kill()
            self._host.wait()
        self._start_host()

    async def _kill(self, worker: Worker) -> None:
        """Kill a worker, ahead of the forks that others wait for: one that hangs takes a processor until then."""
        async with self._killing:
            if worker.process_id not in self._live:
                return
            self._live.discard(worker.process_id)
            assert self._requests is not None
            with contextlib.suppress(OSError):  # a dead host has no workers
                kill = REQUEST.pack(b"K", worker.process_id)
                await asyncio.get_running_loop().sock_sendall(self._requests, kill)

    async def _add_spare(self) -> None:
        """Put a new worker among the spares."""
        async with self._requesting:
            self._spares.put_nowait(await self._fork())

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
            self.started += 1
            return Worker(process_id=process_id, connection=ours, reader=reader, writer=writer)
        raise AssertionError("_backoff never ends")

    def _run(self, coroutine: collections.abc.Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        log_defect(task)


def log_defect(task: asyncio.Task[None]) -> None:
    """Say so where a task that should go on for ever has failed."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("defect in the pool, please report: %r", error, exc_info=error)


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
