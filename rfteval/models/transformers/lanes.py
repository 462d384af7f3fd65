"""How many engines work side by side, and their responses as these end.

A small model's operations on a processor are over before it pays to share them among threads, and between them Python
alone is busy. So each core gets an engine of its own there, with one thread of torch and every n-th prompt.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import torch

from rfteval.types import Response

if TYPE_CHECKING:
    from rfteval.models.transformers.engine import Engine
    from rfteval.models.transformers.loading import Loaded

SMALL = 50_000_000  # parameters; of larger ones, each engine would read all the weights anew for its share of the rows
SMALL_BATCH = 256  # rows of a small model, all engines together: what a step costs is mostly not the rows


def is_small(loaded: Loaded) -> bool:
    """Whether a model is a small one on a processor, and may be asked by several threads at once.

    Models that keep something of a forward pass in themselves, as Qwen's rotary shift, may not.
    """
    model = loaded.model
    if torch.device(model.device).type != "cpu" or any(map(_keeps_something, model.modules())):
        return False
    parameters: int = sum(parameter.numel() for parameter in model.parameters())
    return parameters < SMALL


def _keeps_something(module: torch.nn.Module) -> bool:
    """Whether a module keeps something of a forward pass: a shift, or frequencies that go by the longest row."""
    kinds = getattr(module, "rope_type", "")
    kinds = set(kinds.values()) if isinstance(kinds, dict) else {kinds}
    return hasattr(module, "rope_deltas") or not kinds.isdisjoint({"dynamic", "longrope"})


async def in_lanes(engines: Sequence[Engine]) -> AsyncGenerator[list[Response]]:
    """The responses of all engines as they end, each engine in a thread of its own.

    Raises what an engine raises, once the others have handed out what they were at.
    """
    threads = torch.get_num_threads()
    loop = asyncio.get_running_loop()
    try:
        with ExitStack() as stack:
            # One thread for all that an engine does: torch keeps threads of its own for each thread that calls it.
            lanes = {
                engine: stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="transformers"))
                for engine in engines
            }
            if len(engines) > 1:
                for lane in lanes.values():
                    await loop.run_in_executor(lane, torch.set_num_threads, 1)
            under_way = {loop.run_in_executor(lane, engine.advance): engine for engine, lane in lanes.items()}
            failure: BaseException | None = None
            while under_way:
                done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    engine = under_way.pop(each)
                    failure = failure or each.exception()
                    if failure is None and not engine.done:
                        under_way[loop.run_in_executor(lanes[engine], engine.advance)] = engine
                    if each.exception() is None:
                        yield each.result()
            if failure is not None:
                raise failure
    finally:
        if len(engines) > 1:
            torch.set_num_threads(threads)  # threads that begin later take what was set last, wherever it was
