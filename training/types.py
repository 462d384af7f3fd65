"""The nouns of the trainer: encoded prompts, rollouts, what they were worth, groups. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from reward_service.types import Verdict
from rfteval.types import Prompt, Sample


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncodedPrompt:
    """A prompt as a model takes it: token ids with image tokens expanded, and the pictures' tensors by argument name.

    The same tensors are used to sample and to update, so that both see the same picture. `positions` (3, ids) are given
    where a model places pictures in three dimensions (Qwen-VL); elsewhere tokens are simply counted. `source` is what
    was encoded, for engines that encode it themselves.
    """

    sample_id: str
    ids: tuple[int, ...]
    pixels: Mapping[str, Tensor] = field(default_factory=dict)
    positions: Tensor | None = None
    source: Prompt | None = None

    @property
    def following(self) -> int:
        """The position of the first token of a response."""
        return len(self.ids) if self.positions is None else int(self.positions.max()) + 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Request:
    """Wanted rollouts of one prompt: their indices in the group. `noisy`: the prompt's pictures carry noise."""

    prompt: EncodedPrompt
    indices: tuple[int, ...]
    noisy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One sampled response. `logprobs` are those of the policy that sampled, at its temperature, one for each id.

    `version` counts the updates that the sampling weights had seen.
    """

    sample_id: str
    index: int
    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    text: str
    finish_reason: Literal["stop", "length"]
    noisy: bool = False
    version: int = 0

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.logprobs) or not self.ids:
            raise ValueError(f"a rollout has a log-probability for each of its tokens and at least one, got {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewarded:
    """What a rollout was worth. `reward` None: unscored, for `reason`; it then counts nowhere.

    `components` are scores by name, None where unscored.
    """

    reward: float | None
    components: Mapping[str, float | None] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    reason: str = ""

    @property
    def accuracy(self) -> float | None:
        """The first component's score: what right means in this run."""
        return next(iter(self.components.values()), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RolloutGroup:
    """The rollouts of one sample, in order of their indices, each with what it was worth.

    `reference` are log-probabilities of each rollout's tokens under the reference model, where there is one.
    """

    sample: Sample
    prompt: EncodedPrompt
    rollouts: tuple[Rollout, ...]
    rewarded: tuple[Rewarded, ...]
    reference: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(self.rollouts) != len(self.rewarded):
            raise ValueError(f"{len(self.rollouts)} rollouts with {len(self.rewarded)} rewards: each has one")

    @property
    def rewards(self) -> list[float]:
        """The rewards of those that were scored."""
        return [each.reward for each in self.rewarded if each.reward is not None]

    @property
    def accuracy(self) -> float | None:
        """Mean accuracy of the scored ones; None where there is none."""
        values = [each.accuracy for each in self.rewarded if each.reward is not None and each.accuracy is not None]
        return sum(values) / len(values) if values else None

    @property
    def signal(self) -> bool:
        """Whether two scored rewards differ, by comparing rewards and not a float deviation."""
        return len(set(self.rewards)) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a sample's group came to: mean accuracy of its `scored` rollouts, None where there is none."""

    sample: Sample
    accuracy: float | None
    scored: int
