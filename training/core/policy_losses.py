"""The loss of each token of a policy update, before any aggregation.

Advantages are (N, 1), one a response, or (N, T), one a token; they are constants here. Losses are minimised.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.core.masked import keep
from training.core.policy_statistics import PolicyStatistics, policy_statistics
from training.core.ratios import RatioLevel, log_ratios


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLosses:
    """The loss of each token (N, T), 0 where the mask is false, and what the update did to the policy."""

    losses_N_T: Tensor
    statistics: PolicyStatistics


def ppo_clip(
    logprobs_N_T: Tensor,
    old_logprobs_N_T: Tensor,
    advantages_N_T: Tensor,
    mask_N_T: Tensor,
    *,
    clip_low: float = 0.2,
    clip_high: float = 0.2,
    dual_clip: float | None = None,
    level: RatioLevel = "token",
) -> TokenLosses:
    """`-min(w A, clip(w, 1 - clip_low, 1 + clip_high) A)`: PPO, arXiv 1707.06347 eq. 7.

    `clip_high` above `clip_low` is DAPO's clip-higher (arXiv 2503.14476 eq. 10). `dual_clip` c > 1 bounds the loss
    by `-c A` where A < 0 (arXiv 1912.09729; 3 is usual). With `level="sequence"` and small clips (3e-4, 4e-4)
    it is GSPO, arXiv 2507.18071 eq. 5.
    """
    if not (0 <= clip_low < 1 and clip_high >= 0):
        raise ValueError(f"a clip range needs 0 <= low < 1 and high >= 0, got {clip_low} and {clip_high}")
    if dual_clip is not None and dual_clip <= 1:
        raise ValueError(f"dual_clip bounds large ratios, so it must be above 1, got {dual_clip}")
    advantages_N_T = _advantages(advantages_N_T, mask_N_T)
    log_ratios_N_T = log_ratios(logprobs_N_T, old_logprobs_N_T, mask_N_T, level)
    ratios_N_T = log_ratios_N_T.exp()
    free_N_T = -ratios_N_T * advantages_N_T
    losses_N_T = torch.max(free_N_T, -ratios_N_T.clamp(1 - clip_low, 1 + clip_high) * advantages_N_T)
    if dual_clip is not None:
        bounded_N_T = torch.min(losses_N_T, -dual_clip * advantages_N_T)
        losses_N_T = torch.where(advantages_N_T < 0, bounded_N_T, losses_N_T)
    return TokenLosses(
        losses_N_T=keep(losses_N_T, mask_N_T),
        statistics=policy_statistics(
            log_ratios_N_T,
            mask_N_T,
            clipped_low_N_T=(advantages_N_T < 0) & (ratios_N_T < 1 - clip_low),
            clipped_high_N_T=(advantages_N_T > 0) & (ratios_N_T > 1 + clip_high),
            dual_clipped_N_T=(advantages_N_T < 0) & (ratios_N_T > (torch.inf if dual_clip is None else dual_clip)),
        ),
    )


def cispo(
    logprobs_N_T: Tensor,
    old_logprobs_N_T: Tensor,
    advantages_N_T: Tensor,
    mask_N_T: Tensor,
    *,
    cap: float = 5.0,
    level: RatioLevel = "token",
) -> TokenLosses:
    """`-sg(min(w, cap)) A log pi`: CISPO, arXiv 2506.13585 eq. 4. No token loses its gradient, only its weight.

    `cap` is the largest ratio itself, as TRL's `epsilon_high`; verl caps at 1 + its epsilon.
    """
    if cap <= 0:
        raise ValueError(f"the cap of the ratio must be positive, got {cap}")
    advantages_N_T = _advantages(advantages_N_T, mask_N_T)
    log_ratios_N_T = log_ratios(logprobs_N_T, old_logprobs_N_T, mask_N_T, level)
    ratios_N_T = log_ratios_N_T.exp()
    losses_N_T = -ratios_N_T.clamp(max=cap).detach() * advantages_N_T * keep(logprobs_N_T, mask_N_T)
    nowhere_N_T = torch.zeros_like(mask_N_T)
    return TokenLosses(
        losses_N_T=keep(losses_N_T, mask_N_T),
        statistics=policy_statistics(
            log_ratios_N_T,
            mask_N_T,
            clipped_low_N_T=nowhere_N_T,
            clipped_high_N_T=ratios_N_T > cap,
            dual_clipped_N_T=nowhere_N_T,
        ),
    )


def _advantages(advantages_N_T: Tensor, mask_N_T: Tensor) -> Tensor:
    """Advantages as constants of the shape of the mask."""
    rows, columns = mask_N_T.shape
    if advantages_N_T.shape not in ((rows, 1), (rows, columns)):
        raise ValueError(
            f"advantages for {rows} responses of {columns} tokens are ({rows}, 1) or ({rows}, {columns}), "
            f"got {tuple(advantages_N_T.shape)}"
        )
    return keep(advantages_N_T.detach().expand(rows, columns), mask_N_T)
