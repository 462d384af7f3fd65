"""How long a run goes on without anything to learn, and what it says when it stops for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rfteval.errors import RftevalError

ADVICE = {
    "too_hard": "no response is right: take easier samples (signal.stages, signal.difficulty), a larger "
    "rollout.group_size, or a better start (`rfteval sft`)",
    "too_easy": "every response is right: take harder samples, or signal.difficulty to skip what is known",
    "flat": "all responses of a group get the same reward: raise rollout.temperature, or add a component that tells "
    "them apart",
    "unscored": "responses could not be scored: look at the reward service and at events.jsonl",
}


class NoSignalError(RftevalError):
    """For `signal.patience` steps no group had anything to teach."""


class Patience:
    """Counts steps in a row without a trainable group, and what their groups were."""

    def __init__(self, steps: int) -> None:
        self._most = steps
        self._idle = 0
        self._fates: Counter[str] = Counter()

    def look(self, fate: Mapping[str, int], *, idle: bool) -> None:
        """Count a step: the fates of its groups, and whether nothing was learned. Raises NoSignalError."""
        self._fates.update(fate)
        self._idle = self._idle + 1 if idle else 0
        if not self._idle:
            self._fates.clear()
        if self._idle >= self._most:
            counts = {name: self._fates[name] for name in ADVICE}
            most = max(counts, key=lambda name: counts[name])
            said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
            raise NoSignalError(
                f"no trainable group in the last {self._idle} steps ({said or 'no group was sampled'}): {ADVICE[most]}"
            )

    def state(self) -> dict[str, Any]:
        """As JSON values."""
        return {"idle": self._idle, "fates": dict(self._fates)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put `state` back."""
        self._idle = state["idle"]
        self._fates = Counter(state["fates"])
