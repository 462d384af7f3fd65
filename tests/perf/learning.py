"""What reinforcement does for the embedded model, in one command: three seeds, shuffled rewards, and the thinker.

    python tests/perf/learning.py                          (all five runs, in runs/learning)
    python tests/perf/learning.py --only seed-1 shuffled --set steps=40
    python tests/perf/learning.py --base DIR --thinker DIR (other checkpoints)

Each run is examples/train/embedded.yaml with its seed, its start, or shuffled rewards; before and after it the harness
asks held-out pictures greedily. Killed, the same command goes on. Accuracies have 95 % intervals (Wilson); lenient is
the answer, strict the answer in the shape that is asked for. CPU time is this process's with its reward service, on as
many threads as OMP_NUM_THREADS says; none for a run that was already done.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from training import config
from training.evaluate import Measurement
from training.train import train

RECIPE = Path(__file__).resolve().parents[2] / "examples" / "train" / "embedded.yaml"
LEAST_RISE = 0.15  # lenient accuracy of a seed, with intervals that do not meet
MOST_LOST = 0.02  # lenient accuracy of the run that begins at the thinker
RUNS = {
    "seed-1": ["seed=1"],
    "seed-2": ["seed=2"],
    "seed-3": ["seed=3"],
    "shuffled": ["seed=1", "reward.shuffle=true"],
    "thinker": ["seed=1"],
}


def overrides(name: str, arguments: argparse.Namespace) -> list[str]:
    """The changes to the recipe for a run."""
    start = arguments.thinker if name == "thinker" else arguments.base
    fixed = [f"out={arguments.out / name}", f"model.path={start}", f"evaluation.limit={arguments.pictures}"]
    return [*fixed, *RUNS[name], *arguments.set]


def measure(name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train, or go on with, the run `name`; what was measured."""
    before = cpu_s()
    ending = train(config.load(RECIPE, overrides(name, arguments)))
    assert ending.first is not None and ending.last is not None and ending.best is not None
    measured = {"first": ending.first, "last": ending.last, "best": ending.best}
    return {
        "run": name,
        "steps": ending.steps,
        "reason": ending.reason,
        "cpu_s": cpu_s() - before,
        **{when: values(each) for when, each in measured.items()},
        "bar": bar(name, ending.first, ending.last, ending.best),
    }


def values(measured: Measurement) -> dict[str, Any]:
    """A measurement as it is stored."""
    return {
        "step": measured.step,
        "samples": measured.samples,
        "unscored": measured.unscored,
        "lenient": [measured.accuracy, *measured.interval],
        "strict": [measured.strict, *measured.strict_interval],
    }


def bar(name: str, first: Measurement, last: Measurement, best: Measurement) -> str:
    """What is asked of the run, and whether it was met."""
    rise = last.accuracy - first.accuracy
    apart = last.interval[0] > first.interval[1]
    if name == "shuffled":
        return f"does not rise: {'missed' if apart else 'met'}"
    if name == "thinker":
        kept = f"best/ is of step {best.step}"
        return f"loses at most {MOST_LOST:.0%}: {'met' if rise >= -MOST_LOST else 'missed'} ({rise:+.1%}; {kept})"
    return f"rises by {LEAST_RISE:.0%}, apart: {'met' if rise >= LEAST_RISE and apart else 'missed'} ({rise:+.1%})"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """All runs beside each other."""
    lines = [
        "| run | steps | lenient before | after | strict before | after | unscored | CPU min | bar |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        first, last = row["first"], row["last"]
        shown = [shares(first["lenient"]), shares(last["lenient"]), shares(first["strict"]), shares(last["strict"])]
        unscored = f"{first['unscored']}, {last['unscored']} of {last['samples']}"
        lines.append(
            f"| {row['run']} | {row['steps']} | {' | '.join(shown)} | {unscored} | {row['cpu_s'] / 60:.1f} "
            f"| {row['bar']} |"
        )
    reasons = [f"{row['run']}: {row['reason']}; best at step {row['best']['step']}" for row in rows]
    return "\n".join([*lines, "", *reasons])


def shares(found: Sequence[float]) -> str:
    """An accuracy with its interval."""
    value, low, high = (100 * each for each in found)
    return f"{value:.1f} % [{low:.1f}, {high:.1f}]"


def cpu_s() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(RUNS), default=list(RUNS))
    parser.add_argument("--out", type=Path, default=Path("runs/learning"))
    parser.add_argument("--base", default="base", help="where the seeds and the shuffled run begin")
    parser.add_argument("--thinker", default="thinker", help="the chain-of-thought checkpoint")
    parser.add_argument("--pictures", type=int, default=900, help="held-out pictures of each evaluation")
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="further changes to the recipe")
    arguments = parser.parse_args()
    rows = []
    for name in arguments.only:
        rows.append(measure(name, arguments))
        print(json.dumps(rows[-1]), flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "learning.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    print(f"\n{table(rows)}")


if __name__ == "__main__":
    main()
