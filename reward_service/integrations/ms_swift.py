"""Rewards for ms-swift: an ORM plugin.

    swift rlhf --rlhf_type grpo --external_plugins my_plugin.py --reward_funcs rfteval ...

where my_plugin.py holds `from swift.rewards import orms` and `orms["rfteval"] = RftevalReward`, as
examples/ms_swift_reward.py does. Tried with ms-swift 4.6; before version 4 `orms` is in `swift.plugin`. ms-swift calls
it with the responses and the data set's columns as keyword lists. The column `solution` holds the gold answer.
Configured by the environment variables of process.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reward_service.integrations.process import scorer, unscored_policy
from reward_service.integrations.scoring import filled, reference_of


class RftevalReward:
    """ms-swift's ORM protocol: made with the trainer's arguments, called with a batch."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Takes what ms-swift passes and needs none of it."""

    def __call__(self, completions: Sequence[str], solution: Sequence[object], **columns: Any) -> list[float]:
        """Rewards in order; unscored responses by the policy."""
        extras = [key for key in ("choices", "question") if isinstance(columns.get(key), (list, tuple))]
        references = [
            reference_of(gold, {key: columns[key][index] for key in extras}) for index, gold in enumerate(solution)
        ]
        return filled(scorer().rewards(list(completions), references), references, unscored_policy())
