"""How far the policy has moved from the one that sampled: the ratio of their probabilities, per token or response."""

from __future__ import annotations

from typing import Literal, assert_never

from torch import Tensor

from training.core.masked import keep, masked_mean

RatioLevel = Literal["token", "sequence", "sequence_token"]
RATIO_LEVELS: tuple[RatioLevel, ...] = ("token", "sequence", "sequence_token")


def log_ratios(logprobs_N_T: Tensor, old_logprobs_N_T: Tensor, mask_N_T: Tensor, level: RatioLevel = "token") -> Tensor:
    """Logarithm of `w = pi / pi_old`, (N, T); 0 where the mask is false, whatever stands there.

    - `token`: of each token (PPO, arXiv 1707.06347 eq. 6)
    - `sequence`: the mean over the response's tokens, at each of them: GSPO, arXiv 2507.18071 eq. 7
    - `sequence_token`: the same value, but the gradient of each token stays its own: GSPO-token, eq. 14; for
      advantages that differ within a response
    """
    token_N_T = keep(logprobs_N_T, mask_N_T) - keep(old_logprobs_N_T.detach(), mask_N_T)
    match level:
        case "token":
            return token_N_T
        case "sequence":
            return _mean_N_T(token_N_T, mask_N_T)
        case "sequence_token":
            return _mean_N_T(token_N_T, mask_N_T).detach() + token_N_T - token_N_T.detach()
        case _:
            assert_never(level)


def _mean_N_T(values_N_T: Tensor, mask_N_T: Tensor) -> Tensor:
    return keep(masked_mean(values_N_T, mask_N_T, -1).unsqueeze(-1).expand_as(values_N_T), mask_N_T)
