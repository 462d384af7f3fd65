"""Correction for responses that another engine sampled: its probabilities are not quite those of the trainer.

Even with equal weights a bf16 inference engine and a trainer differ by some 0.03 in log-probability a token, so the
policy that sampled is not the one whose gradient is taken. Weights `pi_train_old / pi_rollout` correct for it,
truncated (TIS: Ionides 2008, J. Comput. Graph. Stat. 17(2); for language models Yao et al. 2025, "Your efficient RL
framework secretly brings you off-policy RL training") or set to 0 where too large (MIS).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from training.core.masked import keep, masked_sum

CorrectionLevel = Literal["token", "sequence"]
CORRECTION_LEVELS: tuple[CorrectionLevel, ...] = ("token", "sequence")
Excess = Literal["truncate", "mask"]
EXCESSES: tuple[Excess, ...] = ("truncate", "mask")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportanceWeights:
    """Weights (N, T), 0 where the mask is false, constants to the gradient; and sums that say how far apart the
    engines are.

    `outside`: tokens or (level "sequence") responses whose ratio lay outside the limits, of `counted`;
    `difference_sum`: of |log pi_train_old - log pi_rollout| over `tokens`; `missing`: tokens without a log-probability
    of the sampler, which weigh as if there were no difference.
    """

    weights_N_T: Tensor
    outside: Tensor
    counted: Tensor
    difference_sum: Tensor
    tokens: Tensor
    missing: Tensor


@torch.no_grad()
def importance_weights(
    old_logprobs_N_T: Tensor,
    rollout_logprobs_N_T: Tensor,
    mask_N_T: Tensor,
    *,
    level: CorrectionLevel = "token",
    excess: Excess = "truncate",
    highest: float = 2.0,
    lowest: float = 0.0,
) -> ImportanceWeights:
    """`exp(log pi_train_old - log pi_rollout)` of each token, or its product over the response at each of its tokens.

    Ratios outside `lowest` to `highest` are brought to the limit ("truncate": verl's default with 2, OpenRLHF with 0.5
    to 5) or become 0 ("mask": TRL's default, level "sequence", with 3). A rollout log-probability of NaN is missing.
    """
    if not 0 <= lowest <= 1 <= highest:
        raise ValueError(f"limits must enclose the ratio 1, got {lowest} and {highest}")
    differences_N_T = keep(old_logprobs_N_T - rollout_logprobs_N_T, mask_N_T)
    missing_N_T = differences_N_T.isnan()
    differences_N_T = keep(differences_N_T, ~missing_N_T)
    log_ratios_N_T = differences_N_T
    if level == "sequence":
        log_ratios_N_T = differences_N_T.sum(-1, keepdim=True).expand_as(differences_N_T)
    ratios_N_T = log_ratios_N_T.exp()
    outside_N_T = ((ratios_N_T < lowest) | (ratios_N_T > highest)) & mask_N_T
    ratios_N_T = ratios_N_T.clamp(lowest, highest) if excess == "truncate" else keep(ratios_N_T, ~outside_N_T)
    return ImportanceWeights(
        weights_N_T=keep(ratios_N_T, mask_N_T),
        outside=(outside_N_T.any(-1) if level == "sequence" else outside_N_T).sum(),
        counted=(mask_N_T.any(-1) if level == "sequence" else mask_N_T).sum(),
        difference_sum=masked_sum(differences_N_T.abs(), mask_N_T),
        tokens=mask_N_T.sum(),
        missing=missing_N_T.sum(),
    )
