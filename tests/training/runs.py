"""Settings of small training runs, and what they leave, for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from training import config, loop
from training.settings import TrainSettings

LETTERS = {"verifier": "format", "parameters": {"style": "regex", "pattern": "[a-m].*"}}


def regex(pattern: str, **more: Any) -> dict[str, Any]:
    """A component that is 1 for responses that match `pattern` as a whole."""
    return {"verifier": "format", "parameters": {"style": "regex", "pattern": pattern}, **more}


def write_samples(path: Path, count: int = 12) -> Path:
    """Questions in the trainer's own form."""
    rows = [
        {"id": f"s{n}", "question": f"Say {n}.", "answer": "7", "tags": {"level": str(n % 3)}} for n in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def settings_of(folder: Path, start: Path, server: str | None = None, **changes: Any) -> TrainSettings:
    """Four short steps of the model in `start`, rewarded for its first letter; sections are changed, not replaced."""
    values: dict[str, Any] = {
        "out": str(folder / "run"),
        "steps": 4,
        "model": {"path": str(start), "attention": "eager"},
        "data": {"file": str(write_samples(folder / "samples.jsonl"))},
        "rollout": {"group_size": 4, "prompts_per_step": 3, "max_tokens": 4},
        "reward": {"components": [LETTERS], "server": server},
        "optimizer": {"lr": 1e-3},
        "checkpoint": {"every": 1},
        "tracking": {"with": []},
    }
    for name, change in changes.items():
        values[name] = {**values.get(name, {}), **change} if isinstance(change, dict) else change
    return config.parse(values)


def metrics_of(folder: Path) -> list[dict[str, Any]]:
    """Metrics of the steps of the run in `folder`, without what was measured before the first."""
    rows = [json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()]
    return [row for row in rows if row["step"] > 0]


def events_of(folder: Path) -> list[dict[str, Any]]:
    """The events of the run in `folder`."""
    return [json.loads(line) for line in (folder / "run" / "events.jsonl").read_text().splitlines()]


def timeless(rows: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Metrics without the times."""
    return [{name: value for name, value in row.items() if not name.startswith("time/")} for row in rows]


@contextmanager
def killed_after(steps: int) -> Iterator[None]:
    """Training inside ends as a kill would end it, once so many steps are done; fails where it was not killed."""

    class Killed(BaseException):
        pass

    original = loop.Trainer.step

    def step(self: Any) -> str:
        if self._done == steps:
            raise Killed
        return original(self)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(loop.Trainer, "step", step)
        yield
