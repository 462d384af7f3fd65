"""What a training run is configured by: one pydantic model a section of the YAML, every field with its meaning.

Reading files, overrides and messages are in config.py; the table in docs/training.md is made from these descriptions.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from training.core.aggregation import Aggregation
from training.core.algorithms import AdvantageName
from training.core.kl import KlEstimator
from training.core.objective import TokenLoss
from training.core.ratios import RatioLevel

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LoraSettings(Section):
    """Low-rank adapters (arXiv 2106.09685) through peft; the reference model is the same model without them."""

    rank: Positive = Field(16, description="rank of the adapters")
    alpha: Positive = Field(32, description="scale of the adapters: alpha / rank")
    dropout: Share = Field(0.0, description="dropout inside the adapters; anything but 0 makes ratios noisy")
    targets: list[str] | Literal["all-linear"] = Field(
        "all-linear", description="names of the layers that get adapters"
    )


class ModelSettings(Section):
    """Which model is trained, and how it is held in memory."""

    path: str = Field(description="folder of a transformers checkpoint, or `base` or `thinker`: the embedded ones")
    dtype: Literal["float32", "bfloat16", "mixed"] = Field(
        "float32", description="type of weights and arithmetic; mixed: float32 weights, bfloat16 arithmetic"
    )
    attention: Literal["eager", "sdpa", "flash_attention_2"] = Field("sdpa", description="attention of transformers")
    freeze: list[str] = Field(
        [], description="`vision` freezes the vision tower; other words freeze parameters whose names hold them"
    )
    gradient_checkpointing: bool = Field(False, description="less memory, one more forward pass")
    lora: LoraSettings | None = Field(None, description="train adapters instead of all weights")


class DataSettings(Section):
    """What is asked. Exactly one of `dataset`, `benchmark` and `file`."""

    dataset: str | None = Field(None, description="name of an endless data set (entry point `rfteval.datasets`)")
    benchmark: str | None = Field(None, description="name of a benchmark; never train on what is measured")
    file: str | None = Field(
        None, description="JSONL with `question`, `answer` and, if any, `choices`, `images`, `kind`"
    )
    split: str | None = Field(None, description="the split; default: `train` of a data set, the benchmark's own else")
    data: str | None = Field(None, description="a local snapshot of the benchmark's split")
    prompt: str | None = Field(None, description="name of the benchmark's prompt; default: its own")
    system: str | None = Field(None, description="a system message put before every prompt")
    suffix: str = Field("", description="text put after every question, such as how to lay out the answer")
    limit: Positive | None = Field(None, description="use only the first samples")
    max_prompt_tokens: Positive = Field(2048, description="a longer prompt (with its image tokens) is an error")

    @model_validator(mode="after")
    def _one_source(self) -> DataSettings:
        given = [name for name in ("dataset", "benchmark", "file") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of dataset, benchmark, file; got {', '.join(given) or 'none'}")
        return self


class NoiseSettings(Section):
    """NoisyRollout (arXiv 2504.13055): a part of each group is sampled from a noisy picture; updates see clean ones."""

    rollouts: Positive = Field(description="how many of a group see the noisy picture")
    strength: Annotated[int, Field(ge=1, le=999)] = Field(500, description="diffusion step at the start, of 1000")
    schedule: Literal["sigmoid", "power", "exponential", "linear"] = Field("sigmoid", description="how the noise fades")
    steps: Positive = Field(60, description="training steps until it has faded")
    middle: float = Field(40.0, description="step at which the sigmoid is half")
    coefficient: float = Field(30.0, description="steepness of the sigmoid, the exponent, or the base")


class RolloutSettings(Section):
    """How responses are sampled."""

    engine: Literal["hf", "vllm", "vllm_server"] = Field("hf", description="what generates")
    group_size: Annotated[int, Field(ge=2)] = Field(8, description="responses to each prompt; advantages need two")
    prompts_per_step: Positive = Field(
        8, description="prompts whose groups make one rollout batch (over all processes)"
    )
    temperature: Annotated[float, Field(gt=0.0)] = Field(
        1.0, description="of the sampling; log-probabilities are under it"
    )
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        1.0, description="nucleus; below 1 the samples are off-policy"
    )
    max_tokens: Positive = Field(512, description="longest response")
    batch: Positive = Field(256, description="rollouts decoded together by `hf`")
    noise: NoiseSettings | None = Field(None, description="NoisyRollout")
    servers: list[str] = Field([], description="addresses of vLLM servers, http://HOST:PORT")
    weights: str | None = Field(
        None, description="folder that the servers see too, in which weights are left for them; default: out"
    )
    staleness: Annotated[int, Field(ge=0)] = Field(
        0, description="how many updates old a server's weights may be; 0: they are handed over after each one"
    )
    server_timeout_s: Annotated[float, Field(gt=0.0)] = Field(
        600.0, description="how long a server may take for one response, or to load weights, before it counts as lost"
    )
    memory_share: Share = Field(0.3, description="share of the GPU for an in-process vLLM")
    sleep: bool = Field(True, description="an in-process vLLM on a GPU gives its memory back during updates")


class ComponentSettings(Section):
    """One component of the reward: a verifier with a weight, as in `rfteval verifiers`."""

    verifier: str = Field(description="name of the verifier")
    name: str | None = Field(None, description="name in logs; default: the verifier's")
    weight: Annotated[float, Field(ge=0.0)] = Field(1.0, description="weight in the sum")
    weight_end: Annotated[float, Field(ge=0.0)] | None = Field(
        None, description="weight at the last step; moves linearly"
    )
    gate: Share | None = Field(None, description="below this score the whole reward is 0")
    optional: bool = Field(False, description="unscored here does not make the rollout unscored")
    parameters: dict[str, object] = Field(
        {},
        description="parameters of the verifier; `length: tokens` and `correct: first` are filled in for each rollout",
    )
    fields: dict[str, str] = Field({}, description="parameters taken from the sample's fields: parameter → field")
    role: Literal["outcome", "process"] = Field("outcome", description="process components may be scored step by step")


class RewardSettings(Section):
    """How a rollout is rewarded. The first component is what accuracy means."""

    components: Annotated[list[ComponentSettings], Field(min_length=1)] = Field(
        description="what the reward is made of"
    )
    steps: Literal["scalar", "per_step"] = Field(
        "scalar", description="process components: one number a response (StepGRPO), or credit by step"
    )
    hybrid: bool = Field(False, description="weights of outcome and process components move from outcome to both")
    hybrid_steps: Positive | None = Field(None, description="length of that schedule; default: all steps")
    shuffle: bool = Field(False, description="a control: rewards are dealt out at random, so nothing may be learned")
    server: str | None = Field(
        None, description="address of a reward service, or several with commas; default: a private one"
    )
    credentials: str | None = Field(None, description="TOML with the service's credentials")
    timeout_s: Annotated[float, Field(gt=0.0)] = Field(60.0, description="patience with the service; later is unscored")


class AdvantageSettings(Section):
    """From rewards to advantages; formulas in training/core/."""

    kind: AdvantageName | None = Field(None, description="baseline and scale; default: the algorithm's")
    gamma: Annotated[float, Field(ge=0.0)] = Field(0.5, description="SLAS: exponent minus one")
    eps: Annotated[float, Field(ge=0.0)] = Field(1e-4, description="added to the standard deviation")


class LossSettings(Section):
    """The policy loss and its aggregation. What is not given is the algorithm's."""

    kind: TokenLoss | None = Field(None, description="policy loss")
    level: RatioLevel | None = Field(None, description="ratios of tokens or of whole responses (GSPO)")
    aggregation: Aggregation | None = Field(None, description="over the whole batch of all processes")
    clip_low: Annotated[float, Field(gt=0.0)] | None = Field(None, description="a ratio may fall to 1 - clip_low")
    clip_high: Annotated[float, Field(gt=0.0)] | None = Field(None, description="a ratio may rise to 1 + clip_high")
    clip_high_end: Annotated[float, Field(gt=0.0)] | None = Field(
        None, description="clip_high at the last step; moves linearly"
    )
    dual_clip: Annotated[float, Field(gt=1.0)] | None = Field(None, description="bound for negative advantages")
    cap: Annotated[float, Field(gt=0.0)] | None = Field(None, description="CISPO: the largest ratio")
    max_length: Positive | None = Field(None, description="L of the aggregation constant; default: rollout.max_tokens")
    entropy: float = Field(0.0, description="coefficient of the entropy bonus")
    mask_truncated: bool = Field(
        False, description="responses cut at max_tokens are not trained on (DAPO's overlong filtering)"
    )
    importance: Literal["auto", "off", "token", "sequence"] = Field(
        "auto", description="truncated importance sampling; auto: by token where another engine samples"
    )
    importance_cap: Annotated[float, Field(ge=1.0)] = Field(2.0, description="cap of that weight")
    importance_excess: Literal["truncate", "mask"] = Field(
        "truncate", description="weights above the cap are brought down to it, or what has them is not trained on"
    )


class KlSettings(Section):
    """The pull to the model at the start. β = 0 for good needs no reference model, β that can become > 0 keeps it."""

    beta: Annotated[float, Field(ge=0.0)] = Field(0.0, description="β at the start")
    beta_end: Annotated[float, Field(ge=0.0)] | None = Field(None, description="β at the end of a schedule")
    schedule: Literal["constant", "linear", "cosine", "exponential", "adaptive", "accuracy"] = Field(
        "constant", description="how β moves (OThink-MR1; adaptive: arXiv 1909.08593; accuracy: with the accuracy)"
    )
    steps: Positive | None = Field(None, description="length of the schedule; default: all steps")
    target: Annotated[float, Field(gt=0.0)] = Field(0.1, description="adaptive: the KL a token that is aimed at")
    horizon: Positive = Field(10000, description="adaptive: how slowly β moves, in responses")
    estimator: KlEstimator | None = Field(None, description="of the KL; default: the algorithm's")
    corrected: bool = Field(False, description="the estimate times the ratio, as DeepSeek-V3.2 and TRL have it")


class OptimizerSettings(Section):
    """AdamW and the schedule of its learning rate."""

    lr: Annotated[float, Field(gt=0.0)] = Field(1e-6, description="learning rate")
    schedule: Literal["constant", "linear", "cosine"] = Field("constant", description="to 0 at the last step, or not")
    warmup_steps: Annotated[int, Field(ge=0)] = Field(0, description="steps of linear warm-up")
    weight_decay: Annotated[float, Field(ge=0.0)] = Field(0.0, description="AdamW's weight decay")
    beta1: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(0.9, description="AdamW")
    beta2: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(0.99, description="AdamW")
    max_grad_norm: Annotated[float, Field(gt=0.0)] = Field(1.0, description="gradients are scaled down to this norm")
    adapt_to_kl: Annotated[float, Field(gt=0.0)] | None = Field(
        None,
        description="divide the rate by 1.5 above twice this KL to the sampling policy, multiply it below half of it",
    )


class BatchSettings(Section):
    """How a rollout batch is cut into updates and micro-batches."""

    updates: Positive = Field(1, description="optimizer steps for each pass over a rollout batch")
    epochs: Positive = Field(1, description="passes over a rollout batch")
    tokens: Positive = Field(8192, description="positions in a micro-batch, padding included")
    layout: Literal["padded", "shared_prompt"] = Field(
        "padded",
        description="one row a response, or one row a prompt with its responses side by side (eager or sdpa attention)",
    )
    logit_chunk: Positive = Field(2048, description="positions whose logits exist at a time")


class CurriculumStage(Section):
    """One stage: which samples, until when."""

    name: str = Field(description="name in logs")
    where: dict[str, list[str]] = Field({}, description="tag → values; a sample must match all")
    steps: Positive | None = Field(None, description="move on after so many steps")
    accuracy: Share | None = Field(None, description="or when the running accuracy is above this")
    components: list[ComponentSettings] | None = Field(
        None, description="reward of this stage; default: reward.components"
    )


class SignalSettings(Section):
    """Where the signal comes from: which prompts are asked, which groups are kept."""

    dynamic_sampling: bool = Field(
        False, description="go on sampling until enough groups have a spread of rewards (DAPO)"
    )
    max_rounds: Positive = Field(3, description="rounds of dynamic sampling; then what there is is trained on")
    filter_low: Share | None = Field(None, description="online filtering: lowest group accuracy kept (MM-EUREKA: 0.1)")
    filter_high: Share | None = Field(None, description="online filtering: highest group accuracy kept (0.9)")
    filter_from: Annotated[int, Field(ge=0)] = Field(0, description="first step with online filtering")
    replay: bool = Field(False, description="kept groups wait in a buffer until it holds a whole batch")
    difficulty: bool = Field(False, description="prefer prompts whose success estimate promises a spread")
    difficulty_key: str = Field("id", description="a tag that shares one estimate, or `id`: every sample its own")
    difficulty_decay: Share = Field(0.7, description="weight of the old estimate")
    sort_by: str | None = Field(None, description="tag to sort a finite data set by, easy first")
    stages: list[CurriculumStage] = Field([], description="curriculum (Curr-ReFT)")
    stage_patience: Positive = Field(50, description="steps in a stage before its accuracy can end it")
    patience: Positive = Field(10, description="steps without any trainable group before the run stops and says why")


class EvaluationSettings(Section):
    """Measuring on held-out samples while training."""

    dataset: str | None = Field(None, description="an endless data set's `validation` split")
    benchmark: str | None = Field(None, description="or a benchmark")
    split: str | None = Field(None, description="its split")
    data: str | None = Field(None, description="a local snapshot")
    limit: Positive | None = Field(None, description="samples; needed for a data set")
    every: Annotated[int, Field(ge=0)] = Field(20, description="steps between evaluations; 0: only at both ends")
    max_tokens: Positive | None = Field(None, description="longest response; default: rollout.max_tokens")
    format: ComponentSettings | None = Field(None, description="what strict accuracy asks beside a right answer")
    early_stop: Positive | None = Field(None, description="evaluations without a better one before the run stops")
    guard: Share | None = Field(
        None, description="stop when accuracy is this much below the start's, outside both intervals"
    )


class MonitorSettings(Section):
    """One watch over reward hacking and what it does."""

    kind: Literal["proxy_gap", "length_reward", "component_divergence", "flags", "kl", "entropy"] = Field(
        description="proxy_gap: reward in training against accuracy in evaluation; length_reward: rank correlation; "
        "component_divergence: `component` rises while accuracy falls; flags: share of rollouts that a verifier "
        "flagged; kl, entropy: where they break away"
    )
    action: Literal["log", "freeze", "raise_beta", "drop_component", "stop"] = Field(
        "log", description="what happens on an alarm; freeze: no more updates"
    )
    threshold: float | None = Field(None, description="alarm above it; default: the monitor's own")
    component: str | None = Field(None, description="the component to drop, or whose divergence is watched")


class CheckpointSettings(Section):
    """What is saved and when."""

    every: Annotated[int, Field(ge=0)] = Field(50, description="steps between checkpoints; 0: only at the end")
    keep: Positive = Field(2, description="how many of the last ones stay")


class TrackingSettings(Section):
    """What is seen of the run; metrics.jsonl is always written."""

    with_: list[Literal["tensorboard", "wandb", "trackio"]] = Field(
        ["tensorboard"], alias="with", description="trackers"
    )
    rollouts_every: Annotated[int, Field(ge=0)] = Field(5, description="steps between stored rollouts; 0: never")
    rollouts: Positive = Field(4, description="groups stored each time")


class TrainSettings(Section):
    """A whole run."""

    out: str = Field(description="folder of the run")
    steps: Positive = Field(100, description="rollout batches to train on")
    seed: int = Field(0, description="seed of sampling, order and noise")
    model: ModelSettings = Field(description="the model")
    data: DataSettings = Field(description="the prompts")
    rollout: RolloutSettings = Field(RolloutSettings(), description="sampling")
    reward: RewardSettings = Field(description="the reward")
    algorithm: Literal["grpo", "dr_grpo", "dapo", "rloo", "reinforce_pp", "slas", "gspo", "cispo"] = Field(
        "dapo", description="names an advantage, a loss and its aggregation; the sections below change single parts"
    )
    advantage: AdvantageSettings = Field(AdvantageSettings(), description="advantages")
    loss: LossSettings = Field(LossSettings(), description="the loss")
    kl: KlSettings = Field(KlSettings(), description="the KL term")
    optimizer: OptimizerSettings = Field(OptimizerSettings(), description="the optimizer")
    batch: BatchSettings = Field(BatchSettings(), description="batches")
    signal: SignalSettings = Field(SignalSettings(), description="which prompts and groups")
    evaluation: EvaluationSettings | None = Field(None, description="measuring while training")
    monitors: list[MonitorSettings] = Field([], description="watches over reward hacking")
    checkpoint: CheckpointSettings = Field(CheckpointSettings(), description="checkpoints")
    tracking: TrackingSettings = Field(TrackingSettings(), description="tracking")

    @model_validator(mode="after")
    def _fits_together(self) -> TrainSettings:
        noise = self.rollout.noise
        size = self.rollout.group_size
        if noise is not None and noise.rollouts >= size:
            raise ValueError(f"rollout.noise.rollouts ({noise.rollouts}) must be below rollout.group_size ({size})")
        if self.rollout.engine == "vllm_server" and not self.rollout.servers:
            raise ValueError("rollout.engine vllm_server needs rollout.servers")
        if self.batch.layout == "shared_prompt" and self.model.attention == "flash_attention_2":
            raise ValueError(
                "batch.layout shared_prompt needs model.attention eager or sdpa: its mask is not a causal one"
            )
        low, high = self.signal.filter_low, self.signal.filter_high
        if (low is None) != (high is None) or (low is not None and high is not None and low > high):
            raise ValueError(f"signal.filter_low and filter_high go together, low first; got {low} and {high}")
        passes = self.batch.updates * self.batch.epochs
        if noise is not None and passes > 1:
            raise ValueError(
                f"rollout.noise goes with one update a batch, got {passes}: later ones would set log-probabilities of "
                "the clean picture against those of the noisy one"
            )
        if self.optimizer.adapt_to_kl is not None and passes == 1:
            raise ValueError(
                "optimizer.adapt_to_kl needs batch.updates or batch.epochs above 1: in the first update after sampling "
                "the policy is the one that sampled, so there is no shift to follow"
            )
        if self.algorithm == "rloo" and self.kl.estimator in (None, "k1") and (self.kl.beta or self.kl.beta_end):
            raise ValueError(
                "algorithm rloo has k1, whose gradient in the loss is 0 on average; "
                "set kl.estimator k2 or k3, or kl.beta 0"
            )
        if self.kl.schedule not in ("constant", "adaptive") and self.kl.beta_end is None:
            raise ValueError(f"kl.schedule {self.kl.schedule} needs kl.beta_end")
        if self.kl.schedule == "adaptive" and self.kl.beta == 0:
            raise ValueError("kl.schedule adaptive grows in proportion to itself: kl.beta must be above 0")
        for monitor in self.monitors:
            needs = monitor.action == "drop_component" or monitor.kind == "component_divergence"
            if needs and monitor.component is None:
                raise ValueError(f"the monitor {monitor.kind} with action {monitor.action} needs a component")
            if monitor.action == "raise_beta" and not (self.kl.beta or self.kl.beta_end):
                raise ValueError("a monitor can raise β only where there is one: set kl.beta or kl.beta_end")
        if self.batch.updates > self.rollout.prompts_per_step:
            raise ValueError(
                f"batch.updates ({self.batch.updates}) shares out whole groups, so it is at most "
                f"rollout.prompts_per_step ({self.rollout.prompts_per_step})"
            )
        return self
