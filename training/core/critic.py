"""Advantages from a critic: generalised advantage estimation, its decoupled forms, and the critic's own loss."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from training.core.aggregation import BatchSize, aggregate
from training.core.masked import keep, masked_sum


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """`advantages_N_T` for the policy (not whitened) and `returns_N_T`, the critic's targets; 0 where not trained."""

    advantages_N_T: Tensor
    returns_N_T: Tensor


def gae(
    rewards_N_T: Tensor, values_N_T: Tensor, mask_N_T: Tensor, *, gamma: float = 1.0, decay: float | Tensor = 0.95
) -> Estimates:
    """`d_t = r_t + gamma V_{t+1} - V_t`, `A_t = d_t + gamma lambda A_{t+1}`, returns `A + V`: arXiv 1506.02438.

    `decay` is lambda, one number or one for each response (N). The response ends with its last trained token: no value
    follows it. A token inside a response that is not trained (tool output) takes no time: A and V pass over it.
    Raises ValueError for a reward at such a token, which would be lost.
    """
    _check_rewards(rewards_N_T, mask_N_T)
    rewards_N_T, values_N_T = keep(rewards_N_T, mask_N_T), keep(values_N_T, mask_N_T)
    advantage_N = next_value_N = torch.zeros_like(values_N_T[:, 0])
    advantages: list[Tensor] = []
    for t in range(mask_N_T.shape[1] - 1, -1, -1):
        mask_N, value_N = mask_N_T[:, t], values_N_T[:, t]
        surprise_N = rewards_N_T[:, t] + gamma * next_value_N - value_N
        advantage_N = torch.where(mask_N, surprise_N + gamma * decay * advantage_N, advantage_N)
        next_value_N = torch.where(mask_N, value_N, next_value_N)
        advantages.append(advantage_N)
    advantages_N_T = keep(torch.stack(advantages[::-1], dim=1), mask_N_T)
    return Estimates(advantages_N_T=advantages_N_T, returns_N_T=keep(advantages_N_T + values_N_T, mask_N_T))


def decoupled_gae(
    rewards_N_T: Tensor,
    values_N_T: Tensor,
    mask_N_T: Tensor,
    *,
    gamma: float = 1.0,
    actor_decay: float | Tensor = 0.95,
    critic_decay: float | Tensor = 1.0,
) -> Estimates:
    """Advantages with one lambda, the critic's targets with another: VC-PPO, arXiv 2503.01491.

    With lambda 0.95 the reward of a response of 100 tokens reaches its first token as 0.95^99 = 0.6 %; a critic taught
    that way never learns what the beginning is worth. With 1 its targets are the plain returns.
    """
    actor = gae(rewards_N_T, values_N_T, mask_N_T, gamma=gamma, decay=actor_decay)
    critic = gae(rewards_N_T, values_N_T, mask_N_T, gamma=gamma, decay=critic_decay)
    return Estimates(advantages_N_T=actor.advantages_N_T, returns_N_T=critic.returns_N_T)


def length_adaptive_decay(mask_N_T: Tensor, *, alpha: float = 0.05) -> Tensor:
    """`1 - 1 / (alpha |o|)` for each response (N), at least 0: VAPO, arXiv 2504.05118. Long responses decay less."""
    if alpha <= 0:
        raise ValueError(f"alpha must be positive, got {alpha}")
    lengths_N = mask_N_T.sum(-1).clamp(min=1).to(torch.get_default_dtype())
    return (1 - 1 / (alpha * lengths_N)).clamp(min=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueStatistics:
    """Sums over trained tokens that add up over parts with `+`; scalars without gradient."""

    tokens: Tensor
    clipped: Tensor
    return_sum: Tensor
    return_square_sum: Tensor
    error_sum: Tensor
    error_square_sum: Tensor

    def __add__(self, other: ValueStatistics) -> ValueStatistics:
        return ValueStatistics(
            **{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)}
        )

    def means(self) -> dict[str, float]:
        """What is logged. `explained_variance` is `1 - Var(return - V) / Var(return)`: 1 for a perfect critic, 0 for
        a constant one, below 0 for a harmful one; absent where all returns are equal.
        """
        values = torch.stack([getattr(self, field.name).double() for field in fields(self)]).tolist()
        tokens, clipped, return_sum, return_square_sum, error_sum, error_square_sum = values
        if tokens == 0:
            return {}
        means = {"value_clip_fraction": clipped / tokens, "value_error": (error_square_sum / tokens) ** 0.5}
        spread = return_square_sum / tokens - (return_sum / tokens) ** 2
        if spread > 1e-12:
            unexplained = error_square_sum / tokens - (error_sum / tokens) ** 2
            means["explained_variance"] = 1 - unexplained / spread
        return means


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLoss:
    """A part's share of the critic's loss, a scalar with gradient, and its statistics."""

    loss: Tensor
    statistics: ValueStatistics


def value_loss(
    values_N_T: Tensor,
    old_values_N_T: Tensor,
    returns_N_T: Tensor,
    mask_N_T: Tensor,
    size: BatchSize,
    *,
    clip: float | None = 0.2,
) -> ValueLoss:
    """`0.5 max((V - R)^2, (clip(V, V_old - c, V_old + c) - R)^2)`, mean over the tokens of the batch of `size`.

    The clip is that of PPO's released code, not of its paper; None leaves it out. `values_N_T` carry the gradient.
    """
    values_N_T = keep(values_N_T, mask_N_T)
    old_values_N_T, returns_N_T = keep(old_values_N_T.detach(), mask_N_T), keep(returns_N_T.detach(), mask_N_T)
    errors_N_T = values_N_T - returns_N_T
    squares_N_T = errors_N_T.square()
    clipped_N_T = torch.zeros_like(mask_N_T)
    if clip is not None:
        near_N_T = torch.clamp(values_N_T, old_values_N_T - clip, old_values_N_T + clip)
        bounded_N_T = (near_N_T - returns_N_T).square()
        clipped_N_T = bounded_N_T > squares_N_T
        squares_N_T = torch.max(squares_N_T, bounded_N_T)
    return ValueLoss(
        loss=0.5 * aggregate(squares_N_T, mask_N_T, "token_mean", size),
        statistics=_value_statistics(errors_N_T.detach(), returns_N_T, clipped_N_T, mask_N_T),
    )


def _value_statistics(
    errors_N_T: Tensor, returns_N_T: Tensor, clipped_N_T: Tensor, mask_N_T: Tensor
) -> ValueStatistics:
    return ValueStatistics(
        tokens=mask_N_T.sum(),
        clipped=(clipped_N_T & mask_N_T).sum(),
        return_sum=masked_sum(returns_N_T, mask_N_T),
        return_square_sum=masked_sum(returns_N_T.square(), mask_N_T),
        error_sum=masked_sum(errors_N_T, mask_N_T),
        error_square_sum=masked_sum(errors_N_T.square(), mask_N_T),
    )


def _check_rewards(rewards_N_T: Tensor, mask_N_T: Tensor) -> None:
    lost = (rewards_N_T != 0) & ~mask_N_T
    if bool(lost.any()):
        row, column = lost.nonzero()[0].tolist()
        raise ValueError(f"response {row} has a reward at token {column}, which is not trained; move it to one that is")
