"""A worker process: reads one check at a time from its socket, runs it under its limits, answers with a verdict.

Frames are a fixed header and a protobuf message, so nothing that comes back from a process that read hostile text is
ever unpickled. The limits from outside (kill, deadline) are in pool.py.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import struct
import time
from dataclasses import dataclass

from reward_service.convert import item_from_proto, verdict_to_proto
from reward_service.errors import ParameterError, UnknownVerifierError, WorkLimitExceeded
from reward_service.limits import Budget
from reward_service.types import ScoreItem, Status, Verdict
from reward_service.v1 import reward_pb2 as pb
from reward_service.verifiers import registry

# Job: bytes that follow, seconds of processor time it may use. Answer: bytes that follow, microseconds it ran, and 1 if
# the worker stops now.
JOB_HEADER = struct.Struct("!If")
ANSWER_HEADER = struct.Struct("!IQB")


class SoftLimitReached(BaseException):
    """Raised by the alarm inside a check. Not an Exception, so that no verifier's own handler takes it for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLimits:
    """What holds for every check of a worker: address space beyond what is mapped at the start, and work units."""

    memory_bytes: int
    work_units: int


def work(connection: socket.socket, limits: WorkerLimits) -> None:
    """Answer jobs until the other side closes the connection or the worker should be replaced."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, _on_alarm)
    limit_memory(limits.memory_bytes)
    stream = connection.makefile("rwb")
    while header := stream.read(JOB_HEADER.size):
        size, limit_s = JOB_HEADER.unpack(header)
        item = item_from_proto(pb.ScoreItem.FromString(stream.read(size)))
        started = time.perf_counter_ns()
        verdict, sound = judge(item, limit_s, limits.work_units)
        elapsed_us = (time.perf_counter_ns() - started) // 1000
        answer = verdict_to_proto(verdict).SerializeToString()
        stream.write(ANSWER_HEADER.pack(len(answer), elapsed_us, not sound))
        stream.write(answer)
        stream.flush()
        if not sound:
            return


def judge(item: ScoreItem, limit_s: float, work_units: int) -> tuple[Verdict, bool]:
    """The verdict of the item's one component, and whether this process may be used again.

    It may not after an alarm or a lack of memory: sympy keeps half-done assumptions in its caches when it is
    interrupted, and would go on to answer wrongly.
    """
    component = item.components[0]
    try:
        verifier = registry.resolve(component.verifier, item.reference)
        parameters = registry.parameters_for(verifier, component.parameters)
    except (UnknownVerifierError, ParameterError) as error:
        # The front has checked both, so the two processes do not run the same code.
        return Verdict(status=Status.ERROR, reason=f"worker and server differ: {error}", rule="defect"), True
    try:
        try:
            # Processor time, so that a busy machine cuts off no honest check. The interval makes it ring again where a
            # bare `except:` swallowed the first alarm.
            signal.setitimer(signal.ITIMER_PROF, limit_s, 0.05)
            verdict = registry.run(verifier, item.response, item.reference, parameters, Budget(work_units))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except SoftLimitReached:
        reason = f"the check used more than {limit_s:g} s of processor time"
        verdict = Verdict(status=Status.TIMEOUT, reason=reason, rule="limit.time")
        return registry.stamped(verdict, verifier), False
    except WorkLimitExceeded as error:
        verdict = Verdict(status=Status.TIMEOUT, reason=str(error), rule="limit.work")
        return registry.stamped(verdict, verifier), True
    return verdict, verdict.status is not Status.OUT_OF_MEMORY


def _on_alarm(number: int, frame: object) -> None:
    raise SoftLimitReached


def limit_memory(extra_bytes: int) -> None:
    """Bound this process's address space to what it maps now and `extra_bytes`, where the platform can."""
    try:
        with open("/proc/self/statm") as statm:  # noqa: PTH123 - one read, no path to build
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + extra_bytes, mapped + extra_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        pass  # no /proc (macOS): the hard time limit is then the only bound


def become_worker(connection: socket.socket, limits: WorkerLimits) -> None:
    """Run `work` in a freshly forked process and leave it without running the parent's clean-up."""
    code = 1
    try:
        work(connection, limits)
        code = 0
    except (BrokenPipeError, ConnectionResetError):
        code = 0  # the server went away
    finally:
        os._exit(code)
