"""What adds up over the micro-batches and updates of one step, and over processes, into the numbers that are logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from torch import Tensor

from training.core.importance import ImportanceWeights
from training.core.objective import PolicyLoss
from training.core.policy_statistics import PolicyStatistics

T = TypeVar("T", bound=Any)


@dataclass(slots=True, kw_only=True)
class Sums:
    """Sums of one step on one process; those on a device are added up there, since reading each would wait for it."""

    statistics: PolicyStatistics | None = None
    policy: Tensor | float = 0.0
    kl: Tensor | float = 0.0
    has_kl: bool = False
    entropy: Tensor | float = 0.0
    apart: Apart | None = None
    norms: list[float] = field(default_factory=list)
    batches: int = 0
    positions: int = 0
    useful: int = 0
    responses: int = 0
    seconds: float = 0.0

    def add(self, part: PolicyLoss, *, with_reference: bool) -> None:
        """One micro-batch."""
        self.statistics = part.statistics if self.statistics is None else self.statistics + part.statistics
        self.policy = self.policy + part.policy.detach()
        self.kl = self.kl + part.kl_sum.detach()
        self.has_kl = self.has_kl or with_reference
        self.entropy = self.entropy + part.entropy_sum.detach()

    def add_apart(self, weights: ImportanceWeights) -> None:
        """How far the engine that sampled is from the trainer, on one micro-batch."""
        found = Apart(
            difference=weights.difference_sum,
            known=weights.tokens - weights.missing,
            outside=weights.outside,
            counted=weights.counted,
        )
        self.apart = found if self.apart is None else self.apart + found

    def on_cpu(self) -> Sums:
        """As it goes to other processes: gathered tensors stay on the device of who sent them, and do not add up."""
        return replace(
            self,
            statistics=_on_cpu(self.statistics),
            policy=float(self.policy),
            kl=float(self.kl),
            entropy=float(self.entropy),
            apart=_on_cpu(self.apart),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """The engine that sampled beside the trainer: sum of |difference of log-probabilities| over `known` tokens, and
    how many of the `counted` ratios (of tokens or of responses) lay `outside` the limits."""

    difference: Tensor | float
    known: Tensor | float
    outside: Tensor | float
    counted: Tensor | float

    def __add__(self, other: Apart) -> Apart:
        return Apart(
            difference=self.difference + other.difference,
            known=self.known + other.known,
            outside=self.outside + other.outside,
            counted=self.counted + other.counted,
        )

    def metrics(self) -> dict[str, float]:
        """As they are logged."""
        known, counted = float(self.known), float(self.counted)
        return {
            "importance/logprob_difference": float(self.difference) / max(known, 1.0),
            "importance/outside": float(self.outside) / max(counted, 1.0),
        }


def _on_cpu(sums: T) -> T:
    """A dataclass of tensors and floats, or None, with its tensors on the CPU."""
    if sums is None:
        return sums
    values = {each.name: getattr(sums, each.name) for each in fields(sums)}
    moved = {name: value.cpu() if isinstance(value, Tensor) else value for name, value in values.items()}
    return replace(sums, **moved)


def merged(parts: Sequence[Sums]) -> Sums:
    """The sums of all processes. Gradient norms are the same on each, since gradients were summed before."""
    first, *others = parts
    for part in others:
        if part.statistics is not None:
            first.statistics = part.statistics if first.statistics is None else first.statistics + part.statistics
        if part.apart is not None:
            first.apart = part.apart if first.apart is None else first.apart + part.apart
        first.policy = first.policy + part.policy
        first.kl = first.kl + part.kl
        first.entropy = first.entropy + part.entropy
        first.has_kl = first.has_kl or part.has_kl
        first.norms = first.norms or part.norms
        first.batches += part.batches
        first.positions += part.positions
        first.useful += part.useful
        first.responses += part.responses
        first.seconds = max(first.seconds, part.seconds)
    return first
