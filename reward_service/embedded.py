"""A private reward server for one client: a child process on a Unix socket that only this user can reach.

It dies with the process that started it, even by SIGKILL: it watches a pipe that the kernel closes.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import weakref
from pathlib import Path

from reward_service.errors import ServerStartError

START_TIMEOUT_S = 30.0
_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 108 bytes, 104 on macOS


class EmbeddedServer:
    """Started by the constructor; `stop` ends it. Raises ServerStartError with the server's own words."""

    def __init__(self, arguments: tuple[str, ...] = ()) -> None:
        directory = private_directory()
        self.address = f"unix:{directory / 'server.sock'}"
        self.owner = os.getpid()
        log = directory / "server.log"
        try:
            with log.open("wb") as stderr:
                process = subprocess.Popen(
                    [
                        *(sys.executable, "-P", "-m", "reward_service"),
                        *("--listen", self.address, "--until-stdin-closes", *arguments),
                    ],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    env=child_environment(),
                    start_new_session=True,  # a Ctrl-C is for the client, which then stops the server
                )
        except OSError as error:
            shutil.rmtree(directory, ignore_errors=True)
            raise ServerStartError(f"could not start a private reward server: {error}") from None
        self.process_id = process.pid
        self._process = process
        self._log = log
        self._finalizer = weakref.finalize(self, _stop, process, directory, self.owner)
        try:
            _wait_until_ready(process, log)
        except ServerStartError:
            self.stop()
            raise

    def ended(self) -> str | None:
        """How the server ended by itself, in a sentence; None while it runs, and in a forked child."""
        if os.getpid() != self.owner or (code := self._process.poll()) is None:
            return None
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        words = self._log.read_text(errors="replace").strip().splitlines() if self._log.exists() else []
        return f"the private reward server {how}{': ' + words[-1] if words else ''}; close this client and open another"

    def stop(self) -> None:
        """End the server and remove its directory. Does nothing the second time, or in a forked child."""
        self._finalizer()


def private_directory() -> Path:
    """A new directory that only this user can enter, with a path short enough for a Unix socket in it."""
    path = Path(tempfile.mkdtemp(prefix="rfteval-"))
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH - len("/server.sock"):
        return path
    path.rmdir()
    return Path(tempfile.mkdtemp(prefix="rfteval-", dir="/tmp"))


def child_environment() -> dict[str, str]:
    """The environment for our own child processes: they must find this same package, installed or not."""
    root = Path(__file__).resolve().parent.parent
    environment = dict(os.environ)
    if root.name not in ("site-packages", "dist-packages"):
        known = [part for part in environment.get("PYTHONPATH", "").split(os.pathsep) if part]
        environment["PYTHONPATH"] = os.pathsep.join([str(root), *known])
    return environment


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    assert process.stdout is not None
    deadline = time.monotonic() + START_TIMEOUT_S
    while (left_s := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([process.stdout], [], [], left_s)
        if ready:
            if process.stdout.readline().startswith(b"listening on "):
                return
            process.wait()
            words = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
            raise ServerStartError(f"the private reward server ended with code {process.returncode}: {words[-1]}")
    raise ServerStartError(f"the private reward server was not ready within {START_TIMEOUT_S:g} s")


def _stop(process: subprocess.Popen[bytes], directory: Path, owner: int) -> None:
    if os.getpid() != owner:
        return  # a fork of the owner: the server is not ours to stop
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    try:
        process.wait(2.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(directory, ignore_errors=True)
