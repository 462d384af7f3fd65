"""Rewards of steps → advantages of tokens: credit goes to the step that earned it.

GRPO with process supervision, arXiv 2402.03300 sec. 4.1.3. This is what the "step-wise" reward of R1-VL's StepGRPO
(arXiv 2503.12937) is not: its released code adds the steps up to one number a response.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from training.core.advantages import STD_EPSILON
from training.core.masked import keep, masked_mean, masked_std, same


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessAdvantages:
    """`values_P_G_T`: the advantage of each token. `normalised_P_G_S`: each step's reward about the group's mean.
    `signal_P`: groups in which two step rewards differ. All exactly 0 where there is nothing to compare.
    """

    values_P_G_T: Tensor
    normalised_P_G_S: Tensor
    signal_P: Tensor


def process_advantages(
    step_rewards_P_G_S: Tensor,
    step_ends_P_G_S: Tensor,
    scored_P_G_S: Tensor,
    tokens: int,
    *,
    epsilon: float = STD_EPSILON,
) -> ProcessAdvantages:
    """All step rewards of a group normalised together; a token's advantage is the sum over steps that end at or after
    it.

    `step_ends_P_G_S` are token positions within the response (the step's last token), `scored_P_G_S` marks the steps
    that exist and were scored, `tokens` is T. Tokens after the last step get 0. A group with scored steps in fewer
    than two responses has no advantages. Raises ValueError for a step that ends outside the tokens.
    """
    if bool(((step_ends_P_G_S < 0) | (step_ends_P_G_S >= tokens))[scored_P_G_S].any()):
        raise ValueError(f"a step ends outside the {tokens} tokens of its response")
    shape = step_rewards_P_G_S.shape
    rewards_P_M = keep(step_rewards_P_G_S, scored_P_G_S).flatten(1)
    usable_P_G_S = scored_P_G_S & (scored_P_G_S.any(-1).sum(-1) >= 2)[:, None, None]
    usable_P_M = usable_P_G_S.flatten(1)
    signal_P = ~same(rewards_P_M, usable_P_M, -1)
    centred_P_M = rewards_P_M - masked_mean(rewards_P_M, usable_P_M, -1).unsqueeze(-1)
    spread_P_1 = masked_std(rewards_P_M, usable_P_M, -1).unsqueeze(-1) + epsilon
    normalised_P_G_S = keep(centred_P_M / spread_P_1, usable_P_M & signal_P.unsqueeze(-1)).view(shape)
    at_ends_P_G_T = normalised_P_G_S.new_zeros(*shape[:2], tokens)
    at_ends_P_G_T.scatter_add_(-1, step_ends_P_G_S.clamp(0, tokens - 1), normalised_P_G_S)
    return ProcessAdvantages(
        values_P_G_T=at_ends_P_G_T.flip(-1).cumsum(-1).flip(-1), normalised_P_G_S=normalised_P_G_S, signal_P=signal_P
    )


def hybrid_advantages(
    outcome_P_G: Tensor, process_P_G_T: Tensor, outcome_weight: float, process_weight: float
) -> Tensor:
    """`w_o A_outcome + w_p A_process` of each token (P, G, T); the weights come from a `HybridSchedule`.

    The outcome is a reward at the last token, so every token before it has the same share in it.
    """
    return outcome_weight * outcome_P_G.unsqueeze(-1) + process_weight * process_P_G_T
