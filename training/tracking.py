"""What is seen of a run: metrics.jsonl always, a table on a terminal, accelerate's trackers, rollouts now and then.

The files' shapes are those that pages are made from; metrics.jsonl is cut back to the checkpoint when a run goes on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from accelerate import Accelerator
from rich.console import Console
from rich.live import Live
from rich.table import Table

from training.credit import Credit
from training.group_json import rewarded_to_json
from training.run_files import EVENTS, METRICS, ROLLOUTS
from training.types import RolloutGroup

SHOWN_ROWS = 14
COLUMNS = {
    "reward/mean": "reward",
    "accuracy": "accuracy",
    "eval/accuracy": "held out",
    "eval/strict": "strict",
    "length/mean": "tokens",
    "entropy": "entropy",
    "kl": "KL",
    "policy/clip_fraction": "clipped",
    "grad_norm": "gradient",
    "groups/trained": "groups",
    "time/step_s": "seconds",
}


class Tracking:
    """Writes what a run does. Only the first process of a run writes (`active`)."""

    def __init__(self, out: Path, accelerator: Accelerator, *, active: bool, steps: int, done: int) -> None:
        self._out = out
        self._accelerator = accelerator
        self._active = active
        self._steps = steps
        self._rows: list[tuple[int, Mapping[str, float]]] = []
        self._files: dict[str, TextIO] = {}
        self._live: Live | None = None
        if active:
            out.mkdir(parents=True, exist_ok=True)
            for name in (METRICS, ROLLOUTS, EVENTS):
                _cut(out / name, done)
                self._files[name] = (out / name).open("a", encoding="utf-8", errors="replace")

    def __enter__(self) -> Tracking:
        if self._active and sys.stderr.isatty():
            self._live = Live(console=Console(stderr=True), refresh_per_second=4)
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, traceback)
        for handle in self._files.values():
            handle.close()
        self._accelerator.end_training()

    def metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        """The numbers of one step, counted from 1 as updates done."""
        if not self._active:
            return
        self._write(METRICS, {"step": step, **metrics})
        self._accelerator.log(dict(metrics), step=step)
        self._rows = [*self._rows, (step, metrics)][-SHOWN_ROWS:]
        if self._live is not None:
            self._live.update(self._table())
        else:
            print(self._line(step, metrics), file=sys.stderr, flush=True)

    def event(self, step: int, kind: str, said: str) -> None:
        """Something that a person should know: an alarm, a promotion, a best checkpoint, a server that came back."""
        if not self._active:
            return
        self._write(EVENTS, {"step": step, "kind": kind, "said": said})
        if self._live is not None:
            self._live.console.print(f"step {step}: {kind}: {said}", markup=False)
        else:
            print(f"step {step}: {kind}: {said}", file=sys.stderr, flush=True)

    def rollouts(
        self, step: int, groups: Sequence[RolloutGroup], credit: Credit | None, tokens: Mapping[int, str]
    ) -> None:
        """Whole groups with what each rollout was worth and the advantage of every token."""
        if not self._active:
            return
        for number, group in enumerate(groups):
            rows = []
            for place, (rollout, rewarded) in enumerate(zip(group.rollouts, group.rewarded, strict=True)):
                values = [] if credit is None else credit.values_P_G_T[number, place].tolist()
                advantages = values * len(rollout.ids) if len(values) == 1 else values[: len(rollout.ids)]
                rows.append(
                    {
                        "index": rollout.index,
                        "text": rollout.text,
                        "finish_reason": rollout.finish_reason,
                        "noisy": rollout.noisy,
                        "tokens": [tokens.get(token, "") for token in rollout.ids],
                        "logprobs": [round(value, 4) for value in rollout.logprobs],
                        "advantages": [round(value, 5) for value in advantages],
                        **rewarded_to_json(rewarded),
                    }
                )
            sample = group.sample
            self._write(
                ROLLOUTS,
                {
                    "step": step,
                    "sample_id": sample.id,
                    "question": sample.question,
                    "answer": sample.reference.answer,
                    "tags": {
                        key: value if isinstance(value, str) else list(value) for key, value in sample.tags.items()
                    },
                    "rollouts": rows,
                },
            )

    def _write(self, name: str, row: Mapping[str, Any]) -> None:
        self._files[name].write(json.dumps(row, ensure_ascii=False) + "\n")
        self._files[name].flush()

    def _line(self, step: int, metrics: Mapping[str, float]) -> str:
        shown = [f"{title} {_short(metrics[name])}" for name, title in COLUMNS.items() if name in metrics]
        return f"step {step}/{self._steps}  " + "  ".join(shown)

    def _table(self) -> Table:
        table = Table(title=f"{self._out}  step {self._rows[-1][0]} of {self._steps}", title_justify="left")
        table.add_column("step", justify="right")
        for title in COLUMNS.values():
            table.add_column(title, justify="right")
        for step, metrics in self._rows:
            table.add_row(str(step), *(_short(metrics[name]) if name in metrics else "" for name in COLUMNS))
        return table


def _short(value: float) -> str:
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e6 else f"{value:.3g}"


def _cut(path: Path, done: int) -> None:
    """Keep only the lines of steps up to `done`; a line that was cut off by a kill goes too."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row.get("step", 0) <= done:
            kept.append(line + "\n")
    part = path.with_name(path.name + ".part")
    part.write_text("".join(kept), encoding="utf-8")
    part.replace(path)
