"""Rewards of groups → advantages: what each response is worth relative to the others to the same prompt.

Only scored rollouts have a say: an unscored one is in no mean and no spread and has no advantage. A group with fewer
than two scored rollouts has none either, and a group whose scored rewards are all equal has exactly 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.core.masked import keep, masked_mean, masked_std, same

STD_EPSILON = 1e-4  # TRL's; verl has 1e-6, OpenRLHF 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Advantages:
    """Advantages of a batch of groups, and which of them say something.

    `values_P_G`: the advantages, exactly 0 wherever there is none. `usable_P_G`: scored, and in a group with at least
    two scored. `signal_P`: groups with two different scored rewards; the others move nothing. `mean_P` and `std_P`
    (ddof 1): of the scored rewards of each group.
    """

    values_P_G: Tensor
    usable_P_G: Tensor
    signal_P: Tensor
    mean_P: Tensor
    std_P: Tensor


def grpo(rewards_P_G: Tensor, scored_P_G: Tensor | None = None, *, epsilon: float = STD_EPSILON) -> Advantages:
    """`(r - mean) / (std + epsilon)` within each group: GRPO, arXiv 2402.03300 sec. 4.1.2; std with ddof 1."""
    group = _group(rewards_P_G, scored_P_G)
    return group.advantages(group.centred_P_G / (group.std_P.unsqueeze(-1) + epsilon))


def dr_grpo(rewards_P_G: Tensor, scored_P_G: Tensor | None = None) -> Advantages:
    """`r - mean` within each group: Dr. GRPO, arXiv 2503.20783 sec. 3.1. Hard prompts keep their small weight."""
    group = _group(rewards_P_G, scored_P_G)
    return group.advantages(group.centred_P_G)


def rloo(rewards_P_G: Tensor, scored_P_G: Tensor | None = None) -> Advantages:
    """`r` minus the mean of the *other* rewards of the group: RLOO, arXiv 2402.14740."""
    group = _group(rewards_P_G, scored_P_G)
    count_P_1 = group.usable_P_G.sum(-1, keepdim=True)
    return group.advantages(group.centred_P_G * count_P_1 / (count_P_1 - 1).clamp(min=1))


def batch_normalised(
    rewards_P_G: Tensor, scored_P_G: Tensor | None = None, *, epsilon: float = STD_EPSILON
) -> Advantages:
    """`(r - mean of the group) / (std of the batch + epsilon)`: REINFORCE++ with baseline, arXiv 2501.03262.

    The std is that of all scored rewards of the call (ddof 1): hand in the groups of every rank at once.
    """
    group = _group(rewards_P_G, scored_P_G)
    return group.advantages(group.centred_P_G / (group.batch_std + epsilon))


def slas(
    rewards_P_G: Tensor, scored_P_G: Tensor | None = None, *, gamma: float = 0.5, epsilon: float | None = STD_EPSILON
) -> Advantages:
    """`sign(d) |d|^(1 + gamma)` with `d = (r - mean of the group) / (std of the batch + epsilon)`: super-linear
    shaping, SLAS, arXiv 2605.10937.

    `gamma` 0 is `batch_normalised`; `epsilon` None leaves the division out. The paper is about text to image: its use
    for reasoning, the default `gamma` and the order (divide, then raise) are ours. For gamma > 0 the advantages of a
    group do not sum to 0, and with two-valued rewards the rarer one gains weight: watch the mean advantage.
    """
    if gamma < 0:
        raise ValueError(f"gamma must not be negative, got {gamma}: 0 is linear, more is steeper")
    group = _group(rewards_P_G, scored_P_G)
    scaled_P_G = group.centred_P_G if epsilon is None else group.centred_P_G / (group.batch_std + epsilon)
    return group.advantages(scaled_P_G.sign() * scaled_P_G.abs() ** (1 + gamma))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """What the advantages above share: the rewards of each group about their mean."""

    centred_P_G: Tensor
    usable_P_G: Tensor
    signal_P: Tensor
    mean_P: Tensor
    std_P: Tensor
    batch_std: Tensor

    def advantages(self, values_P_G: Tensor) -> Advantages:
        says_something_P_G = self.usable_P_G & self.signal_P.unsqueeze(-1)
        return Advantages(
            values_P_G=keep(values_P_G, says_something_P_G),
            usable_P_G=self.usable_P_G,
            signal_P=self.signal_P,
            mean_P=self.mean_P,
            std_P=self.std_P,
        )


def _group(rewards_P_G: Tensor, scored_P_G: Tensor | None) -> _Group:
    if rewards_P_G.dim() != 2:
        raise ValueError(f"rewards come as (prompts, group), got the shape {tuple(rewards_P_G.shape)}")
    scored_P_G = torch.ones_like(rewards_P_G, dtype=torch.bool) if scored_P_G is None else scored_P_G
    rewards_P_G = keep(rewards_P_G, scored_P_G)  # an unscored reward may be NaN
    if not bool(rewards_P_G.isfinite().all()):
        raise ValueError("a scored reward is not finite; mark it as unscored if there is none")
    usable_P_G = scored_P_G & (scored_P_G.sum(-1, keepdim=True) >= 2)
    mean_P = masked_mean(rewards_P_G, scored_P_G, -1)
    return _Group(
        centred_P_G=keep(rewards_P_G - mean_P.unsqueeze(-1), usable_P_G),
        usable_P_G=usable_P_G,
        signal_P=~same(rewards_P_G, usable_P_G, -1),
        mean_P=mean_P,
        std_P=masked_std(rewards_P_G, scored_P_G, -1),
        batch_std=masked_std(rewards_P_G, scored_P_G),
    )
