"""What the harness itself costs: rescoring 1000 stored responses, replaying 10,000 into a report, grading a long file.

Run by `make perf`. Each command is a fresh process that starts its own private service; the peak of memory is that of
the command's process, beside the peak for a tenth of the rows. The bars are those of the project's foundation.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MATHVISTA = ROOT.parent / "shared" / "data" / "mathvista"
MATHVISION = MATHVISTA.parent / "mathvision"
RESCORE_BAR_S = 2.0
REPLAY_BAR_S = 15.0
REPLAYED = 10_000
GROWTH_BAR_MIB = 16.0

COMMAND = """
import resource, sys
from rfteval.cli.app import execute
code = execute(sys.argv[1:])
sys.stderr.write(f"peak_kib={resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\\n")
sys.exit(code)
"""


def run(arguments: list[str]) -> tuple[float, float]:
    """(wall seconds, peak MiB) of one `rfteval` command. Raises CalledProcessError when it fails."""
    wall_s, peak_mib, _ = measured(arguments)
    return wall_s, peak_mib


def measured(arguments: list[str]) -> tuple[float, float, float]:
    """(wall seconds, peak MiB, processor seconds with its server's) of one `rfteval` command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wall_s = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall_s, int(done.stderr.rpartition("peak_kib=")[2]) / 1024, processor_s


def rescore(folder: Path, repeats: int) -> bool:
    """Print the wall time of rescoring 1000 rows; whether the bar is met (or there is nothing to measure)."""
    if not MATHVISTA.is_dir():
        print("rescore 1000 MathVista responses: not measured, ../shared/data is not here")
        return True
    walls = []
    for number in range(repeats + 1):  # the first one fills caches and is not counted
        arguments = ["rescore", "--bench", "mathvista", "--data", str(MATHVISTA), "--profile", "official-extraction"]
        arguments += ["--responses", str(MATHVISTA / "outputs" / "gpt4_2shot_solution.jsonl")]
        walls.append(run([*arguments, "--out", str(folder / f"rescore-{number}")])[0])
    median_s = statistics.median(walls[1:])
    met = median_s < RESCORE_BAR_S
    print(
        f"rescore 1000 MathVista responses, with process and service start: median {median_s:.2f} s "
        f"({min(walls[1:]):.2f} to {max(walls[1:]):.2f}, n={repeats}); "
        f"bar {RESCORE_BAR_S:.1f} s: {'met' if met else 'MISSED'}"
    )
    return met


def replay(folder: Path, run_name: str) -> bool:
    """Print what replaying 10,000 responses of MATH-Vision's released runs costs, report and pages included.

    The questions are asked several times over, under ids of their own, each time with another model's response.
    """
    if not MATHVISION.is_dir():
        print(f"replay {REPLAYED} responses: not measured, ../shared/data is not here")
        return True
    questions = (MATHVISION / "test.jsonl").read_text().splitlines()
    paths = sorted((MATHVISION / "outputs").glob(run_name))
    with (folder / "test.jsonl").open("w") as asked, (folder / "replayed.jsonl").open("w") as answered:
        for number in range(REPLAYED):
            turn, place = divmod(number, len(questions))
            if place == 0:
                lines = paths[turn % len(paths)].read_text().splitlines()
            for line, handle in ((questions[place], asked), (lines[place], answered)):
                row = json.loads(line)
                handle.write(json.dumps({**row, "id": f"{row['id']}-{turn}"}) + "\n")
    (folder / "images").symlink_to(MATHVISION / "images")
    command = ["run", "--bench", "mathvision", "--split", "test", "--data", str(folder), "--profile", "rules"]
    command += ["--model", f"replay:{folder / 'replayed.jsonl'}", "--out", str(folder / "replay")]
    wall_s, peak_mib, processor_s = measured(command)
    met = wall_s < REPLAY_BAR_S
    print(
        f"replay {REPLAYED} responses into report and pages: {wall_s:.1f} s, {processor_s:.1f} s of CPU time, peak "
        f"{peak_mib:.0f} MiB; bar {REPLAY_BAR_S:.0f} s: {'met' if met else 'MISSED'}"
    )
    return met


def grade(folder: Path, rows: int) -> bool:
    """Print rate and peak memory of grading `rows` rows and a tenth of them; whether memory stays flat."""
    peaks = {}
    for count in (rows // 10, rows):
        path = folder / f"rows-{count}.jsonl"
        with path.open("w") as handle:
            for number in range(count):
                response = f"Adding {number} and {number % 97} gives \\boxed{{{number + number % 97}}}."
                gold = number + number % 97 + (number % 3 == 0)
                handle.write(json.dumps({"id": number, "response": response, "gold": str(gold)}) + "\n")
        wall_s, peaks[count] = run(["grade", str(path), "--out", str(folder / f"graded-{count}.jsonl")])
        print(f"grade {count} rows: {wall_s:.1f} s, {count / wall_s:.0f} rows/s, peak {peaks[count]:.1f} MiB")
    growth = peaks[rows] - peaks[rows // 10]
    met = growth < GROWTH_BAR_MIB
    print(
        f"growth for ten times the rows: {growth:.1f} MiB; bar {GROWTH_BAR_MIB:.0f} MiB: {'met' if met else 'MISSED'}"
    )
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="measured runs of rescore")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the long file")
    parser.add_argument("--replay", default="*.jsonl", help="which of MATH-Vision's released runs are replayed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rfteval-perf-") as folder:
        met = [rescore(Path(folder), options.repeats), replay(Path(folder), options.replay)]
        met.append(grade(Path(folder), options.rows))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
