"""What a person waits for before anything happens: CPU time of `rfteval --help`, of imports, and the first verdict.

Run by `make perf`. Each command is a fresh process, repeated; the table gives the median and the range, the bar, and a
bare interpreter beside them, which is the part that is not ours.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(sys.executable).parent

FIRST_VERDICT = r"""
import time
from reward_service import Reference, RewardClient, ScoreItem
with RewardClient() as client:
    scored = client.score([ScoreItem(id="1", response=r"so \boxed{42}", reference=Reference(answer="42"))])[0]
    print(time.monotonic(), flush=True)
assert scored.verdicts[0].correct, scored
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One command: seconds of each run, CPU (user and system, with children that were waited for) or wall."""

    name: str
    seconds: tuple[float, ...]
    clock: str
    bar_s: float | None

    @property
    def over(self) -> bool:
        return self.bar_s is not None and statistics.median(self.seconds) > self.bar_s


def run_once(command: list[str]) -> tuple[float, float]:
    """(CPU seconds, wall seconds) of one process. Raises CalledProcessError when it fails."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall


def until_first_verdict() -> float:
    """Wall seconds from the start of a process to the verdict in its hands; stopping the server is not counted."""
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", FIRST_VERDICT], check=True, capture_output=True, text=True)
    return float(done.stdout) - started  # the monotonic clock is one for all processes of a machine


def measure(name: str, command: list[str], clock: str, bar_s: float | None, repeats: int) -> Measurement:
    """Run `command` once unmeasured, to fill the file cache and write bytecode, then `repeats` times."""
    run_once(command)
    runs = [run_once(command) for _ in range(repeats)]
    return Measurement(name=name, seconds=tuple(run[clock == "wall"] for run in runs), clock=clock, bar_s=bar_s)


def measurements(repeats: int) -> list[Measurement]:
    """Every row of the table."""
    python = sys.executable
    rfteval = str(SCRIPTS / "rfteval")
    until_first_verdict()
    first = tuple(until_first_verdict() for _ in range(repeats))
    return [
        measure("bare interpreter", [python, "-c", "pass"], "CPU", None, repeats),
        measure("import rfteval", [python, "-c", "import rfteval"], "CPU", 0.1, repeats),
        measure("import reward_service.client", [python, "-c", "import reward_service.client"], "CPU", None, repeats),
        measure("rfteval --help", [rfteval, "--help"], "CPU", 0.25, repeats),
        Measurement(name="first verdict, cold embedded start", seconds=first, clock="wall", bar_s=0.6),
    ]


def table(rows: list[Measurement]) -> str:
    """The measurements as aligned text."""
    lines = [f"{'what':36}{'clock':>7}{'median s':>10}{'range s':>17}{'bar s':>8}"]
    for row in rows:
        spread = f"{min(row.seconds):.3f} to {max(row.seconds):.3f}"
        bar = "" if row.bar_s is None else f"{row.bar_s:.2f}"
        verdict = "" if row.bar_s is None else "  over the bar" if row.over else "  met"
        lines.append(f"{row.name:36}{row.clock:>7}{statistics.median(row.seconds):10.3f}{spread:>17}{bar:>8}{verdict}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9, help="measured runs of each command")
    rows = measurements(parser.parse_args().repeats)
    print(table(rows))
    return 1 if any(row.over for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
