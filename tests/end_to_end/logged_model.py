"""A run of the packaged sample on a scripted model, in a process that tests kill.

Use: python logged_model.py OUT LOG DELAY_S [whole|broken] [rerun]. The model answers with a text that only the prompt's
id and the index decide, some wrong, some failed, after a delay; it writes down every response that it was asked for.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from rfteval import runner
from rfteval.plan import Plan
from rfteval.types import Prompt, Response, Sampling

SAMPLES = 4


class LoggedModel:
    """Answers in an order of its own; `broken` fails some prompts."""

    identity: Mapping[str, object] = {"model": "logged"}

    def __init__(self, log: Path, delay_s: float, broken: bool) -> None:
        self._log = log
        self._delay_s = delay_s
        self._broken = broken

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        wanted = [(prompt.sample_id, index) for prompt in prompts for index in prompt.wanted(sampling)]
        wanted.sort(key=lambda key: hashlib.sha256(repr(key).encode()).digest())
        handle = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for sample_id, index in wanted:
            os.write(handle, f"{sample_id} {index}\n".encode())
            await asyncio.sleep(self._delay_s)
            number = int.from_bytes(hashlib.sha256(f"{sample_id} {index}".encode()).digest()[:4])
            if self._broken and number % 7 == 0:
                yield Response(sample_id=sample_id, index=index, text="", finish_reason="error", error="out of luck")
            else:
                yield Response(sample_id=sample_id, index=index, text=f"The answer is {'ABCD'[number % 4]}.")
        os.close(handle)


def main(out: str, log: str, delay_s: str, state: str = "whole", rerun: str = "") -> None:
    """Run, or go on with what is in `out`."""
    model = LoggedModel(Path(log), float(delay_s), broken=state == "broken")
    runner.open_model = lambda *arguments, **options: model  # type: ignore[assignment]
    plan = Plan(benchmark="mathvista", split="sample", limit=60, out=Path(out), rerun="failed" if rerun else None)
    runner.run(plan, "logged", sampling=Sampling(samples=SAMPLES, temperature=1.0))


if __name__ == "__main__":
    main(*sys.argv[1:])
