"""A peer verifier in a process of its own, killed and started again when a check runs over its limit.

Also makes the peers' environment from peers.txt when it is asked for and not there.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from labelled import ROOT, Row

_FOLDER = Path(__file__).resolve().parent
DEFAULT_ENVIRONMENT = ROOT / "runs" / "peers"
START_LIMIT_S = 120.0


class Peer:
    """One peer; `judge` gives {"correct", "status", "cpu_s", "wall_s"}, correct None after an error or a timeout."""

    def __init__(self, python: str, name: str, limit_s: float) -> None:
        self._command = [python, str(_FOLDER / "peers.py"), name]
        self._limit_s = limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._folder.cleanup()

    def judge(self, row: Row) -> dict[str, Any]:
        """Judge one row; a check over the limit costs the process, and the row is unscored."""
        process = self._running()
        request = {
            "golds": [row.gold, *row.alternatives],
            "response": row.response,
            "kind": row.kind,
            "question": row.question,
            "choices": row.choices,
        }
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            answer = self._read(self._limit_s)
        except (BrokenPipeError, EOFError):
            self._stop()
            return {"correct": None, "status": "CRASHED", "cpu_s": 0.0, "wall_s": 0.0}
        except TimeoutError:
            self._stop()
            return {"correct": None, "status": "TIMEOUT", "cpu_s": self._limit_s, "wall_s": self._limit_s}
        answer["status"] = "SCORED" if answer["correct"] is not None else "ERROR"
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._folder.name,  # payloads that run write their marker files there
                env={**os.environ, "PYTHONWARNINGS": "ignore"},
            )
            self._buffer = b""
            self._read(START_LIMIT_S)
        return self._process

    def _read(self, limit_s: float) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(limit_s):
                    raise TimeoutError
                chunk = os.read(self._process.stdout.fileno(), 1 << 16)
                if not chunk:
                    raise EOFError
                self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def judge_rows(python: str, name: str, rows: list[Row], limit_s: float) -> list[dict[str, Any]]:
    """Every row under one peer, in order."""
    with Peer(python, name, limit_s) as peer:
        return [peer.judge(row) for row in rows]


def ensure_environment(folder: Path = DEFAULT_ENVIRONMENT) -> str:
    """The interpreter of the peers' environment, which is made from peers.txt when it is not there."""
    python = folder / "bin" / "python"
    stamp = folder / ".installed"
    wanted = (_FOLDER / "peers.txt").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing the peers of tests/perf/peers.txt into {folder}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", str(_FOLDER / "peers.txt")], check=True)
        stamp.write_text(wanted)
    return str(python)
