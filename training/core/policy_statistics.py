"""What an update did to the policy, in numbers that add up over micro-batches and ranks.

Kept as sums and extremes, not means: means of parts of different sizes cannot be put together again.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from training.core.masked import masked_sum


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyStatistics:
    """Sums over trained tokens, as scalars without gradient on the device of the loss. Parts add up with `+`.

    `tokens` counts them; `clipped_low`, `clipped_high` and `dual_clipped` those whose gradient the clip took (or, for
    CISPO, bounded); `ratio_sum`, `ratio_square_sum`, `ratio_min` and `ratio_max` are of `w = pi / pi_old`;
    `shift_sum` sums `w - 1 - log w`, which estimates KL(pi_old || pi) without bias (Schulman 2020, "k3").
    """

    tokens: Tensor
    clipped_low: Tensor
    clipped_high: Tensor
    dual_clipped: Tensor
    ratio_sum: Tensor
    ratio_square_sum: Tensor
    ratio_min: Tensor
    ratio_max: Tensor
    shift_sum: Tensor

    def __add__(self, other: PolicyStatistics) -> PolicyStatistics:
        sums = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.name not in ("ratio_min", "ratio_max")
        }
        return PolicyStatistics(
            ratio_min=torch.minimum(self.ratio_min, other.ratio_min),
            ratio_max=torch.maximum(self.ratio_max, other.ratio_max),
            **sums,
        )

    def means(self) -> dict[str, float]:
        """What is logged, by name; reads the device once. Empty when no token was trained.

        Fractions are of trained tokens. `effective_share` is `(sum w)^2 / (n sum w^2)`: 1 on policy, 1/n when one
        token outweighs all others.
        """
        values = torch.stack([getattr(self, field.name).double() for field in fields(self)]).tolist()
        total = dict(zip((field.name for field in fields(self)), values, strict=True))
        tokens = total["tokens"]
        if tokens == 0:
            return {}
        return {
            "clip_fraction_low": total["clipped_low"] / tokens,
            "clip_fraction_high": total["clipped_high"] / tokens,
            "clip_fraction_dual": total["dual_clipped"] / tokens,
            "clip_fraction": (total["clipped_low"] + total["clipped_high"] + total["dual_clipped"]) / tokens,
            "ratio_mean": total["ratio_sum"] / tokens,
            "ratio_min": total["ratio_min"],
            "ratio_max": total["ratio_max"],
            "effective_share": total["ratio_sum"] ** 2 / (tokens * total["ratio_square_sum"]),
            "policy_shift": total["shift_sum"] / tokens,
        }


@torch.no_grad()
def policy_statistics(
    log_ratios_N_T: Tensor,
    mask_N_T: Tensor,
    *,
    clipped_low_N_T: Tensor,
    clipped_high_N_T: Tensor,
    dual_clipped_N_T: Tensor,
) -> PolicyStatistics:
    """Statistics from log-ratios and boolean marks of clipped tokens, all (N, T)."""
    log_ratios_N_T = log_ratios_N_T.detach()
    ratios_N_T = log_ratios_N_T.exp()
    return PolicyStatistics(
        tokens=mask_N_T.sum(),
        clipped_low=(clipped_low_N_T & mask_N_T).sum(),
        clipped_high=(clipped_high_N_T & mask_N_T).sum(),
        dual_clipped=(dual_clipped_N_T & mask_N_T).sum(),
        ratio_sum=masked_sum(ratios_N_T, mask_N_T),
        ratio_square_sum=masked_sum(ratios_N_T.square(), mask_N_T),
        ratio_min=ratios_N_T.masked_fill(~mask_N_T, torch.inf).min(),
        ratio_max=ratios_N_T.masked_fill(~mask_N_T, -torch.inf).max(),
        shift_sum=masked_sum(ratios_N_T - 1 - log_ratios_N_T, mask_N_T),
    )
