"""The reward service: pure verifiers, and a gRPC service that runs them bounded, isolated and versioned.

In a notebook: `from reward_service import verify`. Importing this package loads neither sympy nor grpc.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from reward_service.types import Choice, Component, Reference, ScoredItem, ScoreItem, Status, StepScore, Verdict

# Eager, because a lazy attribute named like its own submodule turns into the module once anything imports that.
from reward_service.verify import verify

if TYPE_CHECKING:
    from reward_service.async_client import AsyncRewardClient
    from reward_service.client import RewardClient
    from reward_service.credentials import ClientCredentials

__all__ = [
    "AsyncRewardClient",
    "Choice",
    "ClientCredentials",
    "Component",
    "Reference",
    "RewardClient",
    "ScoreItem",
    "ScoredItem",
    "Status",
    "StepScore",
    "Verdict",
    "verify",
]

_LAZY = {
    "AsyncRewardClient": "reward_service.async_client",
    "ClientCredentials": "reward_service.credentials",
    "RewardClient": "reward_service.client",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
