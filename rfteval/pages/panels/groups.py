"""Accuracy by the benchmark's groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rfteval.pages.page import render
from rfteval.pages.panels.panel import Panel
from rfteval.stored_run import StoredRun

SHOWN_GROUPS = 12


def groups(run: StoredRun, link: Callable[[str, str], str]) -> Panel | None:
    """Accuracy by the benchmark's groups."""
    found = [
        {
            "name": key.replace("_", " "),
            "rows": [_row(value, tally, link(key, value)) for value, tally in values.items()],
        }
        for key, values in run.report["breakdowns"].items()
        if len(values) > 1
    ]
    if not found:
        return None
    return Panel(
        id="groups",
        title="Groups",
        lead="Accuracy of each group with its 95 % interval. A group's name leads to its samples.",
        body=render("breakdowns.html", groups=found, shown=SHOWN_GROUPS),
    )


def _row(name: str, tally: Mapping[str, Any], link: str) -> dict[str, Any]:
    low, high = tally["interval_95"] or (None, None)
    return {
        "name": name,
        "link": link,
        "accuracy": tally["accuracy"],
        "low": low,
        "high": high,
        "scored": tally["scored"],
        "unscored": tally["unscored"],
    }
