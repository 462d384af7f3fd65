"""Speed of our `verify` beside Math-Verify on a mixed set, and on very long responses, in one run.

    python tests/perf/speed.py --only ours
    python tests/perf/speed.py                       (beside Math-Verify; installs it in runs/peers)

Rows alternate between ours and the peer, so that both see the same machine at the same moment. Times are CPU time of
the check alone, measured inside the process that runs it; imports and the first rows are a warm-up and not counted.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from labelled import DEFAULT_DATA, Row, load_rows
from peer_process import Peer, ensure_environment

from reward_service import verify

_WARM_UP_ROWS = 40
_BAR_RATIO = 10.0
_BAR_P99_MS = 25.0
_BAR_LONG_MEDIAN_MS = 1.0
_FILLERS = {
    "prose": "We look at the next case and note that the earlier bound still holds, so nothing changes here. ",
    "mathematics": r"Then $x_{1} = \frac{3}{4} + 2\sqrt{5}$ and \( y = 17 \), hence $\left(x, y\right)$ is fixed. ",
    "numbers": "12 + 7 = 19, 19 * 3 = 57, 57 / 2 = 28.5; 1,204 and 3.75 and 88%. ",
    "lines": "- Step: the total is 42.\n- Option (B) seems wrong.\n\n",
    "boxes": r"First I thought \boxed{7}, then again I doubted it. ",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", default=str(DEFAULT_DATA), help="folder of the labelled pairs")
    parser.add_argument("--only", choices=("ours", "all"), default="all", help="ours: without the peer")
    parser.add_argument("--peer", default="math-verify")
    parser.add_argument("--peers-python", default="", help="interpreter that has the peers (else runs/peers is made)")
    parser.add_argument("--rows", type=int, default=1000, help="how many rows of timing.jsonl")
    parser.add_argument("--slowest", type=int, default=0, metavar="N", help="print our N slowest rows")
    options = parser.parse_args()
    rows = list(load_rows(Path(options.data), "timing"))[: options.rows]
    for row in rows[:_WARM_UP_ROWS]:
        _check(row)
    print(f"{'':<34}{'checks/CPU-s':>13}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}")
    missed = []
    if options.only == "all":
        ours, theirs = _alternate(rows, options.peers_python or ensure_environment(), options.peer)
        _print_times(f"mixed set, {options.peer}", theirs)
        ratio = sum(theirs) / sum(ours)
        print(f"ours / {options.peer}: {ratio:.1f} times as many checks per CPU-second (bar {_BAR_RATIO})")
        if ratio < _BAR_RATIO:
            missed.append("ratio")
    else:
        ours = [_check(row) for row in rows]
    if _print_times("mixed set, ours", ours)[1] > _BAR_P99_MS:
        missed.append("p99")
    for size in (30_000, 1_000_000):
        for name, responses in _long_responses(size, 20 if size < 100_000 else 3):
            median, _ = _print_times(f"{size:,} characters, {name}", [_time(text, "42") for text in responses])
            if size == 30_000 and median > _BAR_LONG_MEDIAN_MS:
                missed.append(f"median of long responses, {name}")
    for seconds, row in sorted(zip(ours, rows, strict=True), key=lambda pair: -pair[0])[: options.slowest]:
        print(f"{1000 * seconds:8.2f} ms  {row.id}  gold={row.gold[:80]!r}  response=...{row.response[-80:]!r}")
    if missed:
        sys.exit(f"bars missed: {', '.join(missed)}")


def _alternate(rows: list[Row], python: str, name: str) -> tuple[list[float], list[float]]:
    ours, theirs = [], []
    with Peer(python, name, limit_s=30.0) as peer:
        for row in rows[:_WARM_UP_ROWS]:
            peer.judge(row)
        for row in rows:
            ours.append(_check(row))
            theirs.append(peer.judge(row)["cpu_s"])
    return ours, theirs


def _check(row: Row) -> float:
    golds = [row.gold, *row.alternatives] if row.alternatives else row.gold
    started = time.process_time()
    verify(row.response, golds, choices=dict(row.choices) or None, question=row.question or None, kind=row.kind)
    return time.process_time() - started


def _time(response: str, gold: str) -> float:
    started = time.process_time()
    verify(response, gold)
    return time.process_time() - started


def _long_responses(size: int, count: int) -> Iterator[tuple[str, list[str]]]:
    """Per kind of filler, responses of `size` characters that end in an answer, and one kind that has none."""
    for name, filler in _FILLERS.items():
        body = filler * (size // len(filler))
        yield name, [f"{body[: size - 60]}\nSo the answer is \\boxed{{{40 + index % 5}}}." for index in range(count)]
    filler = _FILLERS["prose"]
    yield "no answer", [filler * (size // len(filler))] * count


def _print_times(name: str, seconds: list[float]) -> tuple[float, float]:
    """Print one line; (median, 99th percentile) in milliseconds."""
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    rate = len(ordered) / max(sum(ordered), 1e-9)
    print(f"{name:<34}{rate:>13.0f}{at(0.5):>10.3f}{at(0.99):>10.2f}{1000 * ordered[-1]:>10.2f}", flush=True)
    return at(0.5), at(0.99)


if __name__ == "__main__":
    main()
