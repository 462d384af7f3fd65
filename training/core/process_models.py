"""Losses of process reward models that are trained without labels of steps, from outcomes alone."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from training.core.masked import keep, masked_sum


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessModelLoss:
    """A part's share of the loss, a scalar with gradient; `right` of `counted` predictions were on the right side of a
    half, both scalars that add up over parts.
    """

    loss: Tensor
    right: Tensor
    counted: Tensor


def soft_labels(right_N_S: Tensor, completions_N_S: Tensor) -> Tensor:
    """The share of completions from each step that reached the right answer: Math-Shepherd, arXiv 2312.08935 eq. 4.

    0 for a step without completions: leave it out of the mask.
    """
    return right_N_S / completions_N_S.clamp(min=1)


def hard_labels(right_N_S: Tensor) -> Tensor:
    """1 where any completion from the step reached the right answer, else 0: Math-Shepherd, eq. 3."""
    return (right_N_S > 0).to(right_N_S.dtype)


def step_label_loss(logits_N_S: Tensor, labels_N_S: Tensor, mask_N_S: Tensor, *, steps: int) -> ProcessModelLoss:
    """Binary cross-entropy at the ends of steps, arXiv 2312.08935 eq. 2: a mean over the `steps` of the whole batch.

    Labels from 0 to 1; `mask_N_S` marks the steps that exist and have a label.
    """
    logits_N_S, labels_N_S = keep(logits_N_S, mask_N_S), keep(labels_N_S, mask_N_S)
    losses_N_S = functional.binary_cross_entropy_with_logits(logits_N_S, labels_N_S, reduction="none")
    right_N_S = (logits_N_S > 0) == (labels_N_S > 0.5)
    return ProcessModelLoss(
        loss=masked_sum(losses_N_S, mask_N_S) / max(steps, 1),
        right=(right_N_S & mask_N_S).sum(),
        counted=mask_N_S.sum(),
    )


def implicit_rewards(
    logprobs_N_T: Tensor, reference_logprobs_N_T: Tensor, mask_N_T: Tensor, *, beta: float = 0.05
) -> Tensor:
    """`beta log(pi_phi / pi_reference)` of each token (N, T): the rewards that a model trained by
    `implicit_model_loss` gives, implicit PRM, arXiv 2412.01981; used online in PRIME, arXiv 2502.01456.
    """
    return beta * (keep(logprobs_N_T, mask_N_T) - keep(reference_logprobs_N_T.detach(), mask_N_T))


def implicit_model_loss(
    rewards_N_T: Tensor, outcomes_N: Tensor, mask_N_T: Tensor, *, responses: int
) -> ProcessModelLoss:
    """Cross-entropy of `sigmoid(sum_t r_t)` against the outcome (0 to 1): arXiv 2412.01981; a mean over the
    `responses` of the whole batch. `rewards_N_T` are `implicit_rewards` with gradient; rows without tokens are out.
    """
    counted_N = mask_N_T.any(-1)
    logits_N, outcomes_N = masked_sum(rewards_N_T, mask_N_T, -1), keep(outcomes_N, counted_N)
    losses_N = functional.binary_cross_entropy_with_logits(logits_N, outcomes_N, reduction="none")
    right_N = (logits_N > 0) == (outcomes_N > 0.5)
    return ProcessModelLoss(
        loss=masked_sum(losses_N, counted_N) / max(responses, 1),
        right=(right_N & counted_N).sum(),
        counted=counted_N.sum(),
    )
