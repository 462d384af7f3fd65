"""Where rollouts come from, behind one small protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from rfteval.types import Sampling
from training.types import Request, Rollout

if TYPE_CHECKING:
    from training.policy import Policy


class RolloutEngine(Protocol):
    """Anything that samples responses from the policy's weights."""

    @property
    def exact(self) -> bool:
        """Whether its log-probabilities are the policy's own, so that updates need no importance correction."""
        ...

    def sample(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Rollout]:
        """The rollouts asked for, each as soon as it is finished."""
        ...

    def refresh(self, policy: Policy, version: int) -> None:
        """Use the weights of `policy`, which has seen `version` updates, from now on."""
        ...

    def rest(self) -> None:
        """Give memory back while the policy is updated; the next `sample` takes it again."""
        ...

    def metrics(self) -> Mapping[str, float]:
        """What sampling took since the last question, as it is logged."""
        ...

    def state(self) -> dict[str, Any]:
        """What a resumed run must put back, so that it samples what an uninterrupted one would have."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Put `state` back."""
        ...

    def close(self) -> None:
        """Let go of processes and memory."""
        ...
