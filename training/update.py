"""A rollout batch → optimizer steps: advantages, micro-batches, one loss over the whole batch, and what it did.

A response whose advantages are all 0 is left out of the computation where nothing else (KL, entropy) would give it a
gradient; the batch's size counts it all the same. The first update after sampling needs no old log-probabilities.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor

from rfteval.errors import RftevalError
from training.batching import MicroBatch, Trained, micro_batches
from training.collect import Collection
from training.core.aggregation import BatchSize
from training.core.algorithms import ALGORITHMS
from training.core.importance import importance_weights
from training.core.objective import PolicyBatch, PolicySettings, policy_loss
from training.core.schedules import Band, Ramp
from training.credit import Credit, Decode, credit
from training.policy import Policy, Reference, trained
from training.ranks import Ranks
from training.rewards import RewardPlan
from training.settings import TrainSettings
from training.types import Rollout, RolloutGroup
from training.update_sums import Sums, merged


class NotFiniteError(RftevalError):
    """A loss or a gradient was not a number; the batch is saved and nothing was changed."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Row:
    """One response of the batch, with what the loss needs of it."""

    rollout: Rollout
    group: RolloutGroup
    place: int
    advantages: Tensor  # (1,) or (T,)
    reference: tuple[float, ...] = ()
    old: tuple[float, ...] | None = None


@dataclass(slots=True, kw_only=True)
class Updated:
    """What the updates of one step did. `metrics` are named as they are logged."""

    metrics: dict[str, float] = field(default_factory=dict)
    kl: float | None = None
    responses: int = 0
    credit: Credit | None = None


class Learner:
    """Holds the optimizer and the learning rate that follows the policy's shift."""

    def __init__(
        self, settings: TrainSettings, policy: Policy, ranks: Ranks, decode: Decode, plan: RewardPlan, *, exact: bool
    ) -> None:
        self._settings = settings
        self._policy = policy
        self._ranks = ranks
        self._decode = decode
        self._plan = plan
        self._exact = exact and settings.model.dtype == "float32"
        self.scale = 1.0  # of the learning rate
        self.optimizer = torch.optim.AdamW(
            [parameter for _, parameter in trained(policy)],
            lr=settings.optimizer.lr,
            betas=(settings.optimizer.beta1, settings.optimizer.beta2),
            weight_decay=settings.optimizer.weight_decay,
        )

    def update(self, collection: Collection, step: int, beta: float) -> Updated:
        """All optimizer steps on one rollout batch. Raises NotFiniteError."""
        settings = self._settings
        groups = collection.groups
        self._policy.train()
        given = credit(
            settings, groups, collection.recipe, self._plan.shares(step), self._ranks, self._decode
        ) if groups or self._ranks.count > 1 else None  # fmt: skip
        rows = _rows(groups, given, settings.loss.mask_truncated) if given is not None else []
        chosen = self.policy_settings(step)
        correction = settings.loss.importance
        if correction == "auto":
            correction = "off" if self._exact else "token"
        updates = settings.batch.updates * settings.batch.epochs
        if updates > 1 or correction != "off":
            self._fill_old(rows, needed=updates > 1)
        sums = Sums()
        rate = self._rate(step)
        for number, part in enumerate(self._parts(rows, step)):
            self._step(part, number, chosen, beta, correction, rate, sums)
        return self._report(merged(self._ranks.gather([sums.on_cpu()])), given, rate, beta)

    def policy_settings(self, step: int) -> PolicySettings:
        """The algorithm's loss with what the configuration changes, at `step`."""
        loss, kl = self._settings.loss, self._settings.kl
        base = ALGORITHMS[self._settings.algorithm].policy
        changes: dict[str, Any] = {
            name: value
            for name, value in (
                *(("loss", loss.kind), ("level", loss.level), ("aggregation", loss.aggregation)),
                *(("clip_low", loss.clip_low), ("clip_high", loss.clip_high), ("dual_clip", loss.dual_clip)),
                *(("cap", loss.cap), ("kl_estimator", kl.estimator)),
            )
            if value is not None
        }
        changes |= {"kl_corrected": kl.corrected, "entropy_coefficient": loss.entropy, "kl_place": "loss"}
        if loss.clip_high_end is not None:
            start = changes.get("clip_high", base.clip_high)
            steps = max(self._settings.steps - 1, 1)
            changes["clip_high"] = Ramp(shape="linear", start=start, end=loss.clip_high_end, steps=steps).at(step)
        return replace(base, **changes)

    def reference_pass(self, reference: Reference, groups: Sequence[RolloutGroup]) -> list[RolloutGroup]:
        """`groups` with the reference model's log-probabilities of every rollout."""
        everything = [(group, rollout) for group in groups for rollout in group.rollouts]
        found: dict[int, tuple[float, ...]] = {}
        trained_on = [
            Trained(prompt=group.prompt, ids=rollout.ids, place=place)
            for place, (group, rollout) in enumerate(everything)
        ]
        for batch in self._micro(trained_on):
            logprobs = reference.logprobs(batch)
            for place, row, mask in zip(batch.responses_N.tolist(), logprobs, batch.mask_N_T, strict=True):
                found[place] = tuple(row[mask].tolist())
        numbered = iter(range(len(everything)))
        return [replace(group, reference=tuple(found[next(numbered)] for _ in group.rollouts)) for group in groups]

    def _parts(self, rows: Sequence[_Row], step: int) -> Iterator[list[_Row]]:
        """The rows of each optimizer step: groups stay together, in an order of the step's own for each pass."""
        settings = self._settings.batch
        groups: dict[int, list[_Row]] = {}
        for row in rows:
            groups.setdefault(id(row.group), []).append(row)
        for epoch in range(settings.epochs):
            order = list(groups.values())
            if settings.updates * settings.epochs > 1:
                Random(f"{self._settings.seed} {step} {epoch}").shuffle(order)
            for number in range(settings.updates):
                yield [row for group in order[number :: settings.updates] for row in group]

    def _step(
        self,
        rows: Sequence[_Row],
        number: int,
        settings: PolicySettings,
        beta: float,
        correction: str,
        rate: float,
        sums: Sums,
    ) -> None:
        began = time.monotonic()
        size = self._size(rows)
        idle = beta == 0 and settings.entropy_coefficient == 0
        active = [row for row in rows if not idle or bool(row.advantages.any())]
        if not self._ranks.total(len(active)):
            return
        by_place = {row.place: row for row in active}
        batches = self._micro([Trained(prompt=r.group.prompt, ids=r.rollout.ids, place=r.place) for r in active])
        self.optimizer.zero_grad(set_to_none=True)
        for batch in batches:
            picked = [by_place[place] for place in batch.responses_N.tolist()]
            inputs = self._inputs(batch, picked, number, correction, settings, sums)
            part = policy_loss(inputs, settings, size, beta=beta)
            if not bool(torch.isfinite(part.loss)):
                self._stop("loss", float(part.loss.detach()), batch, inputs)
            part.loss.backward()  # type: ignore[no-untyped-call]
            sums.add(part, with_reference=inputs.reference_logprobs_N_T is not None)
        self._ranks.sum_gradients(self._policy)
        parameters = [parameter for _, parameter in trained(self._policy)]
        norm = float(torch.nn.utils.clip_grad_norm_(parameters, self._settings.optimizer.max_grad_norm))
        if norm != norm or norm == float("inf"):
            self._stop("gradient norm", norm, batches[-1] if batches else None, None)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        sums.norms.append(norm)
        sums.batches += len(batches)
        sums.positions += sum(batch.positions for batch in batches)
        sums.useful += sum(batch.useful for batch in batches)
        sums.responses += len(active)
        sums.seconds += time.monotonic() - began

    def _inputs(
        self,
        batch: MicroBatch,
        rows: Sequence[_Row],
        number: int,
        correction: str,
        settings: PolicySettings,
        sums: Sums,
    ) -> PolicyBatch:
        output = self._policy(batch, entropy_gradient=settings.entropy_coefficient != 0)
        shape, device = batch.mask_N_T.shape, batch.mask_N_T.device
        old = None if number == 0 else _padded([row.old or row.rollout.logprobs for row in rows], shape, device)
        importance = None
        if not self._exact or correction != "off":
            found = importance_weights(
                output.logprobs_N_T.detach() if old is None else old,
                _padded([_sampled(row.rollout) for row in rows], shape, device),
                batch.mask_N_T,
                level="sequence" if correction == "sequence" else "token",
                excess=self._settings.loss.importance_excess,
                highest=self._settings.loss.importance_cap,
            )
            sums.add_apart(found)
            importance = found.weights_N_T if correction != "off" else None
        reference = None
        if all(row.reference for row in rows):
            reference = _padded([row.reference for row in rows], shape, device)
        width = max(len(row.advantages) for row in rows)
        advantages = torch.stack([row.advantages[: shape[1]] for row in rows]).to(device)
        if width > 1 and advantages.shape[1] < shape[1]:
            advantages = torch.nn.functional.pad(advantages, (0, shape[1] - advantages.shape[1]))
        return PolicyBatch(
            logprobs_N_T=output.logprobs_N_T,
            old_logprobs_N_T=old,
            advantages_N_T=advantages,
            mask_N_T=batch.mask_N_T,
            reference_logprobs_N_T=reference,
            importance_N_T=importance,
            entropies_N_T=output.entropy_N_T,
        )

    def _size(self, rows: Sequence[_Row]) -> BatchSize:
        longest = self._settings.loss.max_length or self._settings.rollout.max_tokens
        tokens = sum(len(row.rollout.ids) for row in rows)
        return BatchSize(
            responses=int(self._ranks.total(len(rows))), tokens=int(self._ranks.total(tokens)), longest=longest
        )

    def _micro(self, rows: Sequence[Trained]) -> list[MicroBatch]:
        settings = self._settings.batch
        return micro_batches(
            rows,
            tokens=settings.tokens,
            layout=settings.layout,
            pad_id=self._policy.pad_id,
            device=self._policy.device,
            dtype=self._policy.dtype,
        )

    @torch.no_grad()
    def _fill_old(self, rows: Sequence[_Row], *, needed: bool) -> None:
        """Log-probabilities before the first update, where those of the sampler are not the policy's own."""
        if not needed or self._exact:
            return
        by_place = {row.place: row for row in rows}
        for batch in self._micro([Trained(prompt=r.group.prompt, ids=r.rollout.ids, place=r.place) for r in rows]):
            logprobs = self._policy(batch).logprobs_N_T
            for place, values, mask in zip(batch.responses_N.tolist(), logprobs, batch.mask_N_T, strict=True):
                by_place[place].old = tuple(values[mask].tolist())

    def _rate(self, step: int) -> float:
        settings = self._settings.optimizer
        warm = min((step + 1) / settings.warmup_steps, 1.0) if settings.warmup_steps else 1.0
        left = max(self._settings.steps - settings.warmup_steps, 1)
        ramp = Ramp(shape=settings.schedule, start=settings.lr, end=0.0, steps=left, delay=settings.warmup_steps)
        return ramp.at(step) * warm * self.scale

    def _report(self, sums: Sums, given: Credit | None, rate: float, beta: float) -> Updated:
        statistics = sums.statistics
        if statistics is None:
            return Updated(metrics={"lr": rate, "beta": beta}, credit=given)
        metrics = {f"policy/{name}": value for name, value in statistics.means().items()}
        tokens = max(float(statistics.tokens), 1.0)
        kl = float(sums.kl) / tokens if sums.has_kl else None
        metrics |= {
            "loss": float(sums.policy) / max(len(sums.norms), 1),
            "entropy": float(sums.entropy) / tokens,
            "grad_norm": sum(sums.norms) / len(sums.norms),
            "lr": rate,
            "beta": beta,
            "advantage_mean": given.mean if given is not None else 0.0,
            "batch/padding": sums.positions / max(sums.useful, 1),
            "batch/micro_batches": float(sums.batches),
            "batch/positions": float(sums.positions),
            "batch/trained_tokens": tokens,
            "time/update_s": sums.seconds,
        }
        if kl is not None:
            metrics["kl"] = kl
        if sums.apart is not None:
            metrics |= sums.apart.metrics()
        target = self._settings.optimizer.adapt_to_kl
        if target is not None:
            band = Band(target=target, minimum=0.01, maximum=100.0)
            self.scale = band.moved(self.scale, metrics["policy/policy_shift"])
        return Updated(metrics=metrics, kl=kl, responses=sums.responses, credit=given)

    def _stop(self, what: str, value: float, batch: MicroBatch | None, inputs: PolicyBatch | None) -> None:
        path = Path(self._settings.out) / "not-finite-batch.pt"
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = {
            name: getattr(source, name)
            for source in (batch, inputs)
            if source is not None
            for name in source.__dataclass_fields__
            if isinstance(getattr(source, name), Tensor)
        }
        torch.save({name: tensor.detach().cpu() for name, tensor in tensors.items()}, path)
        raise NotFiniteError(
            f"the {what} is {value}; the batch is in {path}. Lower optimizer.lr, set optimizer.max_grad_norm, or use "
            "model.dtype mixed, and go on from the last checkpoint with the same command"
        )


def _rows(groups: Sequence[RolloutGroup], given: Credit, mask_truncated: bool) -> list[_Row]:
    rows: list[_Row] = []
    for number, group in enumerate(groups):
        for place, rollout in enumerate(group.rollouts):
            if not bool(given.usable_P_G[number, place]) or (mask_truncated and rollout.finish_reason == "length"):
                continue
            reference = group.reference[place] if group.reference else ()
            rows.append(
                _Row(
                    rollout=rollout,
                    group=group,
                    place=len(rows),
                    advantages=given.values_P_G_T[number, place],
                    reference=reference,
                )
            )
    return rows


def _sampled(rollout: Rollout) -> Sequence[float]:
    """Log-probabilities of the policy that sampled; unknown where it saw a noisy picture, which the update does not."""
    return [float("nan")] * len(rollout.ids) if rollout.noisy else rollout.logprobs


def _padded(values: Sequence[Sequence[float]], shape: torch.Size, device: torch.device) -> Tensor:
    padded = torch.zeros(shape)
    for row, each in enumerate(values):
        padded[row, : len(each)] = torch.tensor(each)
    return padded.to(device)
