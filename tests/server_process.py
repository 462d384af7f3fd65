"""A real server process for tests, with limits small enough that a hanging check costs a test no time."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reward_service.embedded import child_environment

QUICK_POOL = {
    "workers": 2,
    "slow_workers": 1,
    "limit_s": 0.15,
    "slow_limit_s": 0.4,
    "kill_margin_s": 0.1,
    "patience": 1.0,  # for platforms that do not tell how long a process waited for a processor
    "memory_bytes": 400 << 20,
    "preload": False,
}


def write_config(
    folder: Path, settings: Mapping[str, Any] | None = None, pool: Mapping[str, Any] | None = None
) -> Path:
    """A configuration file with the quick limits and what the test needs to be different."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in (settings or {}).items()]
    lines += ["[pool]", *(f"{name} = {json.dumps(value)}" for name, value in {**QUICK_POOL, **(pool or {})}.items())]
    path = folder / "server.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


class ServerProcess:
    """`python -m reward_service` in a process of its own; `address` is where it listens."""

    def __init__(self, listen: str, config: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "reward_service", "--listen", listen, "--config", str(config), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child_environment(),
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            _, said = self.process.communicate(timeout=10)
            raise RuntimeError(f"the server ended with {self.process.returncode}: {line}{said}")
        self.address = line.removeprefix("listening on ").strip()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def wait(self, timeout_s: float = 10.0) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(timeout_s)

    def stop(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.communicate(timeout=10)


@contextmanager
def running_server(
    folder: Path,
    listen: str = "127.0.0.1:0",
    *arguments: str,
    settings: Mapping[str, Any] | None = None,
    pool: Mapping[str, Any] | None = None,
) -> Iterator[ServerProcess]:
    """A server for the length of a `with` block."""
    server = ServerProcess(listen, write_config(folder, settings, pool), *arguments)
    try:
        yield server
    finally:
        server.stop()
