"""ms-swift with rewards from the service. This file is the plugin; run by itself, it shows what ms-swift gets from it.

    pip install ms-swift  # docs/integrations.md has the few packages it needs when installed with --no-deps
    python examples/ms_swift_reward.py
    swift rlhf --rlhf_type grpo --external_plugins examples/ms_swift_reward.py --reward_funcs rfteval ...

Written for ms-swift 4, whose rewards live in `swift.rewards`; before version 4 that was `swift.plugin`.
"""

from __future__ import annotations

import os

import torch
from swift.rewards import orms
from swift.rl_core.data import GRPOSample
from swift.rl_core.grpo_algorithm import score_completions

from reward_service import RewardClient
from reward_service.integrations.ms_swift import RftevalReward

orms["rfteval"] = RftevalReward

RESPONSES = ("It is \\boxed{4}.", "It is \\boxed{5}.", "So 2+2 = 4", "I cannot say.")


def rewards() -> torch.Tensor:
    """What `GRPOTrainer` of ms-swift computes: a column for each reward function. The gold is the column solution."""
    samples = [
        GRPOSample(
            messages=[{"role": "user", "content": "What is 2+2?"}, {"role": "assistant", "content": response}],
            extra={"solution": "4"},
        )
        for response in RESPONSES
    ]
    return score_completions(samples, [orms["rfteval"](args=None)], [None], False, torch.device("cpu"))


if __name__ == "__main__":
    with RewardClient() as client:
        os.environ["RFTEVAL_ADDRESS"] = client.address
        print("rewards:", rewards().squeeze(1).tolist())
