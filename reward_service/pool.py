"""Checks in killable workers, behind bounded queues, in three lanes, so that hanging checks do not starve honest ones.

The fast lane takes everything. A check that holds its worker while others wait is set aside for the second lane, which
gives it the whole time limit; one that runs over that is tried once more in the slow lane, with a longer one. A check
that hangs, eats memory or crashes costs its own verdict and one worker, never another item. Time counts from the start
of execution. Work whose caller has gone is dropped before it starts.
"""

from __future__ import annotations

import asyncio
import collections
import time
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from reward_service.config import PoolConfig
from reward_service.convert import verdict_from_proto
from reward_service.crew import Crew, Worker, log_defect
from reward_service.types import Status, Tier, Verdict
from reward_service.v1 import reward_pb2 as pb
from reward_service.verifiers.registry import Verifier, stamped
from reward_service.worker import ANSWER_HEADER, JOB_HEADER

# A verdict is a few texts; a worker that announces more is not to be believed.
_MAX_ANSWER_BYTES = 64 << 20
_OUTCOMES = 4  # of the latest checks that did not end at once: they tell long ones from hanging ones
_LAST_LOOK_S = 0.002
_MAX_CRASHES = 2  # one may be someone else's fault: the kernel short of memory, an operator


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolVerdict:
    """What a worker found, or what became of it: the verdict, where it was settled, and time spent computing.

    `final` is False where a longer try was due and there was no room for it, so that asking again might find more.
    """

    verdict: Verdict
    tier: Tier
    elapsed_us: int
    final: bool = True


@dataclass(slots=True, kw_only=True)
class Job:
    """One check in the pool. `verifier` stamps the verdicts that no worker lived to give; `verdict` is what it would
    be if it got no further try."""

    payload: bytes
    verifier: Verifier
    answer: asyncio.Future[PoolVerdict]
    verdict: Verdict | None = None
    crashes: int = 0
    elapsed_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of running a job once: the worker's verdict, or None where it was set aside for others.

    `usable`: whether the worker can be used again. `crashed`: whether it died instead of answering.
    """

    verdict: Verdict | None
    elapsed_us: int
    usable: bool = False
    crashed: bool = False


class _Stopwatch:
    """The time a check has had: by the clock, without the time in which its worker waited for a processor.

    Where the platform does not tell that time, all of it is divided by `patience`.
    """

    def __init__(self, worker: Worker, patience: float) -> None:
        self._worker = worker
        self._patience = patience
        self._started = time.monotonic()
        self._before = worker.times()

    def used_s(self) -> float:
        """Seconds that count against its limits."""
        elapsed_s = time.monotonic() - self._started
        now = self._worker.times()
        if now is None or self._before is None:
            return elapsed_s / self._patience
        computed_s = now.computed_s - self._before.computed_s
        if now.ready:
            return computed_s
        return max(computed_s, elapsed_s - (now.kept_waiting_s - self._before.kept_waiting_s))

    def elapsed_us(self) -> int:
        """Microseconds by the clock."""
        return int((time.monotonic() - self._started) * 1e6)


class Lane:
    """A queue with its own workers and its own time limit. `size` is where new work is refused or shed."""

    def __init__(self, *, tier: Tier, limit_s: float, workers: int, size: int) -> None:
        self.tier = tier
        self.limit_s = limit_s
        self.workers = workers
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
class PoolCounts:
    """What happened in the pool since it started; read by metrics."""

    killed: int = 0
    died: int = 0
    set_aside: int = 0
    retried: int = 0
    shed: int = 0
    verdicts: collections.Counter[str] = field(default_factory=collections.Counter)


class Pool:
    """Start with `start`, give work with `submit`, end with `stop`; all in one event loop."""

    def __init__(self, config: PoolConfig) -> None:
        self.config = config
        self.counts = PoolCounts()
        self.crew = Crew(config)
        count, slow_count = config.worker_count(), config.slow_worker_count()
        wait_s = config.max_wait_s  # the longest a check should wait for a longer try
        self.fast = Lane(
            tier=Tier.WORKER,
            limit_s=config.limit_s,
            workers=count,
            size=config.max_queued,
        )
        self.second = Lane(
            tier=Tier.WORKER,
            limit_s=config.limit_s,
            workers=slow_count,
            size=1 + int(slow_count * wait_s / config.limit_s),
        )
        self.slow = Lane(
            tier=Tier.SLOW_LANE,
            limit_s=config.slow_limit_s,
            workers=slow_count,
            size=1 + int(slow_count * wait_s / config.slow_limit_s),
        )
        self._slots: list[asyncio.Task[None]] = []
        # Of the latest checks that did not end at once: it hung. A new server does not know, and suspects.
        self._hung: collections.deque[bool] = collections.deque([True], maxlen=_OUTCOMES)

    async def start(self) -> None:
        """Start the workers; returns at once, work queues until they are there."""
        lanes = (self.fast, self.second, self.slow)
        self.crew.start(sum(lane.workers for lane in lanes) + self.config.spares)
        for lane in lanes:
            for _ in range(lane.workers):
                self._slots.append(asyncio.create_task(self._slot(lane)))
                self._slots[-1].add_done_callback(log_defect)

    async def stop(self) -> None:
        """Kill every worker. Jobs that still wait get no answer."""
        for slot in self._slots:
            slot.cancel()
        await asyncio.gather(*self._slots, return_exceptions=True)
        await self.crew.stop()

    async def submit(self, payload: bytes, verifier: Verifier) -> PoolVerdict:
        """Run one check (a serialized ScoreItem with one component). Cancelling drops it unless it already runs."""
        answer: asyncio.Future[PoolVerdict] = asyncio.get_running_loop().create_future()
        self.fast.put(Job(payload=payload, verifier=verifier, answer=answer))
        return await answer

    @property
    def full(self) -> bool:
        """Whether more work should be refused."""
        return self.fast.queued + self.second.queued >= self.fast.size

    async def _slot(self, lane: Lane) -> None:
        """Keep one worker busy with the jobs of `lane` for ever."""
        worker = await self._worker_for(lane)
        try:
            while True:
                job = await lane.take()
                if lane is self.second and lane.queued >= lane.size and self._flooded():
                    self._shed(lane, job)
                    continue
                while not worker.alive or worker.jobs >= self.config.jobs_per_worker:
                    self.crew.discard(worker)
                    worker = await self._worker_for(lane)
                lane.running += 1
                try:
                    attempt = await self._attempt(lane, worker, job)
                finally:
                    lane.running -= 1
                if not attempt.usable:
                    self.crew.discard(worker)
                self._conclude(lane, job, attempt)
                if not attempt.usable:
                    worker = await self._worker_for(lane)
        finally:
            worker.writer.close()

    async def _worker_for(self, lane: Lane) -> Worker:
        worker = await self.crew.take()
        if lane is not self.fast:
            worker.be_nice()
        return worker

    async def _attempt(self, lane: Lane, worker: Worker, job: Job) -> Attempt:
        """Run a job once, to its answer, its limit, its worker's death, or until others need the worker."""
        worker.jobs += 1
        worker.writer.write(JOB_HEADER.pack(len(job.payload), lane.limit_s) + job.payload)
        time_used = _Stopwatch(worker, self.config.patience)  # from now on, whatever else keeps this loop busy
        limit_s = lane.limit_s + self.config.kill_margin_s
        # The first check of a fresh worker has its memory to copy.
        set_aside_s = self.config.set_aside_s * (2 if worker.jobs == 1 else 1)
        exchange = asyncio.ensure_future(_answer(worker))
        try:
            look_in_s = set_aside_s
            while True:
                await asyncio.wait((exchange,), timeout=look_in_s)
                if exchange.done():
                    return self._ended(await exchange, time_used, set_aside_s)
                used_s = time_used.used_s()
                # Early where it was kept waiting; else often enough to notice when others begin to wait.
                left_s = set_aside_s - used_s
                look_in_s = max(_LAST_LOOK_S, left_s) if left_s > 0 else set_aside_s
                due = used_s >= limit_s or (
                    used_s >= set_aside_s
                    and lane is self.fast
                    and lane.queued > 0
                    and any(self._hung)  # else it is a long one, and would only lose what it has done
                )
                if due:  # its answer may be here, unread, where this loop was busy with other things
                    await asyncio.wait((exchange,), timeout=_LAST_LOOK_S)
                if exchange.done():
                    return self._ended(await exchange, time_used, set_aside_s)
                if due and used_s >= limit_s:
                    self.counts.killed += 1
                    self._hung.append(True)
                    reason = f"the check ran longer than {lane.limit_s:g} s and was killed"
                    verdict = Verdict(status=Status.TIMEOUT, reason=reason, rule="limit.time")
                    return Attempt(verdict=verdict, elapsed_us=time_used.elapsed_us())
                if due:
                    self.counts.set_aside += 1
                    return Attempt(verdict=None, elapsed_us=time_used.elapsed_us())
        except (asyncio.IncompleteReadError, ConnectionError, ValueError, DecodeError):
            self.counts.died += 1
            verdict = Verdict(status=Status.CRASHED, reason="the process that ran the check died", rule="crash")
            return Attempt(verdict=verdict, elapsed_us=time_used.elapsed_us(), crashed=True)
        finally:
            exchange.cancel()

    def _ended(self, attempt: Attempt, time_used: _Stopwatch, set_aside_s: float) -> Attempt:
        """Note whether a check that did not end at once came to its end by itself."""
        if attempt.elapsed_us > set_aside_s * 1e6 and time_used.used_s() > set_aside_s:
            self._hung.append(attempt.verdict is not None and attempt.verdict.rule == "limit.time")
        return attempt

    def _conclude(self, lane: Lane, job: Job, attempt: Attempt) -> None:
        """Settle the job, or send it on to where it may run longer or find another worker."""
        job.elapsed_us += attempt.elapsed_us
        job.crashes += attempt.crashed
        verdict = attempt.verdict
        following: Lane | None = None
        if verdict is None:
            reason = f"the check was set aside after {self.config.set_aside_s:g} s"
            verdict = Verdict(status=Status.TIMEOUT, reason=reason, rule="limit.time")
            following = self.second
        elif verdict.rule == "limit.time" and lane is not self.slow:
            following = self.slow
        elif attempt.crashed and job.crashes < _MAX_CRASHES:
            following = self.second if lane is self.fast else self.slow
        job.verdict = verdict
        if following is None or job.answer.done():
            self._settle(lane, job, verdict, final=True)
        elif following is self.slow and following.queued >= following.size:
            self._shed(lane, job)
        else:
            self.counts.retried += 1
            following.put(job)

    def _shed(self, lane: Lane, job: Job) -> None:
        """Settle a job with what is known of it, since its next try would have to wait too long."""
        self.counts.shed += 1
        known = job.verdict
        assert known is not None
        reason = f"{known.reason}, and there was no room for another try"
        self._settle(lane, job, Verdict(status=known.status, reason=reason, rule=known.rule), final=False)

    def _flooded(self) -> bool:
        """Whether all of the latest checks that did not end at once hung.

        Then there is no use in giving each its whole limit while honest checks wait; where long checks come to their
        ends, all of them are given the time.
        """
        return sum(self._hung) == _OUTCOMES

    def _settle(self, lane: Lane, job: Job, verdict: Verdict, *, final: bool) -> None:
        self.counts.verdicts[verdict.status.name] += 1
        if not job.answer.done():
            verdict = stamped(verdict, job.verifier)
            elapsed_us = job.elapsed_us
            job.answer.set_result(PoolVerdict(verdict=verdict, tier=lane.tier, elapsed_us=elapsed_us, final=final))


async def _answer(worker: Worker) -> Attempt:
    """What a worker answers to the job that was written to it. Raises IncompleteReadError and ConnectionError for one
    that died, ValueError and DecodeError for an answer that is none."""
    await worker.writer.drain()
    header = await worker.reader.readexactly(ANSWER_HEADER.size)
    size, elapsed_us, retire = ANSWER_HEADER.unpack(header)
    if size > _MAX_ANSWER_BYTES:
        raise ValueError("an answer that no verifier gives")
    verdict = verdict_from_proto(pb.Verdict.FromString(await worker.reader.readexactly(size)))
    return Attempt(verdict=verdict, elapsed_us=elapsed_us, usable=not retire)
