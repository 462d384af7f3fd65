"""Groups → advantages of every token: group baselines, credit by step, and the two put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.collect import reward_tensors
from training.core.algorithms import ALGORITHMS, group_advantages
from training.core.process import hybrid_advantages, process_advantages
from training.ranks import Ranks
from training.rewards import Recipe
from training.settings import TrainSettings
from training.types import RolloutGroup

Decode = Callable[[Sequence[int]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Advantages of a batch. `values_P_G_T` (T = 1 where a response has one advantage), float32; `usable_P_G`: may be
    trained on. `mean` of all advantages that count, of all processes: with super-linear shaping it need not be 0."""

    values_P_G_T: Tensor
    usable_P_G: Tensor
    mean: float


def credit(
    settings: TrainSettings,
    groups: Sequence[RolloutGroup],
    recipe: Recipe,
    shares: tuple[float, float],
    ranks: Ranks,
    decode: Decode,
) -> Credit:
    """The advantages of `groups`. Deviations over the batch are over all processes. `shares`: outcome and process."""
    kind = settings.advantage.kind or ALGORITHMS[settings.algorithm].advantage
    rewards_P_G, scored_P_G, _ = reward_tensors(groups)
    if ranks.count > 1:
        everything = ranks.gather([(rewards_P_G, scored_P_G)])
        first = sum(len(rewards) for rewards, _ in everything[: ranks.rank])
        rewards_P_G, scored_P_G = (_stacked(column) for column in zip(*everything, strict=True))
        mine = slice(first, first + len(groups))
    else:
        mine = slice(None)
    advantages = group_advantages(
        kind, rewards_P_G, scored_P_G, epsilon=settings.advantage.eps, gamma=settings.advantage.gamma
    )
    counted = advantages.values_P_G[advantages.usable_P_G]
    values_P_G, usable_P_G = advantages.values_P_G[mine], advantages.usable_P_G[mine]
    values_P_G_T = values_P_G.unsqueeze(-1)
    if recipe.per_step and groups:
        process = step_advantages(groups, recipe, decode, settings.advantage.eps)
        values_P_G_T = hybrid_advantages(values_P_G, process, *shares)
    mean = float(counted.mean()) if len(counted) else 0.0
    return Credit(values_P_G_T=values_P_G_T.float(), usable_P_G=usable_P_G, mean=mean)


def step_advantages(groups: Sequence[RolloutGroup], recipe: Recipe, decode: Decode, eps: float) -> Tensor:
    """Process supervision (arXiv 2402.03300 sec. 4.1.3) from the steps that verifiers scored, (P, G, T) in float64."""
    size = max(len(group.rollouts) for group in groups)
    tokens = max(len(rollout.ids) for group in groups for rollout in group.rollouts)
    steps = [
        [
            [(token_at(rollout.ids, end, decode), score) for end, score in recipe.step_scores(rewarded)]
            for rollout, rewarded in zip(group.rollouts, group.rewarded, strict=True)
        ]
        for group in groups
    ]
    most = max((len(found) for group in steps for found in group), default=0)
    rewards_P_G_S = torch.zeros(len(groups), size, max(most, 1), dtype=torch.float64)
    ends_P_G_S = torch.zeros(rewards_P_G_S.shape, dtype=torch.long)
    scored_P_G_S = torch.zeros(rewards_P_G_S.shape, dtype=torch.bool)
    for row, group in enumerate(steps):
        for column, found in enumerate(group):
            for place, (end, score) in enumerate(found):
                rewards_P_G_S[row, column, place] = score
                ends_P_G_S[row, column, place] = end
                scored_P_G_S[row, column, place] = True
    return process_advantages(rewards_P_G_S, ends_P_G_S, scored_P_G_S, tokens, epsilon=eps).values_P_G_T


def token_at(ids: Sequence[int], characters: int, decode: Decode) -> int:
    """The token in which the first `characters` characters of the response end, found by decoding beginnings.

    By halves: log2 of the length many times. The text of a beginning is a beginning of the text, up to a character
    that is not complete yet, which counts as one.
    """
    low, high = 0, len(ids) - 1
    while low < high:
        middle = (low + high) // 2
        if len(decode(ids[: middle + 1])) >= characters:
            high = middle
        else:
            low = middle + 1
    return low


def _stacked(parts: Sequence[Tensor]) -> Tensor:
    width = max(part.shape[1] for part in parts)
    return torch.cat([torch.nn.functional.pad(part, (0, width - part.shape[1])) for part in parts])
