"""Ray Serve beside a plain server: one caller, the same items, in turns within one run.

Not part of `make perf`, since it needs the extra `scale`. One replica with one worker against one plain server with one
worker, both on this machine: what is measured is the road to the verifier, not the verifier. There is no bar.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from reward_service.client import RewardClient
from reward_service.embedded import child_environment
from reward_service.types import Component, Reference, ScoreItem

ROOT = Path(__file__).resolve().parent.parent.parent
BARE = (Component(verifier="math", parameters={"input": "expression"}),)
START_S = 120.0


def pairs(count: int, start: int) -> list[ScoreItem]:
    """Numbers, half of them equal to their reference; no two alike, so that no cache answers."""
    numbers = range(start, start + count)
    return [
        ScoreItem(id=str(number), response=str(number), reference=Reference(answer=str(number + number % 2)))
        for number in numbers
    ]


@contextlib.contextmanager
def served(*arguments: str) -> Iterator[str]:
    """The address of `rfteval serve` with these arguments; ends it with SIGTERM and says so if it did not end well."""
    command = [sys.executable, "-m", "rfteval", "serve", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=child_environment(), cwd=ROOT
    ) as process:
        assert process.stdout is not None
        started = time.perf_counter()
        for line in process.stdout:
            if line.startswith("listening on "):
                break
        else:
            raise SystemExit(f"{' '.join(command)} ended with code {process.wait()} before it listened")
        print(f"{' '.join(arguments)}: listening after {time.perf_counter() - started:.1f} s")
        try:
            yield line.removeprefix("listening on ").strip()
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(START_S)
            print(f"{' '.join(arguments)}: SIGTERM, exit code {code}")


def call_times_ms(client: RewardClient, batches: Sequence[Sequence[ScoreItem]]) -> list[float]:
    """Milliseconds of one call after the other."""
    times = []
    for batch in batches:
        began = time.perf_counter()
        scored = client.score(batch, components=BARE)
        times.append((time.perf_counter() - began) * 1e3)
        assert all(item.reward is not None for item in scored)
    return times


def streamed_rate(client: RewardClient, items: Sequence[ScoreItem]) -> float:
    """Items per second with four batches of 256 in flight."""
    began = time.perf_counter()
    scored = list(client.score_stream(items, components=BARE, batch_size=256, in_flight=4))
    assert all(item.reward is not None for item in scored)
    return len(items) / (time.perf_counter() - began)


def measure(clients: dict[str, RewardClient], rounds: int) -> None:
    """Print p50 and rate of each way of calling; the servers take turns."""
    fresh = iter(range(10_000, 1 << 60, 100_000))
    calls: dict[tuple[str, int], list[float]] = {}
    rates: dict[str, list[float]] = {name: [] for name in clients}
    for client in clients.values():
        call_times_ms(client, [pairs(256, next(fresh)) for _ in range(5)])
    for _ in range(rounds):
        for name, client in clients.items():
            for size, count in ((1, 100), (256, 20)):
                start = next(fresh)
                batches = [pairs(size, start + number * size) for number in range(count)]
                calls.setdefault((name, size), []).extend(call_times_ms(client, batches))
            rates[name].append(streamed_rate(client, pairs(20_480, next(fresh))))
    for size in (1, 256):
        p50 = {name: statistics.median(calls[name, size]) for name in clients}
        parts = [
            f"{name} p50 {ms:.2f} ms, {size / ms * 1e3:,.0f} items/s (n={len(calls[name, size])})"
            for name, ms in p50.items()
        ]
        print(f"batch {size}, one call at a time: {'; '.join(parts)}; ratio of p50 {p50['ray'] / p50['plain']:.1f}")
    rate = {name: statistics.median(found) for name, found in rates.items()}
    parts = [f"{name} {found:,.0f} items/s" for name, found in rate.items()]
    print(f"batch 256, four in flight: {'; '.join(parts)}; ratio {rate['plain'] / rate['ray']:.1f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--port", type=int, default=50077, help="of Ray's proxy, on every interface of this machine")
    options = parser.parse_args()
    if importlib.util.find_spec("ray") is None:
        print("Ray Serve: not measured, ray is not installed; pip install '.[scale]'")
        return 0
    everywhere = ("--listen", f"0.0.0.0:{options.port}", "--allow-insecure")
    with (
        served("--listen", "127.0.0.1:0", "--workers", "1") as plain,
        served("--engine", "ray", "--replicas", "1:1", *everywhere) as ray,
        RewardClient(plain) as plain_client,
        RewardClient(f"127.0.0.1:{ray.rpartition(':')[2]}") as ray_client,
    ):
        measure({"plain": plain_client, "ray": ray_client}, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
