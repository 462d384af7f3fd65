"""Two processes do what one does: the same metrics, the same weights, also when the run was broken off between."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.training.runs import metrics_of
from training.collect import reward_tensors
from training.update_sums import Sums, merged

SPLIT = ("time/", "batch/")  # what depends on how the work was shared out
CHANGES: dict[str, Any] = {
    "rollout": {
        "group_size": 4,
        "prompts_per_step": 3,
        "max_tokens": 4,
    },  # two prompts for one process, one for the other
    "signal": {"dynamic_sampling": True, "max_rounds": 2, "replay": True, "difficulty": True},
    "kl": {"beta": 0.05, "schedule": "adaptive", "target": 0.01, "horizon": 100},
    "loss": {"entropy": 0.01},
}


def test_a_process_without_a_group_counts_for_nothing() -> None:
    rewards_P_G, scored_P_G, accuracies_P_G = reward_tensors([])
    assert rewards_P_G.shape == scored_P_G.shape == accuracies_P_G.shape == (0, 1)
    busy = Sums(policy=torch.tensor(2.0), has_kl=True, norms=[0.5], positions=7, useful=5, responses=3, seconds=2.0)
    both = merged([Sums(seconds=1.0), busy])
    assert (float(both.policy), both.has_kl, both.norms) == (2.0, True, [0.5])
    assert (both.positions, both.useful, both.responses, both.seconds) == (7, 5, 3, 2.0)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_do_what_one_does(
    tmp_path: Path, text_model: Path, settings_of: Callable[..., Any], repository: Path
) -> None:
    jobs = []
    for name, count, steps in (("one", 1, 4), ("two", 2, 2), ("two", 2, 4)):
        (tmp_path / name).mkdir(exist_ok=True)
        settings = settings_of(tmp_path / name, text_model, **CHANGES, steps=steps)
        jobs.append([settings.model_dump(mode="json", by_alias=True), count])
    (tmp_path / "jobs.json").write_text(json.dumps(jobs))
    command = [sys.executable, "-m", "tests.training.processes", str(tmp_path / "jobs.json")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    one, two = (
        [{key: value for key, value in row.items() if not key.startswith(SPLIT)} for row in metrics_of(tmp_path / name)]
        for name in ("one", "two")
    )
    assert len(one) == len(two) == 4
    saved = torch.load(tmp_path / "two" / "run" / "checkpoints" / "step-4" / "state.pt", weights_only=True)
    assert len(saved["processes"]) == 2
    assert any("loss" in row for row in one) and any("kl" in row for row in one)
    for row, other in zip(one, two, strict=True):
        assert row == pytest.approx(other, abs=1e-5)
    first, second = (load_file(tmp_path / name / "run" / "model" / "model.safetensors") for name in ("one", "two"))
    assert all(torch.allclose(first[name], second[name], atol=1e-5) for name in first)
