"""The named algorithms of a configuration: which advantage goes with which loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, assert_never

from torch import Tensor

from training.core import advantages
from training.core.advantages import STD_EPSILON, Advantages
from training.core.objective import PolicySettings

AdvantageName = Literal["grpo", "dr_grpo", "rloo", "batch", "slas"]
ADVANTAGES: tuple[AdvantageName, ...] = ("grpo", "dr_grpo", "rloo", "batch", "slas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """An advantage, a loss, and the weight of the KL that its paper uses."""

    advantage: AdvantageName
    policy: PolicySettings
    beta: float = 0.0


ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        "grpo": Algorithm(advantage="grpo", policy=PolicySettings(), beta=0.04),
        "dr_grpo": Algorithm(advantage="dr_grpo", policy=PolicySettings(aggregation="constant")),
        "dapo": Algorithm(advantage="grpo", policy=PolicySettings(aggregation="token_mean", clip_high=0.28)),
        "rloo": Algorithm(
            advantage="rloo",
            policy=PolicySettings(aggregation="seq_sum_mean", kl_place="reward", kl_estimator="k1"),
            beta=0.05,
        ),
        "reinforce_pp": Algorithm(
            advantage="batch", policy=PolicySettings(aggregation="token_mean", kl_estimator="k2"), beta=0.01
        ),
        "slas": Algorithm(advantage="slas", policy=PolicySettings(aggregation="constant")),
        "gspo": Algorithm(
            advantage="grpo", policy=PolicySettings(level="sequence", clip_low=3e-4, clip_high=4e-4), beta=0.0
        ),
        "cispo": Algorithm(advantage="grpo", policy=PolicySettings(loss="cispo", aggregation="token_mean")),
    }
)


def group_advantages(
    name: AdvantageName,
    rewards_P_G: Tensor,
    scored_P_G: Tensor | None = None,
    *,
    epsilon: float = STD_EPSILON,
    gamma: float = 0.5,
) -> Advantages:
    """The advantages that a configuration names; `epsilon` and `gamma` reach those that have them."""
    match name:
        case "grpo":
            return advantages.grpo(rewards_P_G, scored_P_G, epsilon=epsilon)
        case "dr_grpo":
            return advantages.dr_grpo(rewards_P_G, scored_P_G)
        case "rloo":
            return advantages.rloo(rewards_P_G, scored_P_G)
        case "batch":
            return advantages.batch_normalised(rewards_P_G, scored_P_G, epsilon=epsilon)
        case "slas":
            return advantages.slas(rewards_P_G, scored_P_G, gamma=gamma, epsilon=epsilon)
        case _:
            assert_never(name)
