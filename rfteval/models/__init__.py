"""Models behind one small protocol: prompts go in, responses come out as each finishes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from rfteval.types import Prompt, Response, Sampling


class Model(Protocol):
    """Anything that answers prompts. A failed prompt is a Response with `error`, never a missing one."""

    @property
    def identity(self) -> Mapping[str, object]:
        """What decides its responses, as JSON values; part of a run's settings, so that runs are not mixed."""
        ...

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        """The responses that `prompt.wanted(sampling)` names for each prompt, in the order they finish.

        A response depends on its prompt, the sampling and its index, not on what else is asked for.

        Raises ModelError where the model as a whole cannot answer.
        """
        ...
