"""What a layout of micro-batches costs, in one process and in turns: forward and backward of one batch, on one thread.

    OMP_NUM_THREADS=1 python tests/perf/layouts.py

The model and the prompts are those of tests/perf/train.py: 2 prompts, 8 responses each, of 1 to 96 random tokens.
`masked` is the shared prompt under one dense mask, `apart` the same with attention computed for each response apart.
CPU milliseconds a response token, the least of several turns.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from tests.perf.train import GROUP, LONGEST, PROMPTS, make_model
from training.batching import MicroBatch, Trained, micro_batches
from training.policy import Policy, load_model
from training.settings import ModelSettings
from training.types import EncodedPrompt

TURNS = 3
PROMPT_TOKENS = (26, 54)  # the shortest and the longest question of tests/perf/train.py in the chat template


def responses() -> list[Trained]:
    """Of lengths as they are at the start, when a random model ends by chance."""
    random = Random(0)
    found: list[Trained] = []
    for number in range(PROMPTS):
        ids = tuple(random.randrange(3, 60) for _ in range(PROMPT_TOKENS[number % 2]))
        prompt = EncodedPrompt(sample_id=str(number), ids=ids, pixels={}, positions=None)
        for _ in range(GROUP):
            length = min(LONGEST, 1 + int(random.expovariate(1 / 64)))
            words = tuple(random.randrange(3, 60) for _ in range(length))
            found.append(Trained(prompt=prompt, ids=words, place=len(found)))
    return found


def cpu_s(policy: Policy, batches: list[MicroBatch]) -> float:
    started = time.process_time()
    for batch in batches:
        policy(batch).logprobs_N_T.sum().backward()
    return time.process_time() - started


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_model(folder)
        policy = Policy(load_model(ModelSettings(path=str(folder)), folder), end_ids=[2], pad_id=0)
    trained = responses()
    device, dtype = policy.device, policy.dtype
    padded = micro_batches(trained, tokens=1024, layout="padded", pad_id=0, device=device, dtype=dtype)
    apart = micro_batches(trained, tokens=1024, layout="shared_prompt", pad_id=0, device=device, dtype=dtype)
    sides = {
        "padded": padded,
        "masked": [dataclasses.replace(batch, shared=None) for batch in apart],
        "apart": apart,
    }
    tokens = sum(len(each.ids) for each in trained)
    least = dict.fromkeys(sides, float("inf"))
    for _ in range(TURNS):
        for side, batches in sides.items():
            least[side] = min(least[side], cpu_s(policy, batches))
    print(f"{tokens} tokens of {len(trained)} responses")
    for side, batches in sides.items():
        positions = sum(batch.positions for batch in batches)
        print(f"{side:8}{1000 * least[side] / tokens:8.3f} ms a token, {positions} positions")


if __name__ == "__main__":
    main()
