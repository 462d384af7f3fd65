"""Putting a model together for training: the checkpoint's folder, its encoder, the policy around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import rfteval
from rfteval.errors import UsageError, unknown_name
from training.encoding import Encoder, load_encoder
from training.policy import Policy, load_model
from training.settings import TrainSettings

EMBEDDED = ("base", "thinker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a run trains and how prompts reach it."""

    folder: Path
    encoder: Encoder
    policy: Policy


def checkpoint_folder(name: str) -> Path:
    """The folder of a checkpoint: a path, or the name of an embedded one. Raises UsageError."""
    path = Path(name)
    if (path / "config.json").is_file():
        return path
    if name in EMBEDDED:
        packaged = Path(rfteval.__path__[0]) / "models" / "embedded" / name
        if (packaged / "config.json").is_file():
            return packaged
        raise UsageError(
            f"the embedded model {name!r} is not in this installation; give model.path a checkpoint's folder"
        )
    if path.is_dir():
        raise UsageError(f"{path} has no config.json, so it is not a transformers checkpoint")
    raise unknown_name("model", name, EMBEDDED)


def assemble(settings: TrainSettings) -> Model:
    """The model of a run, on the CPU. Raises UsageError and ModelError."""
    folder = checkpoint_folder(settings.model.path)
    encoder = load_encoder(folder, settings.data.max_prompt_tokens)
    model = load_model(settings.model, folder)
    tokenizer = encoder.tokenizer
    ends = getattr(model.generation_config, "eos_token_id", None)
    end_ids = {*([ends] if isinstance(ends, int) else ends or []), tokenizer.eos_token_id} - {None}
    if not end_ids:
        raise UsageError(f"the model in {folder} has no end-of-text token, so no response would ever end")
    pad_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else min(end_ids)
    policy = Policy(
        model,
        end_ids=sorted(end_ids),
        pad_id=pad_id,
        forbidden=encoder.image_token_ids,
        temperature=settings.rollout.temperature,
        logit_chunk=settings.batch.logit_chunk,
        mixed=settings.model.dtype == "mixed",
    )
    return Model(folder=folder, encoder=encoder, policy=policy)
