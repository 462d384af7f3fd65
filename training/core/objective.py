"""The loss of a policy update, put together: token loss, correction, KL, entropy, aggregated over the whole batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

import torch
from torch import Tensor

from training.core.aggregation import Aggregation, BatchSize, aggregate
from training.core.kl import KlEstimator, KlPlace, kl_estimates
from training.core.masked import keep, masked_sum
from training.core.policy_losses import TokenLosses, cispo, ppo_clip
from training.core.policy_statistics import PolicyStatistics
from training.core.ratios import RatioLevel, log_ratios

TokenLoss = Literal["ppo_clip", "cispo"]
TOKEN_LOSSES: tuple[TokenLoss, ...] = ("ppo_clip", "cispo")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """Which loss. Coefficients that a schedule moves (beta, the clip range) may be replaced from step to step.

    `loss`, `level`, `clip_low`, `clip_high`, `dual_clip` and `cap` are those of `policy_losses`, `aggregation` that of
    `aggregation`. The KL to the reference has one `kl_place`: in the "loss" it is added here as
    `beta * kl_estimator`; in the "reward" the caller has put it into the rewards (`kl.token_rewards`,
    `kl.penalised_rewards`) and here it is measured only. `kl_corrected` multiplies the estimate by the ratio of each
    token (DeepSeek-V3.2, arXiv 2512.02556; TRL's default), which makes its gradient right off policy.
    `entropy_coefficient` rewards entropy.
    """

    loss: TokenLoss = "ppo_clip"
    level: RatioLevel = "token"
    aggregation: Aggregation = "seq_mean"
    clip_low: float = 0.2
    clip_high: float = 0.2
    dual_clip: float | None = None
    cap: float = 5.0
    kl_estimator: KlEstimator = "k3"
    kl_place: KlPlace = "loss"
    kl_corrected: bool = False
    entropy_coefficient: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyBatch:
    """What a loss is computed from, for a batch or any part of one.

    `logprobs_N_T`, of the policy, carry the gradient. `old_logprobs_N_T` are those of the policy that sampled, as the
    trainer computes them; None on the first update after sampling, where they are the same. `advantages_N_T` are
    (N, 1) or (N, T). `mask_N_T` is true at trained tokens. `reference_logprobs_N_T` are needed wherever the KL is.
    `importance_N_T`, (N, 1) or (N, T), corrects for a sampler that is not the trainer (`importance.py`).
    `entropies_N_T`, of the policy's distribution at each token, need a gradient if the settings reward entropy.
    """

    logprobs_N_T: Tensor
    old_logprobs_N_T: Tensor | None
    advantages_N_T: Tensor
    mask_N_T: Tensor
    reference_logprobs_N_T: Tensor | None = None
    importance_N_T: Tensor | None = None
    entropies_N_T: Tensor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLoss:
    """A part's share of the loss of its batch, and what to log.

    `loss` is a scalar with gradient; `policy` its share from the token loss alone, without gradient. `kl_sum` and
    `entropy_sum` are sums over trained tokens (0 where there was nothing to measure from): divide them by
    `statistics.tokens` once the parts are added up.
    """

    loss: Tensor
    policy: Tensor
    kl_sum: Tensor
    entropy_sum: Tensor
    statistics: PolicyStatistics


def policy_loss(batch: PolicyBatch, settings: PolicySettings, size: BatchSize, *, beta: float = 0.0) -> PolicyLoss:
    """The loss of `batch`, a part of a batch of `size`; parts add up to the loss of the whole.

    `beta` weighs the KL to the reference if `settings.kl_place` is "loss". Raises ValueError when a term is asked for
    without what it is computed from, and for k1 in the loss, which would only look like a KL penalty.
    """
    if beta != 0 and settings.kl_place == "loss":
        if batch.reference_logprobs_N_T is None:
            raise ValueError(f"beta is {beta}, but the batch has no reference log-probabilities")
        if settings.kl_estimator == "k1" and not settings.kl_corrected:
            raise ValueError(
                "k1 in the loss has a gradient of 0 on average; take k1+, k2 or k3, or put it in the reward"
            )
    if settings.entropy_coefficient != 0 and batch.entropies_N_T is None:
        raise ValueError(f"entropy_coefficient is {settings.entropy_coefficient}, but the batch has no entropies")
    mask_N_T = batch.mask_N_T
    token = _token_losses(batch, settings)
    losses_N_T = token.losses_N_T
    if batch.importance_N_T is not None:
        losses_N_T = losses_N_T * keep(batch.importance_N_T.detach().expand_as(losses_N_T), mask_N_T)
    policy = aggregate(losses_N_T, mask_N_T, settings.aggregation, size)
    loss, kl_sum, entropy_sum = policy, torch.zeros_like(policy), torch.zeros_like(policy)
    if batch.reference_logprobs_N_T is not None:
        kl_N_T = _kl(batch, batch.reference_logprobs_N_T, settings)
        kl_sum = masked_sum(kl_N_T, mask_N_T)
        if settings.kl_place == "loss":
            loss = loss + beta * aggregate(kl_N_T, mask_N_T, settings.aggregation, size)
    if batch.entropies_N_T is not None:
        entropy_sum = masked_sum(batch.entropies_N_T, mask_N_T)
        if settings.entropy_coefficient != 0:
            entropy = aggregate(batch.entropies_N_T, mask_N_T, settings.aggregation, size)
            loss = loss - settings.entropy_coefficient * entropy
    return PolicyLoss(
        loss=loss,
        policy=policy.detach(),
        kl_sum=kl_sum.detach(),
        entropy_sum=entropy_sum.detach(),
        statistics=token.statistics,
    )


def _token_losses(batch: PolicyBatch, settings: PolicySettings) -> TokenLosses:
    tensors = (batch.logprobs_N_T, _old(batch), batch.advantages_N_T, batch.mask_N_T)
    match settings.loss:
        case "ppo_clip":
            return ppo_clip(
                *tensors,
                clip_low=settings.clip_low,
                clip_high=settings.clip_high,
                dual_clip=settings.dual_clip,
                level=settings.level,
            )
        case "cispo":
            return cispo(*tensors, cap=settings.cap, level=settings.level)
        case _:
            assert_never(settings.loss)


def _kl(batch: PolicyBatch, reference_logprobs_N_T: Tensor, settings: PolicySettings) -> Tensor:
    kl_N_T = kl_estimates(batch.logprobs_N_T, reference_logprobs_N_T, batch.mask_N_T, settings.kl_estimator)
    if settings.kl_corrected:
        kl_N_T = kl_N_T * log_ratios(batch.logprobs_N_T, _old(batch), batch.mask_N_T, settings.level).exp()
    return kl_N_T


def _old(batch: PolicyBatch) -> Tensor:
    return batch.logprobs_N_T.detach() if batch.old_logprobs_N_T is None else batch.old_logprobs_N_T
