"""Whole commands as a person starts them, in processes of their own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def rfteval() -> Command:
    """Run `rfteval` with these arguments; `stdin` may be given. Fails the test on an exit code other than `code`."""

    def run(*arguments: object, stdin: str | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rfteval", *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=110)
        assert done.returncode == code, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one server that `rfteval serve` started, for tests that need not start their own."""
    address = f"unix:{tmp_path_factory.mktemp('server') / 's'}"
    command = [sys.executable, "-m", "rfteval", "serve", "--listen", address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"listening on {address}\n"
        yield address
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.fixture(scope="session")
def many_responses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of some thousand responses: those recorded for MathVista's sample split, many times over."""
    from rfteval import registry

    benchmark = registry.benchmark("mathvista")
    recorded = [json.loads(line) for line in Path(benchmark.recorded["sample"]).read_text().splitlines()]
    path = tmp_path_factory.mktemp("responses") / "many.jsonl"
    with path.open("w") as handle:
        for index in range(16):
            handle.writelines(json.dumps({**row, "index": index}) + "\n" for row in recorded)
    return path
