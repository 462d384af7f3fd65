"""Everything a run needs to go on, written so that a kill at any moment leaves either the old state or the new one.

A checkpoint is a folder `checkpoints/step-N`: `model/` in transformers' format (adapters alone for LoRA), which
`rfteval run --model` and vLLM load; `state.pt`, tensors (optimizer, random generators, replay buffer); `state.json`,
the rest. It is written beside its place and renamed when it is whole and on the disk.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from rfteval.errors import InputFileError, OutputError
from training.policy import Policy

FOLDER = "checkpoints"
WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".gguf", ".index.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A checkpoint that was found: its step (updates done so far), plain values, tensors, and the model's folder."""

    step: int
    values: dict[str, Any]
    tensors: dict[str, Any]
    model: Path


def save(
    out: Path,
    step: int,
    *,
    policy: Policy,
    source: Path,
    values: Mapping[str, Any],
    tensors: Mapping[str, Any],
    keep: int,
) -> Path:
    """Write the checkpoint of `step` and remove all but the last `keep`. `source` is the folder the model came from.

    Raises OutputError where the disk is full or not writable; the checkpoints before stay.
    """
    final = out / FOLDER / f"step-{step}"
    part = final.with_name(f".{final.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        save_model(part / "model", policy, source)
        torch.save(dict(tensors), part / "state.pt")
        (part / "state.json").write_text(json.dumps({"step": step, **values}), encoding="utf-8")
        _into_place(part, final)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise OutputError(f"cannot write {final}: {error.strerror}; make room and run the same command again") from None
    for old in found(out)[:-keep]:
        shutil.rmtree(out / FOLDER / f"step-{old}", ignore_errors=True)
    return final


def save_model(folder: Path, policy: Policy, source: Path, *, merged: bool = False) -> None:
    """The weights in transformers' format with the tokenizer and processor files of `source`.

    `merged`: adapters are added to a copy of the weights, so that any program can load the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = policy.model
    if merged and hasattr(model, "merge_and_unload"):
        model = copy.deepcopy(model).merge_and_unload()
    model.save_pretrained(str(folder))
    for path in source.iterdir():
        if path.is_file() and not path.name.endswith(WEIGHTS) and not (folder / path.name).exists():
            shutil.copy(path, folder / path.name)


def replace_model(final: Path, policy: Policy, source: Path) -> None:
    """Save the model alone, merged, in the place of what is there. Raises OutputError."""
    part = final.with_name(f".{final.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        save_model(part, policy, source, merged=True)
        _into_place(part, final)
    except OSError as error:
        raise OutputError(f"cannot write {final}: {error.strerror}; make room and run the same command again") from None


def found(out: Path) -> list[int]:
    """The steps of the whole checkpoints in a run's folder, ascending."""
    if not (out / FOLDER).is_dir():
        return []
    names = [path.name.removeprefix("step-") for path in (out / FOLDER).iterdir() if path.name.startswith("step-")]
    return sorted(int(name) for name in names if name.isdigit())


def latest(out: Path) -> Saved | None:
    """The last checkpoint in a run's folder. Raises InputFileError where it is damaged."""
    steps = found(out)
    if not steps:
        return None
    folder = out / FOLDER / f"step-{steps[-1]}"
    try:
        values = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        tensors = torch.load(folder / "state.pt", weights_only=True, map_location="cpu")
    except (OSError, ValueError, RuntimeError) as error:
        raise InputFileError(
            f"cannot read the checkpoint {folder}: {error}; remove it to go on from the one before"
        ) from None
    return Saved(step=steps[-1], values=values, tensors=tensors, model=folder / "model")


def load_weights(policy: Policy, folder: Path) -> None:
    """Put the weights of a checkpoint's model folder into the policy."""
    if hasattr(policy.model, "peft_config"):
        from peft import load_peft_weights, set_peft_model_state_dict

        set_peft_model_state_dict(policy.model, load_peft_weights(str(folder), device="cpu"))
        return
    kind: Any = type(policy.model)
    policy.model.load_state_dict(kind.from_pretrained(str(folder), dtype=policy.dtype).state_dict())


def random_state() -> dict[str, Any]:
    """The generators that torch has of its own (dropout)."""
    state: dict[str, Any] = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def restore_random(state: Mapping[str, Any]) -> None:
    """Put `random_state` back."""
    torch.set_rng_state(state["cpu"])
    if torch.cuda.is_available() and "cuda" in state:
        torch.cuda.set_rng_state_all(state["cuda"])


def _into_place(part: Path, final: Path) -> None:
    """All of `part` on the disk, then under its name. What had the name is moved out of the way first."""
    for path in (*part.rglob("*"), part):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    old = final.with_name(f".{final.name}.old")
    if final.exists():
        shutil.rmtree(old, ignore_errors=True)
        final.rename(old)
    part.rename(final)
    shutil.rmtree(old, ignore_errors=True)
    handle = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
