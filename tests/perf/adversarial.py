"""Hostile responses through our `verify`: code that runs, false rewards, time and memory, in several threads.

    python tests/perf/adversarial.py [--show-disagreements 20]

Runs in an empty folder. A code execution is a file that a check left there, or an audit event (PEP 578) of starting a
process, opening a file for writing or evaluating text, raised while a check ran.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from labelled import DEFAULT_DATA, Row, Tally, load_rows

from reward_service import verify

_WARM_UP = (("\\sqrt{8}", "2\\sqrt{2}"), ("x^2+2x+1", "(x+1)^2"), ("\\{1,2\\}", "2, 1"), ("x>1", "(1,\\infty)"))
_EVENTS = ("os.system", "subprocess.Popen", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "pty.spawn")


@dataclass(slots=True)
class Watch:
    """What an audit hook saw while `active`; the hook cannot be removed, so it is switched."""

    active: bool = False
    events: list[str] = field(default_factory=list)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Record the events that no check may raise."""
        if not self.active:
            return
        opens_for_writing = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        # the import system compiles files under their own names; eval, exec and ast.parse use a name in brackets
        evaluates_text = event == "compile" and str(arguments[1]).startswith("<")
        if event in _EVENTS or opens_for_writing or evaluates_text:
            self.events.append(f"{event}{str(arguments)[:100]}")


def main() -> None:
    """Run every row in the main thread and in another one, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", default=str(DEFAULT_DATA), help="folder of the labelled pairs")
    parser.add_argument("--show-disagreements", type=int, default=0, metavar="N")
    options = parser.parse_args()
    rows = list(load_rows(Path(options.data), "adversarial"))
    sys.dont_write_bytecode = True  # a first import during a check must not look like a payload that writes
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for gold, answer in _WARM_UP:
            verify(f"The answer is $\\boxed{{{answer}}}$.", gold)
        sys.addaudithook(watch.hook)
        places = ("main thread", "other thread")
        met = [_run(place, rows, watch, Path(folder), options.show_disagreements) for place in places]
        os.chdir("/")
    if not all(met):
        sys.exit("bars missed: 0 executions, 0 false positives, at most 5 % false negatives, 1 s, 256 MB")


def _run(place: str, rows: list[Row], watch: Watch, folder: Path, shown: int) -> bool:
    """Run every row in one place and print the line; whether every bar was met there."""
    tally = Tally()
    walls: list[tuple[float, str]] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for row in rows:
        answer: dict[str, Any] = {}
        if place == "main thread":
            _check(row, watch, answer)
        else:
            thread = threading.Thread(target=_check, args=(row, watch, answer), daemon=True)
            thread.start()
            thread.join(60)
            answer.setdefault("status", "HUNG")
            answer.setdefault("wall_s", 60.0)
        walls.append((answer["wall_s"], row.id))
        if row.expected is None:
            continue
        tally.add(row.expected, answer.get("correct"), answer["status"])
        if answer.get("correct") != row.expected and shown > 0 and place == "main thread":
            shown -= 1
            kind = "unscored" if answer.get("correct") is None else "FN" if row.expected else "FP"
            print(f"  {kind} {row.id} {row.category} gold={row.gold[:60]!r} response={row.response[:110]!r} {answer}")
    extra = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    left = [path.name for path in folder.iterdir()]
    negatives = tally.total - tally.positives
    slowest = max(walls)
    print(
        f"{place:<13} rows {tally.total}  code executions {len(watch.events) + len(left)}  "
        f"FP {tally.false_positive}/{negatives}  FN {tally.false_negative}/{tally.positives}  "
        f"unscored {tally.unscored} {dict(sorted(tally.statuses.items()))}  "
        f"max wall {1000 * slowest[0]:.0f} ms ({slowest[1]})  extra memory {extra:.0f} MB"
    )
    for event in [*watch.events[:10], *left[:10]]:
        print(f"  executed: {event}")
    clean = not watch.events and not left and not tally.false_positive
    return clean and 20 * tally.false_negative <= tally.positives and slowest[0] <= 1.0 and extra <= 256


def _check(row: Row, watch: Watch, answer: dict[str, Any]) -> None:
    watch.active = True
    started = time.perf_counter()
    verdict = verify(row.response, row.gold, choices=dict(row.choices) or None, kind=row.kind)
    answer["wall_s"] = time.perf_counter() - started
    watch.active = False
    answer["correct"] = verdict.correct if verdict.status.scored else None
    answer["status"] = verdict.status.name
    answer["extracted"] = (verdict.extracted or "")[:80]
    answer["rule"] = f"{verdict.extraction_rule}/{verdict.rule}"
    answer["reason"] = verdict.reason[:120]


if __name__ == "__main__":
    main()
