"""Everything at once: hanging checks, memory bombs, killed workers, a server that restarts, two addresses.

    python tests/perf/soak.py --items 100000          # the fault bar
    python tests/perf/soak.py --seconds 600           # the memory bar

Every item must be answered exactly once, the statuses must add up, no failed item may have a score, and the server's
resident memory must stay within a tenth of what it was when it had warmed up. Exit code 1 where one of these fails.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil

from reward_service.client import RewardClient
from reward_service.embedded import child_environment
from reward_service.types import Component, Reference, ScoredItem, ScoreItem, Status

CHECKS = '''
from dataclasses import dataclass
from reward_service.types import Status, Verdict
from reward_service.verifiers.registry import Verifier

@dataclass(frozen=True, slots=True, kw_only=True)
class NoParameters:
    """None."""

def check(text, reference, parameters, budget):
    word = text.split()[0]
    while word == "hang":
        pass
    if word == "bomb":
        return Verdict(status=Status.CORRECT, score=1.0, reason=str(len(bytearray(8 << 30))))
    if word == "long":
        for number in range(100_000):
            budget.spend(1)
    status = Status.CORRECT if word != "wrong" else Status.INCORRECT
    return Verdict(status=status, score=float(word != "wrong"), rule="soak")

SOAK = Verifier(name="soak", version="1", summary="As told.", parameters=NoParameters, check=check, inline=False)
SOAK_INLINE = Verifier(
    name="soak_inline", version="1", summary="As told.", parameters=NoParameters, check=check, inline=True
)
'''
EXPECTED = {
    "right": {Status.CORRECT},
    "wrong": {Status.INCORRECT},
    "long": {Status.CORRECT},
    "hang": {Status.TIMEOUT},
    "bomb": {Status.OUT_OF_MEMORY},
}
# What a worker that is killed from outside may do to any item that runs in one.
KILLED = {Status.CRASHED}


def items(count: int | None, seed: int) -> Iterator[ScoreItem]:
    """1 % hang, 1 % eat memory, 5 % need a worker; the id says which. No two texts are equal, so no cache helps."""
    source = random.Random(seed)
    number = 0
    while count is None or number < count:
        draw = source.random()
        word = "hang" if draw < 0.01 else "bomb" if draw < 0.02 else "long" if draw < 0.07 else "wrong"
        word = "right" if draw >= 0.5 else word
        component = Component(verifier="soak" if word in ("hang", "bomb") else "soak_inline")
        yield ScoreItem(
            id=f"{number}:{word}",
            response=f"{word} {number}",
            reference=Reference(answer="x"),
            components=(component,),
        )
        number += 1


class Server:
    """One server on a fixed address, and its resident memory over time."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self._config = folder / "server.toml"
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "reward_service", "--listen", self.address, "--config", str(self._config)]
        environment = child_environment()
        environment["PYTHONPATH"] = os.pathsep.join([str(self._config.parent), environment.get("PYTHONPATH", "")])
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on ")
        return process

    def restart(self) -> None:
        """SIGTERM, wait for the end of the drain, start again."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0
        self.process = self._start()

    def kill_a_worker(self, source: random.Random) -> None:
        """SIGKILL one of its workers."""
        with contextlib.suppress(psutil.NoSuchProcess):
            hosts = psutil.Process(self.process.pid).children()
            workers = [worker for host in hosts for worker in host.children()]
            if workers:
                source.choice(workers).kill()

    def resident_mib(self) -> float:
        """Resident memory of the front."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / (1 << 20)


def install(folder: Path) -> None:
    """The soak's verifiers, as an installed package."""
    information = folder / "soak_checks-1.dist-info"
    information.mkdir()
    (folder / "soak_checks.py").write_text(CHECKS)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: soak-checks\nVersion: 1\n")
    (information / "entry_points.txt").write_text(
        "[rfteval.verifiers]\nsoak = soak_checks:SOAK\nsoak_inline = soak_checks:SOAK_INLINE\n"
    )
    (folder / "server.toml").write_text(
        "[pool]\nlimit_s = 0.1\nslow_limit_s = 0.3\nkill_margin_s = 0.1\nmax_wait_s = 2\n"
    )


class Tally:
    """What came back so far."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self.answered = 0

    def add(self, scored: ScoredItem) -> None:
        """Count one result and check it against what its id says."""
        number, _, word = scored.id.partition(":")
        [verdict] = scored.verdicts
        if int(number) != self.answered:
            self.problems[f"out of order or lost at {number}"] += 1
        self.answered += 1
        self.statuses[f"{word}: {verdict.status.name}"] += 1
        allowed = EXPECTED[word] | (KILLED if word in ("hang", "bomb", "long") else set())
        if verdict.status not in allowed:
            self.problems[f"{word} became {verdict.status.name}: {verdict.reason}"] += 1
        if (scored.reward is None) == verdict.status.scored:
            self.problems[f"{verdict.status.name} with reward {scored.reward}"] += 1


def soak(count: int | None, seconds: float | None, seed: int) -> int:
    """Run it; the exit code."""
    tally = Tally()
    memory: dict[int, list[float]] = {0: [], 1: []}
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        install(folder)
        servers = [Server(f"unix:{folder}/{side}.sock", folder) for side in ("left", "right")]
        stop = threading.Event()
        threads = [
            threading.Thread(target=disturb, args=(servers, stop, seed, memory)),
            threading.Thread(target=restart_once, args=(servers[0], stop, 5.0)),
        ]
        started = time.monotonic()
        try:
            with RewardClient([server.address for server in servers], timeout_s=600) as client:
                for thread in threads:
                    thread.start()
                for scored in client.score_stream(items(count, seed), batch_size=256, in_flight=8):
                    tally.add(scored)
                    if seconds is not None and time.monotonic() - started > seconds:
                        break
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            for server in servers:
                server.process.kill()
                server.process.wait()
    lost = count is not None and tally.answered != count
    elapsed_s = time.monotonic() - started
    print(
        f"{tally.answered:,} items in {elapsed_s:.0f} s ({tally.answered / elapsed_s:,.0f}/s): {dict(tally.statuses)}"
    )
    print(f"problems: {dict(tally.problems) or 'none'}{', items lost' if lost else ''}")
    flat = [report_memory(side, samples) for side, samples in memory.items()]
    return 0 if not tally.problems and not lost and all(flat) else 1


def report_memory(side: int, samples: list[float]) -> bool:
    """Whether the last quarter's mean is within a tenth of the second quarter's."""
    quarter = len(samples) // 4
    if quarter < 5:
        print(f"server {side}: too short to judge memory")
        return True
    warm = sum(samples[quarter : 2 * quarter]) / quarter
    last = sum(samples[-quarter:]) / quarter
    flat = abs(last - warm) <= 0.1 * warm
    print(f"server {side}: resident {warm:.1f} MiB warm, {last:.1f} MiB at the end, {'flat' if flat else 'NOT FLAT'}")
    return flat


def disturb(servers: list[Server], stop: threading.Event, seed: int, memory: dict[int, list[float]]) -> None:
    """Kill a worker of either server about every second, and take down what the servers' memory is."""
    source = random.Random(seed)
    while not stop.wait(source.uniform(0.5, 1.5)):
        servers[source.randrange(len(servers))].kill_a_worker(source)
        for side, server in enumerate(servers):
            with contextlib.suppress(psutil.NoSuchProcess):
                memory[side].append(server.resident_mib())


def restart_once(server: Server, stop: threading.Event, after_s: float) -> None:
    """Restart one server while the other goes on."""
    if not stop.wait(after_s):
        server.restart()


def main() -> int:
    """Parse the command line and soak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.items is None and options.seconds is None:
        options.items = 20_000
    return soak(options.items, options.seconds, options.seed)


if __name__ == "__main__":
    sys.exit(main())
