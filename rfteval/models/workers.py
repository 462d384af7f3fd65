"""Asking for many responses at once, a bounded number at a time; each is handed out when it is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

from rfteval.models.asked import Wanted, wanted_of
from rfteval.types import Prompt, Response, Sampling

Ask = Callable[[Wanted], Awaitable[Response]]
_Entry = Response | Exception | None


async def work_through(prompts: Sequence[Prompt], sampling: Sampling, ask: Ask, width: int) -> AsyncIterator[Response]:
    """The wanted responses as `ask` gives them, in the order they are done; at most `width` are under way.

    Raises what `ask` raises, after which nothing more is asked. Responses to one prompt are asked for one after the
    other, so that a server finds the prompt in its cache.
    """
    todo = iter([wanted for prompt in prompts for wanted in wanted_of(prompt, sampling)])
    done: asyncio.Queue[_Entry] = asyncio.Queue()
    workers = [asyncio.create_task(_work(todo, ask, done)) for _ in range(width)]
    working = len(workers)
    try:
        while working:
            entry = await done.get()
            if entry is None:
                working -= 1
            elif isinstance(entry, Exception):
                raise entry
            else:
                yield entry
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _work(todo: Iterator[Wanted], ask: Ask, done: asyncio.Queue[_Entry]) -> None:
    """Ask for one response after the other until none is left: then None; what `ask` raises is handed on."""
    try:
        for wanted in todo:
            await done.put(await ask(wanted))
        await done.put(None)
    except Exception as error:  # of any kind: the reader raises it
        await done.put(error)
