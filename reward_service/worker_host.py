"""The process that workers are forked from: it imports the verifiers once, forks on request, kills on request.

Its own process, with one thread and no gRPC, so that forking is safe and takes milliseconds; it is also the parent of
all workers, so it knows which process ids are still theirs and never signals a stranger. When the server goes away,
however it dies, the host kills every worker and ends; when the host is killed, the kernel kills the workers (Linux).

Requests on its socket: `F` with one file descriptor (fork a worker that serves it), answered with the process id;
`K` and a process id (kill that worker), not answered.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import os
import select
import signal
import socket
import struct
import sys

from reward_service.errors import WorkLimitExceeded
from reward_service.limits import Budget
from reward_service.types import Choice, Reference
from reward_service.verifiers import registry
from reward_service.warming import import_verifiers
from reward_service.worker import WorkerLimits, become_worker

REQUEST = struct.Struct("!cI")
PROCESS_ID = struct.Struct("!I")
_PR_SET_PDEATHSIG = 1

# One check of each common form: (verifier, response, reference).
_LETTERS = (Choice(label="A", text="a cat"), Choice(label="B", text="a dog"))
_WARM_UP = (
    ("math", r"So the answer is \boxed{\frac{1}{2}}.", Reference(answer="0.5")),
    ("math", "The answer is 12 cm.", Reference(answer="12", unit="cm")),
    ("math", r"\boxed{(x+1)^2}", Reference(answer="x^2+2x+1")),
    ("math", r"\boxed{\sin^2 x + \cos^2 x}", Reference(answer="1")),
    ("math", r"\boxed{\{1, \sqrt{2}\}}", Reference(answer=r"\{\sqrt{2}, 1\}")),
    ("math", r"\boxed{(1, 2]}", Reference(answer="(1,2]")),
    ("math", r"<think>It looks red.</think><answer>red</answer>", Reference(answer="red")),
    ("choice", "It is the dog, so B.", Reference(answer="B", choices=_LETTERS)),
)


def main(arguments: list[str] | None = None) -> int:
    """Serve the socket on file descriptor `--fd` until it closes."""
    parser = argparse.ArgumentParser(prog="reward_service.worker_host")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--memory-bytes", type=int, required=True)
    parser.add_argument("--work-units", type=int, required=True)
    parser.add_argument("--preload", type=int, default=1)
    options = parser.parse_args(arguments)
    limits = WorkerLimits(memory_bytes=options.memory_bytes, work_units=options.work_units)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C in a terminal reaches us too; the server decides
    preload(ours=bool(options.preload))
    with socket.socket(fileno=options.fd) as requests:
        serve(requests, limits)
    return 0


def preload(*, ours: bool) -> None:
    """Load what checks will need, once for all workers, and keep the collector from touching shared pages.

    The verifiers of other packages always; `ours` with the algebra behind them, and with one check of each common form,
    since much of them is loaded by the first check that needs it. A fresh worker's first check is then no slower than
    its second, and not taken for one that hangs.
    """
    if ours:
        import_verifiers()
    for name in registry.names():
        if ours or name not in registry.MODULES:
            # A verifier that cannot be imported is reported by the front, to the caller who asks for it.
            with contextlib.suppress(Exception):
                registry.get(name).digest  # noqa: B018 - computed here so that workers inherit it
    if ours:
        import sympy  # noqa: F401 - workers are forked with it loaded; the front never loads it

        for name, text, reference in _WARM_UP:
            verifier = registry.get(name)
            with contextlib.suppress(WorkLimitExceeded):
                registry.run(verifier, text, reference, registry.parameters_for(verifier, {}), Budget())
    gc.collect()
    gc.freeze()


def serve(requests: socket.socket, limits: WorkerLimits) -> None:
    """Answer requests and collect dead workers until the server closes its end; then kill the workers."""
    workers: set[int] = set()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        while True:
            ready, _, _ = select.select([requests.fileno(), reader], [], [])
            if reader in ready:
                os.read(reader, 4096)
                collect(workers)
            if requests.fileno() in ready:
                data, descriptors, _, _ = socket.recv_fds(requests, REQUEST.size, 1)
                if len(data) < REQUEST.size:
                    return
                kind, process_id = REQUEST.unpack(data)
                if kind == b"K":
                    if process_id in workers:
                        os.kill(process_id, signal.SIGKILL)
                else:
                    child = fork_worker(descriptors[0], limits, close=(requests.fileno(), reader, writer))
                    workers.add(child)
                    os.close(descriptors[0])
                    requests.sendall(PROCESS_ID.pack(child))
    except (BrokenPipeError, ConnectionResetError):
        return
    finally:
        for process_id in workers:
            os.kill(process_id, signal.SIGKILL)


def collect(workers: set[int]) -> None:
    """Reap every worker that has ended and forget its process id."""
    while workers:
        try:
            process_id, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if process_id == 0:
            return
        workers.discard(process_id)


def fork_worker(descriptor: int, limits: WorkerLimits, *, close: tuple[int, ...]) -> int:
    """Fork one worker that serves the socket `descriptor`; its process id. Does not return in the child."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        die_with(parent)
        for number in close:
            os.close(number)
        become_worker(socket.socket(fileno=descriptor), limits)
    finally:
        os._exit(1)


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies (Linux); elsewhere the closed socket has to do."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # it died before the request was made


if __name__ == "__main__":
    sys.exit(main())
