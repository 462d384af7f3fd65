"""Trackers of others get the settings and every metric; one that is not installed is refused before the first step."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rfteval.errors import UsageError
from tests.training import runs
from training.trackers import begin_trackers, open_accelerator, plain_settings
from training.tracking import Tracking


def test_a_tracker_that_is_not_installed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """accelerate alone would go on without it."""
    found: Callable[[str], Any] = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "trackio" else found(name))
    settings = runs.settings_of(tmp_path, tmp_path, tracking={"with": ["tensorboard", "trackio"]})
    with pytest.raises(UsageError, match="pip install trackio"):
        open_accelerator(settings, tmp_path)


def test_tensorboard_gets_settings_and_metrics(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    settings = runs.settings_of(tmp_path, tmp_path, tracking={"with": ["tensorboard"]})
    accelerator = open_accelerator(settings, tmp_path)
    begin_trackers(accelerator, settings, tmp_path)
    with Tracking(tmp_path, accelerator, active=True, steps=2, done=0) as tracking:
        for step in (1, 2):
            tracking.metrics(step, {"reward/mean": 0.5 * step})
    read = EventAccumulator(str(tmp_path / "tensorboard" / "rfteval"))
    read.Reload()
    assert [(each.step, each.value) for each in read.Scalars("reward/mean")] == [(1, 0.5), (2, 1.0)]


def test_settings_are_numbers_and_texts_by_dotted_name(tmp_path: Path) -> None:
    found = plain_settings(runs.settings_of(tmp_path, tmp_path))
    assert (found["optimizer.lr"], found["rollout.group_size"], found["algorithm"]) == (1e-3, 4, "dapo")
    assert all(isinstance(value, (bool, int, float, str)) for value in found.values())
