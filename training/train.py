"""A run from its settings to its end: resume or begin, the loop, and what a person is told."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from rfteval.errors import UsageError
from rfteval.journal import first_difference
from training import checkpoint
from training.assembly import open_parts
from training.loop import Ending, Trainer
from training.run_files import SETTINGS
from training.settings import TrainSettings
from training.trackers import begin_trackers, open_accelerator
from training.tracking import Tracking

# Sections that may change when a run goes on: they decide nothing of what is learned.
FREE = ("out", "tracking", "checkpoint", "evaluation", "monitors")
FREE_OF_ROLLOUT = ("servers", "weights", "server_timeout_s", "memory_share", "sleep")


def train(settings: TrainSettings, *, fresh: bool = False) -> Ending:
    """Train to the end, going on from the last checkpoint in `settings.out` if there is one and not `fresh`.

    Raises RftevalError and RewardServiceError.
    """
    out = Path(settings.out)
    accelerator = open_accelerator(settings, out)
    first = accelerator.is_main_process
    if fresh and first:
        set_aside(out)
    accelerator.wait_for_everyone()
    saved = checkpoint.latest(out)
    if saved is not None:
        _check_same(saved.values["settings"], settings.model_dump(mode="json", by_alias=True))
    begin_trackers(accelerator, settings, out)
    with (
        open_parts(settings, accelerator) as parts,
        Tracking(out, accelerator, active=first, steps=settings.steps, done=saved.step if saved else 0) as tracking,
        closing(parts.engine),  # before the trackers end, and with them the process group that an engine may share
    ):
        if first:
            (out / SETTINGS).write_text(
                json.dumps(
                    {
                        "settings": settings.model_dump(mode="json", by_alias=True),
                        "digests": parts.scorer.digests,
                        "model": str(parts.folder),
                        "parameters": sum(p.numel() for p in parts.policy.parameters()),
                        "trained_parameters": sum(p.numel() for p in parts.policy.parameters() if p.requires_grad),
                    },
                    indent=1,
                ),
                encoding="utf-8",
            )
        trainer = Trainer(parts, tracking)
        _compare_verifiers(parts, tracking)
        if saved is not None:
            trainer.restore(saved)
            tracking.event(saved.step, "resumed", f"from {saved.model.parent}")
        return trainer.run()


def set_aside(out: Path) -> Path | None:
    """Move a run's folder out of the way; where to. None where there was none."""
    if not out.exists():
        return None
    number = 1
    while (moved := out.with_name(f"{out.name}.{number}")).exists():
        number += 1
    out.rename(moved)
    return moved


def _check_same(before: dict[str, Any], now: dict[str, Any]) -> None:
    fixed = [{name: value for name, value in each.items() if name not in FREE} for each in (before, now)]
    for each in fixed:
        each["rollout"] = {name: value for name, value in each["rollout"].items() if name not in FREE_OF_ROLLOUT}
        each["steps"] = each["steps"] if each["optimizer"]["schedule"] != "constant" else None
    difference = first_difference(*fixed)
    if difference is not None:
        raise UsageError(
            f"the run in this folder was begun with other settings ({difference}); use another --set out=DIR, or "
            "--fresh to move it aside and start over"
        )


def _compare_verifiers(parts: Any, tracking: Tracking) -> None:
    """An alarm where what is optimised is not what is measured."""
    if parts.evaluator is None:
        return
    trained = parts.settings.reward.components[0].verifier
    measured = parts.evaluator.verifiers
    if measured != {trained}:
        tracking.event(
            0, "digests", f"right means {trained} in training and {', '.join(sorted(measured))} in evaluation"
        )
