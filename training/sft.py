"""Supervised training: `run(config)` trains until the last step, from where its folder says it was.

A step's samples follow from the seed and the step's number alone, so a run that was killed and goes on makes the same
weights as one that was not, on a processor with as many threads.

    out/state.pt      everything that going on needs       out/log.jsonl  loss, speed, measurements
    out/start/        a built model before its first step  out/model/     the transformers folder
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset

from rfteval.errors import UsageError
from training.policy import load_model
from training.settings import ModelSettings
from training.sft_batches import IGNORED, Batch, collator_of
from training.sft_config import SftConfig
from training.sft_examples import Source, source_of
from training.sft_optimizer import factor, optimizers_of

Log = Callable[[Mapping[str, object]], None]


class Steps(Dataset[list[Batch]]):
    """The batch of every step, by its number; made in a process of its own."""

    def __init__(self, config: SftConfig, model: Any, processor: Any, folder: Path, source: Source) -> None:
        self.config, self.source = config, source
        self.collator = collator_of(model, processor, folder, config.data)

    def __len__(self) -> int:
        return self.config.optimizer.steps

    def __getitem__(self, step: int) -> list[Batch]:
        data = self.config.data
        return self.collator.parts(self.source.examples(step), data.rows, data.rows_at_once)

    def held_out(self) -> list[Batch]:
        """The same held-out rows each time."""
        rows = self.config.evaluate_rows
        return self.collator.parts(self.source.examples(0, held_out=True), rows, self.config.data.rows_at_once)


def loss_of(model: Any, batch: Batch) -> tuple[Tensor, int]:
    """(summed and weighted loss of the responses' tokens, how many of them are guessed right)."""
    inputs = dict(batch)
    labels, weights = inputs.pop("labels"), inputs.pop("weights")
    if inputs["attention_mask"].ndim == 4:
        seen = inputs["attention_mask"]
        mask = torch.zeros(seen.shape, dtype=model.dtype, device=seen.device)
        inputs["attention_mask"] = mask.masked_fill_(~seen, torch.finfo(model.dtype).min)
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden = getattr(inner, inner.base_model_prefix)(**inputs, use_cache=False).last_hidden_state
    wanted = labels != IGNORED
    logits = inner.get_output_embeddings()(hidden[wanted]).float()
    right = int((logits.argmax(-1) == labels[wanted]).sum())
    return (cross_entropy(logits, labels[wanted], reduction="none") * weights[wanted]).sum(), right


class Trainer:
    """A model, its optimizers, and where training stands."""

    def __init__(self, config: SftConfig, source: Source) -> None:
        self.config, self.folder, self.step = config, Path(config.out), 0
        self.folder.mkdir(parents=True, exist_ok=True)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model, self.processor, start = _start(config, source)
        self.model.to(self.device).train()
        self.steps = Steps(config, self.model, self.processor, start, source)
        self.trained = [(name, one) for name, one in self.model.named_parameters() if one.requires_grad]
        self.optimizers = optimizers_of(self.trained, config.optimizer)
        self.rates = [[group["lr"] for group in one.param_groups] for one in self.optimizers]
        self.mean = {name: one.detach().clone() for name, one in self.trained} if config.optimizer.average else {}
        if (self.folder / "state.pt").exists():
            self._resume()

    def train_step(self, parts: list[Batch]) -> tuple[float, int, int]:
        """(summed loss, number of the responses' tokens, how many of them were guessed right)."""
        settings = self.config.optimizer
        scale = factor(self.step, settings.steps, settings.warmup, settings.decay)
        for optimizer, rates in zip(self.optimizers, self.rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * scale
            optimizer.zero_grad(set_to_none=True)
        tokens = sum(int((part["labels"] != IGNORED).sum()) for part in parts)
        total, right = 0.0, 0
        for part in parts:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.model.dtype == "mixed"):
                loss, guessed = loss_of(self.model, self._moved(part))
            (loss / tokens).backward()  # type: ignore[no-untyped-call]
            total, right = total + loss.item(), right + guessed
        torch.nn.utils.clip_grad_norm_([one for _, one in self.trained], settings.clip)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        keep = min(settings.average, self.step / (self.step + 10))
        with torch.no_grad():
            for name, one in self.trained if self.mean else ():
                self.mean[name].lerp_(one, 1 - keep)
        return total, tokens, right

    def measured(self) -> dict[str, float]:
        """Loss and share of tokens guessed right on held-out rows, by the weights that would be saved."""
        weights = self._exchanged()
        tokens, total, right = 0, 0.0, 0
        with torch.no_grad():
            for part in self.steps.held_out():
                loss, guessed = loss_of(self.model, self._moved(part))
                tokens += int((part["labels"] != IGNORED).sum())
                total, right = total + loss.item(), right + guessed
        self._put(weights)
        return {"held_out_loss": round(total / max(1, tokens), 4), "held_out_right": round(right / max(1, tokens), 4)}

    def save(self) -> None:
        """Write the state, then the model; a kill while writing leaves the last state whole."""
        state = {
            "step": self.step,
            "model": self.model.state_dict(),
            "mean": self.mean,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "random": torch.get_rng_state(),
        }
        torch.save(state, self.folder / "state.pt.new")
        (self.folder / "state.pt.new").replace(self.folder / "state.pt")
        weights = self._exchanged()
        write_model(self.model, self.processor, self.folder / "model")
        self._put(weights)

    def _resume(self) -> None:
        state = torch.load(self.folder / "state.pt", weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.mean = {name: one.to(self.device) for name, one in state["mean"].items()}
        self.step = state["step"]
        torch.set_rng_state(state["random"])

    def _moved(self, batch: Batch) -> Batch:
        moved = {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}
        pixels = {name: value for name, value in moved.items() if value.is_floating_point() and name != "weights"}
        return moved | {name: value.to(self.model.dtype) for name, value in pixels.items()}

    def _exchanged(self) -> dict[str, Tensor]:
        """The weights as they are; from now on the model has their running mean."""
        weights = {name: one.detach().clone() for name, one in self.trained} if self.mean else {}
        self._put(self.mean)
        return weights

    @torch.no_grad()
    def _put(self, weights: Mapping[str, Tensor]) -> None:
        for name, one in self.trained if weights else ():
            one.copy_(weights[name])


def write_model(model: Any, processor: Any, folder: Path) -> None:
    """A transformers folder, whole or not there at all."""
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    model.save_pretrained(new)
    processor.save_pretrained(new)
    if folder.exists():
        shutil.rmtree(folder)
    new.rename(folder)


def _start(config: SftConfig, source: Source) -> tuple[Any, Any, Path]:
    """The model that training starts from, its processor (of a model of texts its tokenizer), and their folder."""
    settings = config.model
    folder = Path(settings.path or Path(config.out) / "start")
    if settings.build is not None and not folder.exists():
        from training.embedded.build import built

        write_model(*built(settings.build, source), folder)
    if not folder.is_dir():
        raise UsageError(f"no such folder: {folder}; model.path names the folder of a transformers checkpoint")
    kept = settings.model_dump(include={"dtype", "attention", "freeze", "lora"})
    model = load_model(ModelSettings(path=str(folder), **kept), folder)
    from transformers import AutoProcessor, AutoTokenizer

    pictures = any((folder / name).exists() for name in ("processor_config.json", "preprocessor_config.json"))
    processors: Any = AutoProcessor if pictures else AutoTokenizer
    return model, processors.from_pretrained(str(folder)), folder


def run(config: SftConfig, log: Log) -> Path:
    """Train to the last step and return the model's folder; `log` is told of progress as it is written.

    Raises UsageError, InputFileError and ModelError for what cannot be trained on.
    """
    trainer = Trainer(config, source_of(config))
    total = config.optimizer.steps
    loader = DataLoader(
        trainer.steps,
        batch_size=None,
        sampler=range(trainer.step, total),
        num_workers=config.workers,
        prefetch_factor=6 if config.workers else None,
        worker_init_fn=_behind,
        # A forked process inherits locks of threads that it does not have, and waits for them forever.
        multiprocessing_context="spawn" if config.workers else None,
    )
    began, seen = time.monotonic(), [0.0, 0, 0]
    for parts in loader:
        seen = [old + new for old, new in zip(seen, trainer.train_step(parts), strict=True)]
        last = trainer.step == total
        if last or trainer.step % config.log_every == 0:
            line: dict[str, object] = {
                "step": trainer.step,
                "loss": round(seen[0] / seen[1], 4),
                "right": round(seen[2] / seen[1], 4),
                "tokens_per_second": round(seen[1] / (time.monotonic() - began)),
            }
            if last or trainer.step % config.evaluate_every == 0:
                line |= trainer.measured()
            with (trainer.folder / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            log(line)
            began, seen = time.monotonic(), [0.0, 0, 0]
        if last or trainer.step % config.save_every == 0:
            trainer.save()
    return trainer.folder / "model"


def _behind(worker: int) -> None:
    """Batches are made at a lower priority than the model is trained, on any core, by one thread."""
    torch.set_num_threads(1)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if hasattr(os, "sched_setaffinity"):
        os.nice(5)
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
