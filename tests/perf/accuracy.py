"""Agreement of our `verify` with people's labels, file by file, beside three peers in one run.

    python tests/perf/accuracy.py --only ours --files hardverify math_verify_tests --show-disagreements 20
    python tests/perf/accuracy.py                       (everything, beside the peers; installs them in runs/peers)

Rows with a `policy` note are counted apart. Every disagreement of ours goes to `<out>/disagreements.jsonl`.
Peers run in their own interpreter (tests/perf/peers.py) under a wall-clock limit per check.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from labelled import ACCURACY_FILES, DEFAULT_DATA, ROOT, Row, Tally, in_half, load_rows, wilson_interval
from peer_process import ensure_environment, judge_rows

from reward_service import verify
from reward_service.types import Verdict

_WIDTHS = (5, 8, 18, 6, 5, 6, 8)
# (file, multiple choice) → (least agreement in %, most false positives in %). The bars are for data not seen here, so
# meeting them on this data is necessary and not sufficient.
_BARS = {
    ("hardverify", False): (95.0, 0.5),
    **{
        (name, False): (95.0, 5.0)
        for name in ("math_verify_tests", "lighteval_tests", "nemo_skills", "simple_evals", "trl_openr1", "rllm")
    },
    ("math_rewrites", False): (99.9, 0.0),
    ("gsm8k_6b", False): (99.8, 0.2),
    **{(name, True): (98.0, 2.0) for name in ("mathvista_mcq", "mmmu_pro", "mmmu_val", "mathv_cot")},
    ("adversarial", False): (98.0, 0.0),
}


class CheckHung(Exception):
    """One of our own checks ran over the harness's wall-clock limit: a defect, counted as unscored."""


def main() -> None:
    """Run the table."""
    options = _options()
    signal.signal(signal.SIGALRM, _on_alarm)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    judges = ["ours"] if options.only == "ours" else ["ours", *options.peers]
    heads = ("rows", "right %", "95 % interval", "FP", "FN", "unsc.", "s")
    print(
        f"{'file':<29}{'judge':<12}" + "".join(f"{head:>{width}}" for head, width in zip(heads, _WIDTHS, strict=True))
    )
    missed = False
    with (out / "disagreements.jsonl").open("w", encoding="utf-8") as sink:
        for name in options.files:
            rows = [row for row in load_rows(Path(options.data), name) if in_half(row, options.half)]
            rows = [row for row in rows if options.match in row.id or options.match in row.note]
            rows = [row for row in rows if options.kind in ("", row.kind)]
            for judge in judges:
                results, seconds = _judge(judge, rows, options)
                missed |= _print_tallies(name, judge, rows, results, seconds)
                if judge == "ours":
                    _report_disagreements(rows, results, sink, options.show_disagreements)
    print(f"disagreements of ours: {out / 'disagreements.jsonl'}")
    if missed:
        sys.exit("a bar was missed")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", nargs="+", default=list(ACCURACY_FILES), help="names without .jsonl")
    parser.add_argument("--data", default=str(DEFAULT_DATA), help="folder of the labelled pairs")
    parser.add_argument("--out", default=str(ROOT / "runs" / "accuracy"), help="folder for disagreements.jsonl")
    parser.add_argument("--only", choices=("ours", "all"), default="all", help="ours: no peers")
    parser.add_argument("--peers", nargs="+", default=["math-verify", "mathruler", "inspect-ai"])
    parser.add_argument("--peers-python", default="", help="interpreter that has the peers (else runs/peers is made)")
    parser.add_argument("--half", choices=("all", "dev", "heldout"), default="all", help="a fixed half by id")
    parser.add_argument("--kind", default="", help="only rows of this kind: full_response or expression")
    parser.add_argument("--match", default="", help="only rows whose id or note contains this")
    parser.add_argument("--show-disagreements", type=int, default=0, metavar="N", help="print the first N of each file")
    parser.add_argument("--limit-s", type=float, default=10.0, help="wall-clock limit of one check")
    options = parser.parse_args()
    if options.only == "all" and not options.peers_python:
        options.peers_python = ensure_environment()
    return options


def _judge(judge: str, rows: list[Row], options: argparse.Namespace) -> tuple[list[dict[str, Any]], float]:
    started = time.perf_counter()
    if judge == "ours":
        results = [_ours(row, options.limit_s) for row in rows]
    else:
        results = judge_rows(options.peers_python, judge, rows, options.limit_s)
    return results, time.perf_counter() - started


def _ours(row: Row, limit_s: float) -> dict[str, Any]:
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        verdict = check_row(row)
    except CheckHung:
        return {"correct": None, "status": "HUNG"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return {
        "correct": verdict.correct if verdict.status.scored else None,
        "status": verdict.status.name,
        "extracted": verdict.extracted,
        "rule": verdict.rule,
        "extraction_rule": verdict.extraction_rule,
        "reason": verdict.reason,
    }


def check_row(row: Row) -> Verdict:
    """Our verdict on one row, with the defaults that everybody gets."""
    golds = [row.gold, *row.alternatives] if row.alternatives else row.gold
    return verify(row.response, golds, choices=dict(row.choices) or None, question=row.question or None, kind=row.kind)


def _on_alarm(signum: int, frame: FrameType | None) -> None:
    raise CheckHung


def _print_tallies(name: str, judge: str, rows: list[Row], results: list[dict[str, Any]], seconds: float) -> bool:
    """One line per group: free or multiple choice, with or without a policy question. Whether a bar was missed."""
    mixed = len({bool(row.choices) for row in rows}) > 1
    groups: dict[tuple[bool, bool], Tally] = {}
    for row, result in zip(rows, results, strict=True):
        if row.expected is not None:
            group = groups.setdefault((bool(row.policy), bool(row.choices)), Tally())
            group.add(row.expected, result["correct"], result["status"])
    missed = False
    for (policy, choices), tally in sorted(groups.items()):
        label = name + (" choice" if choices else " free") * mixed + " (policy)" * policy
        low, high = wilson_interval(tally.right, tally.total)
        bar = None if policy or judge != "ours" else _BARS.get((name, choices))
        wrong = tally.total - tally.right  # one row of a file of ten decides nothing
        under = bar is not None and (
            (wrong > 1 and 100 * tally.right < bar[0] * tally.total)
            or 100 * tally.false_positive > max(bar[1] * tally.total, 100 * (bar[1] > 1))
        )
        missed = missed or under
        print(
            f"{label:<29.29}{judge:<12}{tally.total:>5}{100 * tally.right / tally.total:>8.2f}"
            f"  [{100 * low:6.2f},{100 * high:6.2f}]{tally.false_positive:>6}{tally.false_negative:>5}"
            f"{tally.unscored:>6}{'' if policy else f'{seconds:>8.1f}'}"
            + (f"  bar {bar[0]} {'MISSED' if under else 'met'}" if bar else ""),
            flush=True,
        )
        seconds = 0.0
    return missed


def _name(row: Row, result: dict[str, Any]) -> str:
    if result["correct"] is None:
        return "unscored"
    return "FN" if row.expected else "FP"


def _report_disagreements(rows: list[Row], results: list[dict[str, Any]], sink: Any, shown: int) -> None:
    for row, result in zip(rows, results, strict=True):
        if row.expected is None or result["correct"] == row.expected:
            continue
        line = {
            "file": row.file,
            "id": row.id,
            "expected": row.expected,
            "policy": row.policy,
            **result,
            "gold": row.gold,
            "alternatives": row.alternatives,
            "choices": dict(row.choices),
            "response": row.response[:4000],
            "question": row.question,
            "note": row.note,
        }
        sink.write(json.dumps(line, ensure_ascii=False) + "\n")
        if shown > 0:
            shown -= 1
            print(
                f"  {_name(row, result)} {row.id} {'[' + row.policy[:20] + '] ' if row.policy else ''}"
                f"gold={row.gold[:120]!r} extracted={str(result.get('extracted'))[:120]!r} {result['status']} "
                f"rule={result.get('extraction_rule')}/{result.get('rule')} reason={str(result.get('reason'))[:160]}\n"
                f"     response=...{row.response[-160:]!r}"
            )


if __name__ == "__main__":
    main()
