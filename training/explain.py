"""One step in words and numbers: `--dry-run` says whether everything works, `--explain-step` how a loss comes about.

Nothing is written; the model is changed in memory only.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import torch
from accelerate import Accelerator

from training.assembly import Parts, open_parts
from training.batching import Trained, micro_batches
from training.collect import Collection
from training.core.algorithms import ALGORITHMS
from training.credit import credit
from training.settings import TrainSettings
from training.step_metrics import batch_metrics
from training.types import RolloutGroup
from training.update import Updated

FORMULAS = {
    "grpo": "A = (r - mean) / (std + eps)",
    "dr_grpo": "A = r - mean",
    "rloo": "A = r - mean of the others = (r - mean) * n / (n - 1)",
    "batch_normalised": "A = (r - mean) / (std of the batch + eps)",
    "slas": "A = sign(d) |d|^(1 + gamma), d = (r - mean) / (std of the batch + eps)",
}
AGGREGATIONS = {
    "seq_mean": "mean over responses of the mean over their tokens",
    "token_mean": "sum over all tokens / their number",
    "constant": "sum over all tokens / (responses * limit)",
    "seq_sum_mean": "sum over all tokens / responses",
}


def check(settings: TrainSettings) -> str:
    """Everything once, on one batch: prompts, sampling, rewards, gradient. Raises what the run itself would."""
    with open_parts(settings, _quiet()) as parts:
        collection, updated, lines = _one_step(parts)
        metrics = batch_metrics(collection, parts.ranks) | updated.metrics
        longest = max(len(group.prompt.ids) for group in collection.sampled)
        lines += [
            f"prompts: longest {longest} tokens of at most {settings.data.max_prompt_tokens}",
            f"responses: {metrics['rollouts']:.0f}, mean {metrics['length/mean']:.1f} tokens, "
            f"{metrics['length/truncated']:.0%} cut off at {settings.rollout.max_tokens}",
            *(
                f"component {name}: mean {metrics[f'component/{name}']:.3f}"
                for name in collection.recipe.names
                if f"component/{name}" in metrics
            ),
            f"unscored: {metrics['rollouts/unscored']:.0f}",
            f"groups: {dict(collection.fate)}",
        ]
        if "loss" in metrics:
            lines.append(f"loss {metrics['loss']:.6f}, gradient norm {metrics['grad_norm']:.4f}")
        else:
            lines.append("no group of this batch has a spread of rewards, so no gradient was computed")
        if parts.evaluator is not None:
            lines.append(f"evaluation: {len(parts.evaluator.prompts)} prompts encoded")
            for prompt in parts.evaluator.prompts:
                parts.encoder.encode(prompt)
    return "\n".join([*lines, "dry run: everything works; nothing was written"])


def explain(settings: TrainSettings) -> str:
    """The arithmetic of one step, from the rewards of one group to the loss of the batch and what the step did."""
    with open_parts(settings, _quiet()) as parts:
        parts.policy.eval()
        collection, updated, lines = _one_step(parts)
        group = next((group for group in collection.groups if group.signal), None)
        if group is None:
            return "\n".join([*lines, "no group of this batch has a spread of rewards: there is nothing to explain"])
        lines += [*_rewards(group, collection), "", *_advantages(settings, group, collection, parts)]
        lines += ["", *_loss(settings, collection, updated, parts), "", *_after(settings, group, parts)]
    return "\n".join(lines)


def _quiet() -> Accelerator:
    return Accelerator()


def _one_step(parts: Parts) -> tuple[Collection, Updated, list[str]]:
    count = sum(parameter.numel() for parameter in parts.policy.parameters())
    trained = sum(parameter.numel() for parameter in parts.policy.parameters() if parameter.requires_grad)
    began = time.monotonic()
    beta = parts.settings.kl.beta
    model = parts.reference
    reference = None
    if model is not None and beta > 0:
        reference = lambda groups: parts.learner.reference_pass(model, groups)  # noqa: E731
    collection = parts.collector.collect(0, reference)
    parts.engine.rest()
    updated = parts.learner.update(collection, 0, beta) if collection.groups else Updated()
    return (
        collection,
        updated,
        [
            f"model: {parts.folder}, {count / 1e6:.2f} M parameters, {trained / 1e6:.2f} M trained",
            f"verifiers: {', '.join(f'{name} {digest}' for name, digest in parts.scorer.digests.items())}",
            f"one step took {time.monotonic() - began:.1f} s",
        ],
    )


def _rewards(group: RolloutGroup, collection: Collection) -> Iterator[str]:
    recipe = collection.recipe
    yield f"sample {group.sample.id}: {group.sample.question}  (answer: {group.sample.reference.answer})"
    columns = [f"{name} * {weight:g}" for name, weight in zip(recipe.names, recipe.weights, strict=True)]
    yield f"rollout  tokens  {'  '.join(columns)}  = reward"
    for rollout, rewarded in zip(group.rollouts, group.rewarded, strict=True):
        cells = [
            f"{'unscored' if score is None else f'{score:.3f}':>{len(column)}}"
            for column, score in zip(columns, rewarded.components.values(), strict=True)
        ]
        reward = "unscored" if rewarded.reward is None else f"{rewarded.reward:.4f}"
        yield f"{rollout.index:7}  {len(rollout.ids):6}  {'  '.join(cells)}  = {reward}"


def _advantages(settings: TrainSettings, group: RolloutGroup, collection: Collection, parts: Parts) -> Iterator[str]:
    kind = settings.advantage.kind or ALGORITHMS[settings.algorithm].advantage
    rewards = torch.tensor(group.rewards, dtype=torch.float64)
    yield f"advantages ({kind}): {FORMULAS[kind]}"
    yield f"mean {float(rewards.mean()):.4f}, std {float(rewards.std()):.4f} (n - 1), eps {settings.advantage.eps:g}"
    given = credit(
        settings, collection.groups, collection.recipe, parts.plan.shares(0), parts.ranks, parts.encoder.decode
    )
    number = next(place for place, each in enumerate(collection.groups) if each is group)
    for rollout, values in zip(group.rollouts, given.values_P_G_T[number], strict=False):
        shown = ", ".join(f"{value:+.4f}" for value in values[: len(rollout.ids)].tolist()[:8])
        where = "... token by token" if len(values) > 1 else "at each of its tokens"
        yield f"rollout {rollout.index}: {shown} {where}"


def _loss(settings: TrainSettings, collection: Collection, updated: Updated, parts: Parts) -> Iterator[str]:
    chosen = parts.learner.policy_settings(0)
    yield f"token loss ({chosen.loss}, level {chosen.level}): on policy the ratio is 1, so it is -A for each token"
    yield f"aggregation {chosen.aggregation}: {AGGREGATIONS[chosen.aggregation]}"
    if updated.credit is not None and chosen.aggregation == "token_mean" and settings.batch.updates == 1:
        total = tokens = 0.0
        for number, group in enumerate(collection.groups):
            for place, rollout in enumerate(group.rollouts):
                if bool(updated.credit.usable_P_G[number, place]):
                    values = updated.credit.values_P_G_T[number, place]
                    total -= float(values.sum() if len(values) > 1 else values[0] * len(rollout.ids))
                    tokens += len(rollout.ids)
        yield f"by hand: sum of -A {total:.6f} / {tokens:.0f} tokens = {total / max(tokens, 1):.8f}"
    metrics = updated.metrics
    if "loss" in metrics:
        yield f"as computed: {metrics['loss']:.8f}; gradient norm {metrics['grad_norm']:.6f}, rate {metrics['lr']:g}"


def _after(settings: TrainSettings, group: RolloutGroup, parts: Parts) -> Iterator[str]:
    parts.policy.eval()
    rows = [Trained(prompt=group.prompt, ids=rollout.ids, place=place) for place, rollout in enumerate(group.rollouts)]
    ratios: dict[int, Sequence[float]] = {}
    for batch in micro_batches(
        rows,
        tokens=settings.batch.tokens,
        layout=settings.batch.layout,
        pad_id=parts.policy.pad_id,
        device=parts.policy.device,
        dtype=parts.policy.dtype,
    ):
        with torch.no_grad():
            logprobs = parts.policy(batch).logprobs_N_T
        for place, values, mask in zip(batch.responses_N.tolist(), logprobs, batch.mask_N_T, strict=True):
            before = torch.tensor(group.rollouts[place].logprobs, device=values.device)
            ratios[place] = (values[mask] - before).exp().tolist()
    yield "after the step, the ratio of new to old probability:"
    for place, rollout in enumerate(group.rollouts):
        mean = sum(ratios[place]) / len(ratios[place])
        yield f"rollout {rollout.index}: mean {mean:.5f}, from {min(ratios[place]):.5f} to {max(ratios[place]):.5f}"
