"""What a supervised training run is configured by: one pydantic model a section of the YAML."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from training.embedded.sizes import Architecture
from training.settings import Positive, Section, Share

Style = Literal["tagged", "plain", "direct"]


class BuildSettings(Section):
    """A new model with random weights, and a tokenizer made from the data set's own texts."""

    shape: Architecture = Field(Architecture(), description="sizes of the Idefics3 model")
    tokenizer_samples: Positive = Field(20_000, description="samples whose texts the tokenizer is made from")
    seed: int = Field(0, description="of the random weights")


class ModelSettings(Section):
    """Where training starts: exactly one of a folder and a new model."""

    path: str | None = Field(None, description="folder of a transformers checkpoint to go on from")
    build: BuildSettings | None = Field(None, description="start from a new model with random weights")
    attention: Literal["eager", "sdpa"] = Field("eager", description="attention of transformers")

    @model_validator(mode="after")
    def _one_start(self) -> ModelSettings:
        if (self.path is None) == (self.build is None):
            raise ValueError("give exactly one of model.path and model.build")
        return self


class DataSettings(Section):
    """What is learned from: a data set by its entry point, or a file of prompts and responses."""

    dataset: str | None = Field(None, description="name of a data set (entry point group `rfteval.datasets`)")
    file: str | None = Field(None, description="JSONL with `prompt`, `response` and, if any, `image`, a path")
    split: str = Field("train", description="split that is trained on")
    held_out: str = Field("validation", description="split whose loss is measured; of a file: its last lines")
    styles: dict[Style, float] = Field(
        {"tagged": 1.0}, description="shares of ways to respond: <think> and <answer> tags, reasoning in prose, answer"
    )
    rows: Positive = Field(16, description="pictures (or, without pictures, prompts) a step")
    rows_at_once: Positive = Field(8, description="how many of them go through the model together")


class OptimizerSettings(Section):
    """Muon for hidden matrices, AdamW for the rest; both follow one schedule."""

    muon_lr: float = Field(0.02, gt=0, description="learning rate of hidden matrices")
    adam_lr: float = Field(0.003, gt=0, description="learning rate of embeddings, norms, biases and convolutions")
    momentum: Share = Field(0.95, description="of Muon")
    weight_decay: Share = Field(0.0, description="of hidden matrices")
    steps: Positive = Field(description="steps of training")
    warmup: int = Field(100, ge=0, description="steps over which the rates rise")
    decay: int = Field(ge=1, description="last steps, over which the rates fall to 0")
    clip: float = Field(1.0, gt=0, description="largest norm of a gradient")
    average: Share = Field(0.0, description="decay of a running mean of the weights, which is saved; 0 for none")


class SftConfig(Section):
    """All of it."""

    output: str = Field(description="folder for the state, the log and the model")
    seed: int = Field(0, description="decides which samples come in which step")
    model: ModelSettings
    data: DataSettings
    optimizer: OptimizerSettings
    log_every: Positive = Field(20, description="steps between lines of the log")
    save_every: Positive = Field(200, description="steps between saved states")
    evaluate_every: Positive = Field(200, description="steps between measurements on held-out samples")
    evaluate_rows: Positive = Field(32, description="pictures of such a measurement")
