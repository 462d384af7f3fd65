"""Putting a run together from its settings: model, prompts, reward, engine, all checked before a step is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from accelerate import Accelerator

from rfteval.errors import UsageError, unknown_name
from rfteval.models import embedded
from training.collect import Collector
from training.core.kl_control import BetaSchedule
from training.core.schedules import Ramp, Shape
from training.encoding import Encoder, load_encoder
from training.evaluate import Evaluator
from training.policy import Policy, Reference, load_model
from training.ranks import Ranks
from training.rewards import RewardPlan, check_components
from training.rollout import RolloutEngine
from training.rollout.opening import check_engine, open_engine
from training.sampler import PromptSampler
from training.scoring import Scorer
from training.settings import TrainSettings
from training.sources import open_source
from training.update import Learner


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a run trains and how prompts reach it."""

    folder: Path
    encoder: Encoder
    policy: Policy


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of a run, ready to go."""

    settings: TrainSettings
    out: Path
    folder: Path
    encoder: Encoder
    policy: Policy
    reference: Reference | None
    beta: BetaSchedule
    engine: RolloutEngine
    scorer: Scorer
    sampler: PromptSampler
    plan: RewardPlan
    collector: Collector
    learner: Learner
    evaluator: Evaluator | None
    ranks: Ranks

    @cached_property
    def token_texts(self) -> dict[int, str]:
        """The text of each token, for pages that show single tokens."""
        tokenizer = self.encoder.tokenizer
        return {number: tokenizer.decode([number]) for number in range(len(tokenizer))}


def checkpoint_folder(name: str) -> Path:
    """The folder of a checkpoint: a path, or the name of an embedded one. Raises UsageError."""
    path = Path(name)
    if (path / "config.json").is_file():
        return path
    if name in embedded.NAMES:
        return embedded.path(name)
    if path.is_dir():
        raise UsageError(f"{path} has no config.json, so it is not a transformers checkpoint")
    raise unknown_name("model", name, embedded.NAMES)


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
    check_layout(settings, policy)
    return Model(folder=folder, encoder=replace(encoder, locate=policy.locate), policy=policy)


def check_layout(settings: TrainSettings, policy: Policy) -> None:
    """A row with a prompt and its responses has one mask for all layers, which knows of no window. Raises UsageError.

    A layer with `sliding_window` W sees the last W tokens, so the mask is right up to that length.
    """
    if settings.batch.layout != "shared_prompt":
        return
    text = policy.inner.config.get_text_config()
    kinds = getattr(text, "layer_types", None) or ()
    window = getattr(text, "sliding_window", None) if getattr(text, "use_sliding_window", True) else None
    prompt, response = settings.data.max_prompt_tokens, settings.rollout.max_tokens
    if window and window < prompt + response and (not kinds or "sliding_attention" in kinds):
        raise UsageError(
            f"batch.layout shared_prompt does not follow the window of {window} tokens that layers of "
            f"{settings.model.path} look back through, and a prompt and its response may have {prompt + response} "
            f"(data.max_prompt_tokens {prompt}, rollout.max_tokens {response}); use batch.layout padded"
        )


@contextmanager
def open_parts(settings: TrainSettings, accelerator: Accelerator) -> Iterator[Parts]:
    """All parts of a run, closed at the end. Raises RftevalError and RewardServiceError for what cannot work."""
    stages = settings.signal.stages
    verifiers = check_components(settings.reward, [stage.components for stage in stages])
    if settings.evaluation is not None and settings.evaluation.format is not None:
        verifiers = (*verifiers, settings.evaluation.format.verifier)
    ranks = Ranks(accelerator)
    check_engine(settings, ranks)
    out = Path(settings.out)
    with ExitStack() as stack:
        scorer = stack.enter_context(
            Scorer(
                settings.reward.server,
                verifiers,
                timeout_s=settings.reward.timeout_s,
                credentials=settings.reward.credentials,
            )
        )
        source = open_source(settings.data, settings.seed, settings.signal.sort_by)
        model = assemble(settings)
        policy = model.policy.to(accelerator.device)
        ranks.same_weights(policy)  # new adapters are random
        engine = open_engine(settings, policy, model.encoder, model.folder, ranks)
        stack.callback(engine.close)
        beta = beta_schedule(settings)
        plan = RewardPlan(settings=settings.reward, steps=settings.steps)
        sampler = PromptSampler(source, settings.signal, group_size=settings.rollout.group_size, seed=settings.seed)
        evaluator = None
        if settings.evaluation is not None and ranks.first:
            evaluator = Evaluator(settings, engine=engine, encoder=model.encoder, address=scorer.address, out=out)
        yield Parts(
            settings=settings,
            out=out,
            folder=model.folder,
            encoder=model.encoder,
            policy=policy,
            reference=Reference(policy) if beta.needs_reference else None,
            beta=beta,
            engine=engine,
            scorer=scorer,
            sampler=sampler,
            plan=plan,
            collector=Collector(
                settings,
                source=source,
                sampler=sampler,
                encoder=model.encoder,
                engine=engine,
                scorer=scorer,
                plan=plan,
                ranks=ranks,
            ),
            learner=Learner(settings, policy, ranks, model.encoder.decode, plan, exact=engine.exact),
            evaluator=evaluator,
            ranks=ranks,
        )


def beta_schedule(settings: TrainSettings) -> BetaSchedule:
    """How β moves, from the section kl."""
    kl = settings.kl
    shapes: dict[str, Shape] = {"linear": "linear", "cosine": "cosine", "exponential": "exponential"}
    ramp = Ramp(
        shape=shapes.get(kl.schedule, "constant"),
        start=kl.beta,
        end=kl.beta if kl.beta_end is None else kl.beta_end,
        steps=kl.steps or settings.steps,
    )
    if kl.schedule == "adaptive":
        return BetaSchedule(ramp=ramp, kind="adaptive", target=kl.target, horizon=kl.horizon)
    return BetaSchedule(ramp=ramp, kind="accuracy" if kl.schedule == "accuracy" else "ramp")
