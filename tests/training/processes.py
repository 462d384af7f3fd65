"""Runs training in several processes on this machine, as a launcher would start them, for tests.

    python -m tests.training.processes JOBS.json

A job is [settings, number of processes]; they run one after the other. What a prompt's rollouts are is decided by the
prompt and the step alone, so that runs of one and of several processes sample the same.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from rfteval.types import Sampling
from training import config
from training.rollout.hf import HfEngine
from training.train import train
from training.types import Request, Rollout

_sample = HfEngine.sample


def by_prompt(self: HfEngine, requests: Sequence[Request], sampling: Sampling) -> Iterator[Rollout]:
    """`HfEngine.sample`, one prompt at a time, with a seed of its own."""
    for request in requests:
        self._generator.manual_seed(zlib.crc32(f"{self._version} {request.prompt.sample_id}".encode()))
        yield from _sample(self, [request], sampling)


def start(settings: dict[str, Any], rank: int, count: int, port: int) -> int:
    """One process of a job; its process id."""
    child = os.fork()
    if child:
        return child
    if count > 1:
        values = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count}
        os.environ.update({name: str(value) for name, value in values.items()})
        os.environ.update({"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true"})
    code = 1
    try:
        HfEngine.sample = by_prompt  # type: ignore[method-assign]
        train(config.parse(settings))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Run the jobs; the exit code is 1 where a process of one failed."""
    torch.set_num_threads(1)
    for settings, count in json.loads(Path(sys.argv[1]).read_text()):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        children = [start(settings, rank, count, port) for rank in range(count)]
        if any(os.waitpid(child, 0)[1] for child in children):
            sys.exit(1)


if __name__ == "__main__":
    main()
