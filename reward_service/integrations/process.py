"""The one connection of a trainer's process, for trainers that load a plain function from a path.

Configured by environment variables, since such a function gets no configuration of ours: `RFTEVAL_ADDRESS`,
`RFTEVAL_COMPONENTS`, `RFTEVAL_UNSCORED`.
"""

from __future__ import annotations

import os
from functools import cache

from reward_service.client import RewardClient
from reward_service.integrations.scoring import POLICIES, BatchScorer, components_from


def scorer() -> BatchScorer:
    """This process's scorer, made at its first use; a forked child gets its own."""
    return _scorer(os.getpid())


@cache
def _scorer(process_id: int) -> BatchScorer:
    address = os.environ.get("RFTEVAL_ADDRESS", "")
    specification = os.environ.get("RFTEVAL_COMPONENTS", "")
    return BatchScorer(
        client=RewardClient(address.split(",") if address else None),
        components=components_from(specification) if specification else (),
    )


def unscored_policy() -> str:
    """The policy for unscored responses. Raises ValueError for an unknown one."""
    policy = os.environ.get("RFTEVAL_UNSCORED", "mean")
    if policy not in POLICIES:
        raise ValueError(f"RFTEVAL_UNSCORED is {policy!r}; one of {', '.join(POLICIES)}")
    return policy
