"""Rewards for EasyR1: a batch reward function.

    worker.reward.reward_type=batch
    worker.reward.reward_function=.../reward_service/integrations/easyr1.py:compute_score

It is given dictionaries of `response`, `response_length` and `ground_truth`, and answers dictionaries whose `overall`
is trained on while the rest is logged. EasyR1 passes no columns besides the gold: for multiple choice the gold must be
a mapping (or JSON text) of `answer` and `choices`. Configured by the environment variables of process.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reward_service.integrations.process import scorer, unscored_policy
from reward_service.integrations.scoring import filled, reference_of
from reward_service.types import Reference


def compute_score(reward_inputs: Sequence[Mapping[str, Any]], **_: Any) -> list[dict[str, float]]:
    """One dictionary a response, in order: `overall`, the score of each verifier by name, and `unscored`."""
    references = [_reference(reward_input["ground_truth"]) for reward_input in reward_inputs]
    scored = scorer().score([reward_input["response"] for reward_input in reward_inputs], references)
    rewards = filled([item.reward for item in scored], references, unscored_policy())
    return [
        {
            "overall": reward,
            **{verdict.verifier: verdict.score for verdict in item.verdicts if verdict.score is not None},
            "unscored": float(item.reward is None),
        }
        for reward, item in zip(rewards, scored, strict=True)
    ]


def _reference(gold: Any) -> Reference:
    if isinstance(gold, str) and gold.lstrip().startswith("{"):
        try:
            parsed = json.loads(gold)
        except ValueError:
            return reference_of(gold)  # a set such as {1, 2} is an answer, not JSON
        if isinstance(parsed, dict) and ("answer" in parsed or "gold" in parsed):
            return reference_of(parsed)
    return reference_of(gold)
