"""How far the policy is from the reference, and where that enters: in the loss or in the rewards, never in both."""

from __future__ import annotations

from typing import Literal, assert_never

import torch
from torch import Tensor

from training.core.masked import keep, masked_sum

KlEstimator = Literal["k1", "k2", "k3", "k1+", "k3+"]
KL_ESTIMATORS: tuple[KlEstimator, ...] = ("k1", "k2", "k3", "k1+", "k3+")
KlPlace = Literal["loss", "reward"]
KL_PLACES: tuple[KlPlace, ...] = ("loss", "reward")


def kl_estimates(
    logprobs_N_T: Tensor, reference_logprobs_N_T: Tensor, mask_N_T: Tensor, estimator: KlEstimator = "k3"
) -> Tensor:
    """Estimates of KL(pi || reference) at each sampled token (N, T), 0 where the mask is false.

    With `d = log pi - log reference` (Schulman 2020, "Approximating KL divergence"):

    - `k1`: `d`, unbiased, of high variance; as a loss its gradient is 0 on average
    - `k2`: `d^2 / 2`, biased; as a loss its gradient is that of the KL
    - `k3`: `exp(-d) + d - 1`, unbiased, never negative (GRPO, arXiv 2402.03300 eq. 4); its gradient is not the KL's
    - `k1+`, `k3+`: their value with the gradient of `k2` (as in verl)
    """
    difference_N_T = keep(logprobs_N_T, mask_N_T) - keep(reference_logprobs_N_T.detach(), mask_N_T)
    k2_N_T = difference_N_T.square() / 2
    match estimator:
        case "k1":
            return difference_N_T
        case "k2":
            return k2_N_T
        case "k3":
            return _k3(difference_N_T)
        case "k1+":
            return difference_N_T.detach() + k2_N_T - k2_N_T.detach()
        case "k3+":
            return _k3(difference_N_T).detach() + k2_N_T - k2_N_T.detach()
        case _:
            assert_never(estimator)


def _k3(difference_N_T: Tensor) -> Tensor:
    return torch.expm1(-difference_N_T) + difference_N_T


def token_rewards(scores_N: Tensor, kl_N_T: Tensor, mask_N_T: Tensor, beta: float) -> Tensor:
    """Rewards of each token (N, T) for a critic: `-beta kl`, and the response's score at its last token.

    The KL enters here *instead of* in the loss: RLHF's form, arXiv 1909.08593 eq. 2, arXiv 2203.02155 eq. 2. `kl_N_T`
    carries no gradient on. A response without tokens has none to take its score.
    """
    penalties_N_T = keep(-beta * kl_N_T.detach(), mask_N_T)
    positions_T = torch.arange(mask_N_T.shape[1], device=mask_N_T.device)
    last_N_1 = positions_T.expand_as(mask_N_T).masked_fill(~mask_N_T, -1).amax(-1, keepdim=True)
    return penalties_N_T + keep(scores_N.unsqueeze(-1).expand_as(kl_N_T), mask_N_T & (positions_T == last_N_1))


def penalised_rewards(rewards_N: Tensor, kl_N_T: Tensor, mask_N_T: Tensor, beta: float) -> Tensor:
    """`r - beta sum_t kl` of each response (N), for advantages of groups: RLOO, arXiv 2402.14740.

    The KL enters here *instead of* in the loss.
    """
    return rewards_N - beta * masked_sum(kl_N_T.detach(), mask_N_T, -1)
