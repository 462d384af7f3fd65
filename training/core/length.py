"""Rewards for the length of responses, shaped group by group. The formulas are those of the `length` verifier.

A plain length penalty is known to end in short wrong answers, so it can be switched on only where a group is already
accurate.
"""

from __future__ import annotations

from typing import Literal, assert_never

import torch
from torch import Tensor

from reward_service.verifiers.length import cosine, dapo_overlong, kimi, l1_exact
from training.core.masked import keep, masked_mean

LengthRule = Literal["dapo_overlong", "cosine", "kimi", "l1"]
LENGTH_RULES: tuple[LengthRule, ...] = ("dapo_overlong", "cosine", "kimi", "l1")


def length_rewards(
    rule: LengthRule,
    lengths_P_G: Tensor,
    right_P_G: Tensor,
    scored_P_G: Tensor,
    *,
    limit: int,
    cache: int | None = None,
    wanted: int | None = None,
    slope: float = 3e-4,
) -> Tensor:
    """What each response's length is worth (P, G), float; 0 where unscored. Lengths are in tokens, `right` is boolean.

    - "dapo_overlong": -1 to 0 over the last `cache` tokens before `limit` (arXiv 2503.14476 eq. 13)
    - "cosine": arXiv 2502.03373
    - "kimi": within each group, from its shortest to its longest scored response (arXiv 2501.12599 sec. 2.3.3)
    - "l1": `1[right] - slope |wanted - n|`, it holds the reward of being right as well (arXiv 2503.04697)
    """
    rows = zip(lengths_P_G.tolist(), right_P_G.tolist(), scored_P_G.tolist(), strict=True)
    rewards = []
    for lengths, rights, scored in rows:
        counted = [length for length, counts in zip(lengths, scored, strict=True) if counts] or [0]
        shortest, longest = min(counted), max(counted)
        row = []
        for length, right in zip(lengths, rights, strict=True):
            match rule:
                case "dapo_overlong":
                    row.append(dapo_overlong(length, limit, _needed("cache", rule, cache)))
                case "cosine":
                    row.append(cosine(length, limit, right))
                case "kimi":
                    row.append(kimi(length, shortest, longest, right))
                case "l1":
                    row.append(l1_exact(length, _needed("wanted", rule, wanted), slope, right))
                case _:
                    assert_never(rule)
        rewards.append(row)
    values_P_G = torch.tensor(rewards, dtype=torch.get_default_dtype(), device=lengths_P_G.device)
    return keep(values_P_G, scored_P_G)


def only_where_accurate(values_P_G: Tensor, right_P_G: Tensor, scored_P_G: Tensor, *, accuracy: float = 0.75) -> Tensor:
    """The length rewards of groups whose accuracy is at least `accuracy`, 0 in the others.

    After GRPO-lambda (arXiv 2505.18086), which switches between a length penalty and plain rewards by group accuracy;
    it ranks the groups of a batch, the threshold is ours.
    """
    accurate_P = masked_mean(right_P_G.to(values_P_G.dtype), scored_P_G, -1) >= accuracy
    return keep(values_P_G, accurate_P.unsqueeze(-1) & scored_P_G)


def without_truncated(mask_N_T: Tensor, truncated_N: Tensor) -> Tensor:
    """The mask without responses that were cut off at the limit: DAPO's overlong filtering, arXiv 2503.14476 sec. 3.4.

    Their rewards still count in the group: they are answers that did not come.
    """
    return mask_N_T & ~truncated_N.unsqueeze(-1)


def _needed(name: str, rule: str, value: int | None) -> int:
    if value is None:
        raise ValueError(f"the length rule {rule!r} needs {name!r}")
    return value
