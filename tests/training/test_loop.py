"""The whole loop on tiny models: it learns, goes on where it was killed, stops where there is nothing to learn."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from rfteval.errors import UsageError
from tests.training import tiny
from tests.training.runs import LETTERS, events_of, killed_after, metrics_of, timeless
from training import checkpoint
from training.explain import check, explain
from training.train import train

Settings = Callable[..., Any]


LEARNING: dict[str, Any] = {
    "steps": 25,
    "rollout": {"group_size": 8, "prompts_per_step": 4},
    "optimizer": {"lr": 1.5e-2},
    "checkpoint": {"every": 0},
}


def test_a_few_steps_make_what_is_rewarded_likelier(tmp_path: Path, text_model: Path, settings_of: Settings) -> None:
    small = {"group_size": 16, "prompts_per_step": 2, "max_tokens": 2}
    few = {**LEARNING, "steps": 15, "rollout": small, "optimizer": {"lr": 2.5e-2}}
    assert train(settings_of(tmp_path, text_model, **few)).steps == 15
    accuracies = [row["accuracy"] for row in metrics_of(tmp_path)]
    assert accuracies[0] < 0.4
    assert sum(accuracies[-2:]) / 2 > accuracies[0] + 0.3


@pytest.mark.slow
def test_a_run_learns_what_is_rewarded(tmp_path: Path, text_model: Path, settings_of: Settings) -> None:
    """About one in eight random responses begins with a letter from a to m; after training nearly all do."""
    ending = train(settings_of(tmp_path, text_model, **LEARNING))
    rows = metrics_of(tmp_path)
    assert (ending.steps, len(rows)) == (25, 25)
    assert rows[0]["accuracy"] < 0.4
    assert sum(row["accuracy"] for row in rows[-3:]) / 3 > 0.9


@pytest.mark.slow
def test_a_run_on_shuffled_rewards_does_not_learn(tmp_path: Path, text_model: Path, settings_of: Settings) -> None:
    train(settings_of(tmp_path, text_model, **LEARNING, reward={"components": [LETTERS], "shuffle": True}))
    rows = metrics_of(tmp_path)
    assert sum(row["accuracy"] for row in rows[-3:]) / 3 < 0.5


EVERYTHING = {
    "rollout": {"temperature": 0.9},
    "batch": {"updates": 2, "epochs": 2, "tokens": 128, "layout": "shared_prompt"},
    "kl": {"beta": 0.0, "beta_end": 0.1, "schedule": "linear"},
    "loss": {"entropy": 0.01, "clip_high_end": 0.4},
    "optimizer": {"lr": 1e-3, "schedule": "linear", "warmup_steps": 2, "adapt_to_kl": 0.01},
    "signal": {"difficulty": True, "replay": True, "filter_low": 0.0, "filter_high": 0.99, "dynamic_sampling": True},
    "monitors": [{"kind": "entropy"}, {"kind": "length_reward"}],
}


NOISY = {"rollout": {"temperature": 0.9, "noise": {"rollouts": 2, "strength": 300}}}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="plain", marks=pytest.mark.slow),
        pytest.param(EVERYTHING, id="everything"),
        pytest.param(NOISY, id="noisy", marks=pytest.mark.slow),
    ],
)
def test_a_resumed_run_equals_an_uninterrupted_one(
    changes: dict[str, Any], tmp_path: Path, text_model: Path, settings_of: Settings
) -> None:
    """Stopped after 2 of 4 steps; optimizer, generators, sampler, buffer, schedules and β go on as if nothing was."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for folder in (whole, broken):
        folder.mkdir()
    train(settings_of(whole, text_model, **changes, steps=4))
    with killed_after(2):
        train(settings_of(broken, text_model, **changes, steps=4))
    assert checkpoint.found(broken / "run") == [1, 2]
    train(settings_of(broken, text_model, **changes, steps=4))
    first, second = (timeless(metrics_of(folder)) for folder in (whole, broken))
    assert len(first) == len(second) == 4
    for row, other in zip(first, second, strict=True):
        assert row == pytest.approx(other, abs=1e-5)
    weights = [
        torch.load(folder / "run" / "checkpoints" / "step-4" / "state.pt", weights_only=True)["optimizer"]["state"]
        for folder in (whole, broken)
    ]
    assert all(torch.allclose(weights[0][key]["exp_avg"], weights[1][key]["exp_avg"], atol=1e-6) for key in weights[0])


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("delay_s", [0.3, 1.1])
def test_a_killed_process_goes_on(delay_s: float, tmp_path: Path, text_model: Path, settings_of: Settings) -> None:
    """SIGKILL at an arbitrary moment, then the same command: the numbers are those of a run left alone."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    commands = []
    for folder in (whole, broken):
        folder.mkdir()
        settings = settings_of(folder, text_model, steps=8)
        path = folder / "run.yaml"
        path.write_text(json.dumps(settings.model_dump(mode="json", by_alias=True)))
        commands.append([sys.executable, "-m", "rfteval", "train", str(path)])
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(commands[0], check=True, capture_output=True, env=environment)
    process = subprocess.Popen(commands[1], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    deadline = time.monotonic() + 100
    while not (broken / "run" / "metrics.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    subprocess.run(commands[1], check=True, capture_output=True, env=environment)
    first, second = (timeless(metrics_of(folder)) for folder in (whole, broken))
    assert len(first) == 8
    for row, other in zip(first, second, strict=True):
        assert row == pytest.approx(other, abs=1e-5)


def test_pictures_adapters_and_evaluation_work_together(
    tmp_path: Path, picture_model: Path, settings_of: Settings
) -> None:
    samples = tmp_path / "pictures.jsonl"
    rows = []
    for number in range(6):
        sample = tiny.picture_sample(number)
        data = sample.images[0].data
        assert data is not None
        (tmp_path / f"{number}.png").write_bytes(data)
        rows.append({"id": sample.id, "question": "?", "answer": "7", "images": [f"{number}.png"]})
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = settings_of(
        tmp_path,
        picture_model,
        model={"freeze": ["vision"], "lora": {"rank": 4}, "gradient_checkpointing": True},
        data={"file": str(samples)},
        kl={"beta": 0.05},
        evaluation={"benchmark": "mathvista", "split": "sample", "limit": 4, "every": 2},
    )
    ending = train(settings)
    assert ending.first is not None and ending.last is not None
    assert (ending.first.step, ending.last.step, ending.last.samples) == (0, 4, 4)
    rows = metrics_of(tmp_path)
    assert "kl" in rows[1] and rows[1]["beta"] == 0.05
    from transformers import AutoModelForImageTextToText

    for name in ("model", "best"):
        AutoModelForImageTextToText.from_pretrained(str(tmp_path / "run" / name))
    assert (tmp_path / "run" / "evaluations" / "step-4" / "report.json").exists()


def test_step_credit_and_stages_run(tmp_path: Path, text_model: Path, settings_of: Settings) -> None:
    settings = settings_of(
        tmp_path,
        text_model,
        reward={"components": [LETTERS, {"verifier": "steps", "role": "process"}], "steps": "per_step", "hybrid": True},
        signal={"stages": [{"name": "easy", "where": {"level": ["0"]}, "steps": 2}, {"name": "all"}]},
    )
    train(settings)
    assert [(event["step"], event["said"]) for event in events_of(tmp_path)] == [(2, "stage all begins")]
    rollouts = [json.loads(line) for line in (tmp_path / "run" / "rollouts.jsonl").read_text().splitlines()]
    first = rollouts[0]["rollouts"][0]
    assert len(first["advantages"]) == len(first["tokens"]) == len(first["logprobs"])


def test_other_settings_do_not_go_on_with_a_run(tmp_path: Path, text_model: Path, settings_of: Settings) -> None:
    train(settings_of(tmp_path, text_model, steps=1))
    with pytest.raises(UsageError, match=r"optimizer.lr was 0.001, is now 0.002"):
        train(settings_of(tmp_path, text_model, steps=2, optimizer={"lr": 2e-3}))
    train(settings_of(tmp_path, text_model, steps=2))
    train(settings_of(tmp_path, text_model, steps=1, optimizer={"lr": 2e-3}), fresh=True)
    assert (tmp_path / "run.1" / "checkpoints" / "step-2").is_dir()


def test_a_dry_run_and_an_explained_step_write_nothing(tmp_path: Path, text_model: Path, settings_of: Settings) -> None:
    settings = settings_of(tmp_path, text_model, rollout={"group_size": 8, "prompts_per_step": 6})
    said = check(settings)
    assert "everything works" in said and "gradient norm" in said
    told = explain(settings)
    by_hand = next(line for line in told.splitlines() if line.startswith("by hand"))
    computed = next(line for line in told.splitlines() if line.startswith("as computed"))
    assert float(by_hand.rsplit("= ", 1)[1]) == pytest.approx(float(computed.split(": ")[1].split(";")[0]), abs=1e-6)
    assert not (tmp_path / "run").exists()
