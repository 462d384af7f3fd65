"""Short runs of the embedded base on pictures, and how far two engines are apart, for tests of rollouts by vLLM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from training import config
from training.assembly import Model
from training.batching import Trained, micro_batches
from training.settings import TrainSettings
from training.types import Request, Rollout


def settings_of(folder: Path, **changes: Any) -> TrainSettings:
    """A short run of the embedded base on pictures."""
    values: dict[str, Any] = {
        "out": str(folder / "run"),
        "steps": 4,
        "model": {"path": "base"},
        "data": {"dataset": "synthetic"},
        "rollout": {"group_size": 4, "prompts_per_step": 4, "max_tokens": 64, "engine": "vllm"},
        "reward": {"components": [{"verifier": "auto"}, {"verifier": "format", "weight": 0.2}]},
        "optimizer": {"lr": 1e-4},
        "checkpoint": {"every": 1},
        "tracking": {"with": []},
    }
    for name, change in changes.items():
        values[name] = {**values.get(name, {}), **change} if isinstance(change, dict) else change
    return config.parse(values)


def by_place(rollouts: Iterator[Rollout]) -> dict[tuple[str, int], Rollout]:
    return {(rollout.sample_id, rollout.index): rollout for rollout in rollouts}


def differences(model: Model, rollouts: dict[tuple[str, int], Rollout], requests: list[Request]) -> torch.Tensor:
    """|log-probability by the engine - by the policy| of every token."""
    prompts = {request.prompt.sample_id: request.prompt for request in requests}
    listed = list(rollouts.values())
    rows = [Trained(prompt=prompts[each.sample_id], ids=each.ids, place=place) for place, each in enumerate(listed)]
    found = []
    for batch in micro_batches(
        rows, tokens=8192, layout="padded", pad_id=model.policy.pad_id, device=torch.device("cpu"), dtype=torch.float32
    ):
        with torch.no_grad():
            logprobs = model.policy(batch).logprobs_N_T
        for place, row, mask in zip(batch.responses_N.tolist(), logprobs, batch.mask_N_T, strict=True):
            found.append((row[mask] - torch.tensor(listed[place].logprobs)).abs())
    return torch.cat(found)
