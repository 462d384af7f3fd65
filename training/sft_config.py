"""What a supervised training run is configured by: one pydantic model a section of the YAML."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from training.embedded.sizes import Architecture
from training.settings import LoraSettings, Positive, Section, Share

Style = Literal["tagged", "plain", "direct"]


class BuildSettings(Section):
    """A new model with random weights, and a tokenizer made from the data set's own texts."""

    shape: Architecture = Field(Architecture(), description="sizes of the Idefics3 model")
    tokenizer_samples: Positive = Field(20_000, description="samples whose texts the tokenizer is made from")
    seed: int = Field(0, description="of the random weights")


class SftModelSettings(Section):
    """Where training starts: exactly one of `path` and `build`."""

    path: str | None = Field(None, description="folder of a transformers checkpoint, or `thinker` or `base`")
    build: BuildSettings | None = Field(None, description="a new model with random weights")
    dtype: Literal["float32", "bfloat16", "mixed"] = Field("float32", description="as in `rfteval train`")
    attention: Literal["eager", "sdpa", "flash_attention_2"] = Field("sdpa", description="attention of transformers")
    freeze: list[str] = Field([], description="freezes the parameters whose names hold one of these words")
    lora: LoraSettings | None = Field(None, description="train adapters instead of all weights")

    @model_validator(mode="after")
    def _one_start(self) -> SftModelSettings:
        if (self.path is None) == (self.build is None):
            raise ValueError("give exactly one of path and build")
        return self


class SftDataSettings(Section):
    """What is learned from: exactly one of `dataset` and `file`."""

    dataset: str | None = Field(None, description="name of a data set (entry point group `rfteval.datasets`)")
    file: str | None = Field(
        None, description="JSONL with `prompt`, `response` and, if any, `image`, a path from the file's folder"
    )
    split: str = Field("train", description="split of the data set that is trained on")
    held_out: str = Field("validation", description="split of the data set whose loss is measured")
    held_out_share: Share = Field(0.05, description="of a file: the share of its lines, the last ones, kept for that")
    styles: dict[Style, float] = Field(
        {"tagged": 1.0},
        description="of a data set: shares of ways to respond: in <think> and <answer> tags, reasoning and answer in "
        "prose, the answer alone",
    )
    shares: dict[str, dict[str, Share]] = Field(
        {},
        description="of a data set: by tag and value, the share of the pictures with it that are trained on; of those "
        "not named all",
    )
    answer_weight: float = Field(
        1.0, gt=0, description="how much a token of the response counts that stands behind <answer>, against others"
    )
    pictures: bool = Field(True, description="of a data set: false leaves them out, for what the text alone can teach")
    learned: str | None = Field(
        None,
        description="a regular expression: of a response only the tokens inside its matches are learned, and a sample "
        "without a match is passed over",
    )
    rows: Positive = Field(16, description="pictures a step, each with its questions; of other models prompts a step")
    rows_at_once: Positive = Field(8, description="how many of them go through the model together")
    longest: Positive = Field(4096, description="a longer prompt is an error")

    @model_validator(mode="after")
    def _one_source(self) -> SftDataSettings:
        if (self.dataset is None) == (self.file is None):
            raise ValueError("give exactly one of dataset and file")
        if self.file is not None and self.shares:
            raise ValueError("shares are of a data set's tags; a file has none: leave lines out of it instead")
        return self

    @field_validator("learned")
    @classmethod
    def _readable(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        return pattern


class SftOptimizerSettings(Section):
    """Learning rates rise, stay, and fall to 0 over the last steps."""

    name: Literal["adamw", "muon"] = Field(
        "adamw", description="muon: for hidden matrices, with AdamW for the rest; learns faster from random weights"
    )
    lr: float = Field(2e-5, gt=0, description="learning rate of AdamW")
    muon_lr: float = Field(0.02, gt=0, description="learning rate of Muon")
    momentum: Share = Field(0.95, description="of Muon")
    betas: tuple[Share, Share] = Field((0.9, 0.98), description="of AdamW")
    weight_decay: Share = Field(0.0, description="of matrices")
    steps: Positive = Field(description="steps of training")
    warmup: int = Field(100, ge=0, description="steps over which the rates rise")
    decay: int = Field(ge=0, description="last steps, over which the rates fall to 0")
    clip: float = Field(1.0, gt=0, description="largest norm of a gradient")
    average: Share = Field(0.0, description="decay of a running mean of the weights, which is what is saved; 0: none")


class SftConfig(Section):
    """A whole run."""

    out: str = Field(description="folder of the run; one that exists is gone on with")
    seed: int = Field(0, description="decides which samples come in which step")
    model: SftModelSettings = Field(description="the model")
    data: SftDataSettings = Field(description="the samples")
    optimizer: SftOptimizerSettings = Field(description="the optimizer")
    workers: int = Field(1, ge=0, description="processes that make batches beside the training; 0: none")
    log_every: Positive = Field(20, description="steps between lines of the log")
    save_every: Positive = Field(200, description="steps between saved states")
    evaluate_every: Positive = Field(200, description="steps between measurements on held-out samples")
    evaluate_rows: Positive = Field(32, description="rows of such a measurement")
