"""Trackers of others (TensorBoard, W&B, trackio) through accelerate: opened by name, refused where they are not there.

accelerate passes over a tracker whose package is missing; here that is an error before the first step.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from accelerate.utils import ProjectConfiguration

from rfteval.errors import UsageError
from training.config import fields
from training.settings import TrainSettings

PROJECT = "rfteval"


def open_accelerator(settings: TrainSettings, out: Path) -> Accelerator:
    """The accelerator of a run with the trackers of `tracking.with`, which have not begun: nothing is written yet.

    Raises UsageError for a tracker that is not installed.
    """
    names = list(dict.fromkeys(settings.tracking.with_))
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise UsageError(f"tracking.with has {name}, which is not installed: pip install {name}, or leave it out")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        places = ProjectConfiguration(project_dir=str(out), logging_dir=str(out / "tensorboard"))
        return Accelerator(log_with=names or None, project_config=places)


def begin_trackers(accelerator: Accelerator, settings: TrainSettings, out: Path) -> None:
    """Begin the trackers, with the settings as hyperparameters."""
    names = settings.tracking.with_
    if names:
        accelerator.init_trackers(PROJECT, config=plain_settings(settings), init_kwargs=_arguments(names, out))


def plain_settings(settings: TrainSettings) -> dict[str, Any]:
    """Settings by dotted name, as numbers and texts: what every tracker takes as hyperparameters."""
    values = settings.model_dump(mode="json", by_alias=True)
    found: dict[str, Any] = {}
    for name, _, _ in fields():
        value: Any = values
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, (bool, int, float, str)):
            found[name] = value
    return found


def _arguments(names: Sequence[str], out: Path) -> dict[str, dict[str, Any]]:
    """One run a folder. A run that goes on with its folder goes on in W&B and trackio under the same name."""
    run = out.resolve().name
    arguments: dict[str, dict[str, Any]] = {}
    if "wandb" in names:
        arguments["wandb"] = {"name": run, "dir": str(out)}
    if "trackio" in names:
        arguments["trackio"] = {"name": run, "resume": "allow"}
    return arguments
