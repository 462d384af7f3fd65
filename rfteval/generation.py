"""Drives a model in a thread of its own and hands its responses on in chunks, as they finish."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterator, Sequence

from rfteval.models import Model
from rfteval.models.asked import images_of
from rfteval.scoring import BATCH_CHARACTERS, BATCH_ITEMS
from rfteval.types import Prompt, Response, Sampling
from rfteval.videos import require_decoder

LINGER_S = 0.1  # a finished response waits at most this long for company before it is scored and journaled

_Entry = Response | BaseException | None


def generate_chunks(model: Model, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[list[Response]]:
    """Responses to `prompts` in chunks of up to BATCH_ITEMS, none held back longer than LINGER_S.

    Raises what the model raises, after the responses that came before, and UsageError where prompts show frames of
    videos and nothing here decodes them. When the iterator is closed early the model is cancelled at its next response.
    """
    if any(image.frame is not None for prompt in prompts for image in images_of(prompt)):
        require_decoder()  # else every response would fail for the same reason
    finished: queue.Queue[_Entry] = queue.Queue()
    stop = threading.Event()

    async def collect() -> None:
        async for response in model.generate(prompts, sampling):
            finished.put(response)
            if stop.is_set():
                return

    def drive() -> None:
        try:
            asyncio.run(collect())
        except BaseException as error:  # handed to the consumer, which raises it
            finished.put(error)
        else:
            finished.put(None)

    threading.Thread(target=drive, name="model", daemon=True).start()
    try:
        yield from _chunks(finished)
    finally:
        stop.set()


def _chunks(finished: queue.Queue[_Entry]) -> Iterator[list[Response]]:
    while True:
        chunk: list[Response] = []
        characters = 0
        entry = finished.get()
        deadline = time.monotonic() + LINGER_S
        while isinstance(entry, Response):
            chunk.append(entry)
            characters += len(entry.text)
            if len(chunk) == BATCH_ITEMS or characters > BATCH_CHARACTERS:
                break
            try:
                entry = finished.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                break
        if chunk:
            yield chunk
        if entry is None:
            return
        if isinstance(entry, BaseException):
            raise entry
