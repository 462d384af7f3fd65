"""Supervised training: `run(config)` trains until the last step, from where its output folder says it was.

A step's samples follow from the seed and the step's number alone, so a run that was killed and resumed makes the same
weights as one that was not (on a processor, with as many threads).
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from rfteval.registry import dataset as registered
from rfteval.types import ImagePart, Sample
from training.embedded.architecture import build_model, build_processor
from training.embedded.phrases import build as build_tokenizer
from training.sft_batches import IGNORED, Encoder, Example, Row, grouped
from training.sft_config import SftConfig, Style
from training.sft_optimizer import Muon, factor, is_hidden


def response_of(sample: Sample, style: Style) -> str:
    """What the model is to say to a sample of a data set, in one of the styles."""
    trace, final = sample.fields["trace"], sample.fields["final"]
    if style == "tagged":
        return f"<think>{trace}</think><answer>{final}</answer>"
    return f"{trace} Answer: {final}" if style == "plain" else str(final)


class Steps(Dataset[list[dict[str, Tensor]]]):
    """The batch of every step, by its number."""

    def __init__(self, config: SftConfig, processor: Any, split: str) -> None:
        self.config, self.split = config, split
        self.encoder = Encoder(processor)
        self.source = registered(str(config.data.dataset))

    def __len__(self) -> int:
        return self.config.optimizer.steps

    def examples(self, step: int) -> Iterator[Example]:
        seed = self.config.seed * 1_000_003 + step
        random = Random(seed)
        styles, shares = list(self.config.data.styles), list(self.config.data.styles.values())
        for sample in self.source.stream(self.split, seed):
            style = random.choices(styles, shares)[0]
            yield Example(prompt=self.source.prompt(sample), response=response_of(sample, style))

    def rows(self, step: int, count: int) -> list[Row]:
        groups = grouped(self.examples(step))
        return [self.encoder.row(next(groups)) for _ in range(count)]

    def __getitem__(self, step: int) -> list[dict[str, Tensor]]:
        """The step's batch in parts of rows of about equal length, so that little of them is padding."""
        return self.parts(step, self.config.data.rows)

    def parts(self, step: int, count: int) -> list[dict[str, Tensor]]:
        rows = sorted(self.rows(step, count), key=lambda row: row.length)
        size = self.config.data.rows_at_once
        return [self.encoder.batch(rows[start : start + size]) for start in range(0, len(rows), size)]


def loss_of(model: Any, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """(summed loss of the responses' tokens, how many there are, how many of them are guessed right)."""
    seen = batch["attention_mask"]
    mask = torch.zeros(seen.shape).masked_fill_(~seen, torch.finfo(torch.float32).min)
    hidden = model.model(
        input_ids=batch["input_ids"],
        position_ids=batch["position_ids"],
        attention_mask=mask,
        pixel_values=batch["pixel_values"],
        use_cache=False,
    ).last_hidden_state
    wanted = batch["labels"] != IGNORED
    logits = model.lm_head(hidden[wanted])
    labels = batch["labels"][wanted]
    loss = torch.nn.functional.cross_entropy(logits.float(), labels, reduction="sum")
    return loss, wanted.sum(), (logits.argmax(-1) == labels).sum()


class Trainer:
    """A model, its optimizers and where training stands."""

    def __init__(self, config: SftConfig) -> None:
        self.config = config
        self.folder = Path(config.output)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.model, self.processor = start(config)
        self.model.train()
        named = [(name, one) for name, one in self.model.named_parameters() if one.requires_grad]
        settings = config.optimizer
        self.optimizers: list[torch.optim.Optimizer] = [
            Muon(
                [one for name, one in named if is_hidden(name, one)],
                settings.muon_lr,
                settings.momentum,
                settings.weight_decay,
            ),
            torch.optim.AdamW(
                [one for name, one in named if not is_hidden(name, one)],
                settings.adam_lr,
                betas=(0.9, 0.98),
                weight_decay=0.0,
                foreach=True,
            ),
        ]
        self.rates = [settings.muon_lr, settings.adam_lr]
        self.mean = {name: one.detach().clone() for name, one in named} if settings.average else {}
        self.step = 0
        if (self.folder / "state.pt").exists():
            self._resume()

    def train_step(self, parts: list[dict[str, Tensor]]) -> tuple[float, int, float]:
        """(loss, number of response tokens, share of them guessed right)."""
        settings = self.config.optimizer
        scale = factor(self.step, settings.steps, settings.warmup, settings.decay)
        for optimizer, rate in zip(self.optimizers, self.rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * scale
            optimizer.zero_grad(set_to_none=True)
        tokens = sum(int((part["labels"] != IGNORED).sum()) for part in parts)
        total, hits = 0.0, 0
        for part in parts:
            loss, _, right = loss_of(self.model, part)
            (loss / tokens).backward()
            total, hits = total + loss.item(), hits + int(right)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        if self.mean:
            keep = min(settings.average, self.step / (self.step + 10))
            with torch.no_grad():
                for name, one in self.model.named_parameters():
                    self.mean[name].lerp_(one, 1 - keep)
        return total / tokens, tokens, hits / tokens

    def save_state(self) -> None:
        """Write everything that resuming needs; a kill while writing leaves the last state whole."""
        state = {
            "step": self.step,
            "model": self.model.state_dict(),
            "mean": self.mean,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "random": torch.get_rng_state(),
        }
        torch.save(state, self.folder / "state.pt.new")
        os.replace(self.folder / "state.pt.new", self.folder / "state.pt")

    def _resume(self) -> None:
        state = torch.load(self.folder / "state.pt", weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.mean, self.step = state["mean"], state["step"]
        torch.set_rng_state(state["random"])

    def save_model(self, folder: Path, dtype: torch.dtype = torch.float32) -> None:
        """Write a transformers folder with the mean of the weights, or the weights where there is no mean."""
        weights = {name: one.detach().clone() for name, one in self.model.named_parameters()}
        if self.mean:
            self._put(self.mean)
        self.model.to(dtype)
        new = folder.with_name(folder.name + ".new")
        self.model.save_pretrained(new)
        self.processor.save_pretrained(new)
        self.model.to(torch.float32)
        self._put(weights)
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)

    @torch.no_grad()
    def _put(self, weights: dict[str, Tensor]) -> None:
        for name, one in self.model.named_parameters():
            one.copy_(weights[name])

    @torch.no_grad()
    def held_out(self) -> dict[str, float]:
        """Loss and share of tokens guessed right on held-out samples, with the mean of the weights if there is one."""
        weights = {name: one.detach().clone() for name, one in self.model.named_parameters()}
        if self.mean:
            self._put(self.mean)
        steps = Steps(self.config, self.processor, self.config.data.held_out)
        found = [loss_of(self.model, part) for part in steps.parts(0, self.config.evaluate_rows)]
        loss, tokens, right = (sum(float(part[place]) for part in found) for place in range(3))
        self._put(weights)
        return {"held_out_loss": round(loss / tokens, 4), "held_out_right": round(right / tokens, 4)}


def start(config: SftConfig) -> tuple[Any, Any]:
    """(model, processor) that training starts from."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    build = config.model.build
    if build is None:
        model = AutoModelForImageTextToText.from_pretrained(config.model.path, dtype=torch.float32)
        processor = AutoProcessor.from_pretrained(config.model.path)
    else:
        source = registered(str(config.data.dataset))
        texts: list[str] = []
        for sample in source.stream(config.data.split, config.seed):
            parts = source.prompt(sample).messages[-1].parts
            texts += [part.text for part in parts if not isinstance(part, ImagePart)]
            texts.append(response_of(sample, "tagged"))
            texts.append(response_of(sample, "plain").removeprefix(str(sample.fields["trace"])))
            if len(texts) >= 3 * build.tokenizer_samples:
                break
        tokenizer = build_tokenizer(texts, source.words, source.whole, build.shape.vocabulary)
        model = build_model(build.shape, tokenizer, build.seed)
        processor = build_processor(build.shape, tokenizer)
    model.set_attn_implementation(config.model.attention)
    return model, processor


def run(config: SftConfig) -> None:
    """Train to the last step. A state in `config.output` is resumed."""
    trainer = Trainer(config)
    total = config.optimizer.steps
    steps = Steps(config, trainer.processor, config.data.split)
    loader = DataLoader(
        steps,
        batch_size=None,
        sampler=range(trainer.step, total),
        num_workers=1,
        prefetch_factor=6,
        worker_init_fn=_behind,
    )
    began, tokens_done = time.monotonic(), 0
    waited = 0.0
    mark = time.monotonic()
    for parts in loader:
        waited += time.monotonic() - mark
        loss, tokens, right = trainer.train_step(parts)
        tokens_done += tokens
        if trainer.step % config.log_every == 0 or trainer.step == total:
            spent = time.monotonic() - began
            line = {
                "step": trainer.step,
                "loss": round(loss, 4),
                "right": round(right, 4),
                "seconds": round(spent, 1),
                "waited": round(waited, 1),
                "tokens_a_second": round(tokens_done / spent),
            }
            if trainer.step % config.evaluate_every == 0 or trainer.step == total:
                line |= trainer.held_out()
            with (trainer.folder / "log.jsonl").open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(json.dumps(line), flush=True)
        if trainer.step % config.save_every == 0 or trainer.step == total:
            trainer.save_state()
            trainer.save_model(trainer.folder / "model")
        mark = time.monotonic()


def _behind(worker: int) -> None:
    """Pictures are made at a lower priority than the model is trained."""
    torch.set_num_threads(1)
    os.nice(5)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
