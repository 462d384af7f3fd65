"""The model `replay`: answers with recorded responses, so that the whole road can be walked without a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from rfteval.models.asked import failed
from rfteval.rescore import StoredResponses
from rfteval.types import Prompt, Response, Sampling


class ReplayModel:
    """Yields the recorded responses to the prompts asked, in the recorded order.

    A prompt without a recorded response gets a Response with `error`, after all others.
    """

    def __init__(self, recording: StoredResponses) -> None:
        self._recording = recording

    @property
    def identity(self) -> Mapping[str, object]:
        """The hash of the recording."""
        return {"model": "replay", "recording_sha256": self._recording.sha256}

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        """See Model.generate; `sampling` counts only for the number of responses to a prompt."""
        wanted = {(prompt.sample_id, index) for prompt in prompts for index in prompt.wanted(sampling)}
        for response in self._recording.responses:
            key = (response.sample_id, response.index)
            if key in wanted:
                wanted.remove(key)
                yield response
                await asyncio.sleep(0)
        for prompt in prompts:
            for index in prompt.wanted(sampling):
                if (prompt.sample_id, index) in wanted:
                    yield failed(prompt.sample_id, index, "the recording has no response to this prompt")
