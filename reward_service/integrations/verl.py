"""Rewards for verl: a custom `compute_score`, for single responses and for its batch reward manager.

    reward.custom_reward_function.path=pkg://reward_service.integrations.verl
    reward.custom_reward_function.name=compute_score

Tried with verl 0.9.1 (examples/verl_reward.py). Versions before the reward loop write these without the leading
`reward.`, and only they offer `reward_manager=batch`, for which `compute_score_batch` is: the reward loop asks for one
response a call, many at the same time.

verl takes numbers only; `RFTEVAL_UNSCORED` (mean, zero, raise) says what an unscored response gets, in `compute_score`
only zero or raise. `RFTEVAL_ADDRESS` names the server (several separated by commas), else one is started per process;
`RFTEVAL_COMPONENTS` the reward, such as "format:0.1,auto:0.9".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reward_service.integrations.process import scorer, unscored_policy
from reward_service.integrations.scoring import filled, reference_of


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: object,
    extra_info: Mapping[str, object] | None = None,
    **_: Any,
) -> dict[str, float]:
    """verl's custom reward: `score`, and what it logs beside it. Raises UnscoredError unless the policy is zero."""
    reference = reference_of(ground_truth, extra_info)
    item = scorer().score([solution_str], [reference])[0]
    policy = "zero" if unscored_policy() == "zero" else "raise"
    (reward,) = filled([item.reward], [reference], policy)
    return {"score": reward, "unscored": float(item.reward is None)}


def compute_score_batch(
    data_sources: Sequence[str],
    solution_strs: Sequence[str],
    ground_truths: Sequence[object],
    extra_infos: Sequence[Mapping[str, object] | None],
    **_: Any,
) -> list[dict[str, float]]:
    """verl's batch reward: one dictionary a response, in order."""
    references = [reference_of(gold, extra) for gold, extra in zip(ground_truths, extra_infos, strict=True)]
    rewards = scorer().rewards(list(solution_strs), references)
    return [
        {"score": reward, "unscored": float(raw is None)}
        for reward, raw in zip(filled(rewards, references, unscored_policy()), rewards, strict=True)
    ]
