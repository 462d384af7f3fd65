"""What a control took of the score: its run beside the baseline, and the difference with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rfteval.pages.page import render
from rfteval.pages.panels.panel import Panel
from rfteval.pages.wording import count, points
from rfteval.stored_run import StoredRun


def control(run: StoredRun) -> Panel | None:
    """The comparison that a control run was made with; None where there is none. Reads comparison.json alone."""
    if run.comparison is None:
        return None
    pair = run.comparison["pairs"][0]
    found = pair["difference"]
    body = render(
        "control.html",
        gap=found["estimate"]["mean"],
        interval=found["estimate"]["interval"],
        questions=found["estimate"]["count"],
        rows=[_row(side) for side in run.comparison["runs"]],
        tiles=list(_tiles(pair)),
        notes=run.comparison["notes"],
    )
    lead = f"What the control {pair['control']} changes: this run minus the same run without it, question by question."
    return Panel(id="control", title="Control", lead=lead, body=body)


def _row(side: Mapping[str, Any]) -> dict[str, Any]:
    overall = side["overall"]
    low, high = overall["interval"] or (None, None)
    return {
        "name": f"{side['name']} ({side['settings'].get('control') or 'baseline'})",
        "link": None,
        "accuracy": overall["accuracy"],
        "low": low,
        "high": high,
        "scored": overall["scored"],
        "unscored": overall["items"] - overall["scored"],
    }


def _tiles(pair: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Numbers that stand beside the difference."""
    found, flips = pair["difference"], pair["flips"]
    if found["p_value"] is not None:
        yield {"name": "p", "value": _p(found["p_value"]), "note": "of no difference, clustered t-test"}
    if flips is not None:
        value = f"{count(flips['gained'])} gained, {count(flips['lost'])} lost"
        yield {"name": "questions", "value": value, "note": f"McNemar p {_p(flips['p_value'])}"}
    if found["resampled"] is not None:
        low, high = found["resampled"]["interval"]
        yield {"name": "bootstrap", "value": f"{points(low)} to {points(high)}", "note": "95 % interval, points"}
    if found["detectable"] is not None:
        note = "would be found in four of five cases"
        yield {"name": "detectable", "value": f"{found['detectable'] * 100:.1f} points", "note": note}
    if pair["left_out"]:
        yield {"name": "left out", "value": count(pair["left_out"]), "note": "questions that only one has a score for"}


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "under 0.001"
