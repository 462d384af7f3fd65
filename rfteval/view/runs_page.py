"""The page that lists the runs of a folder: sortable, filterable, with two of them to be chosen for a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from rfteval.pages.page import render, render_page
from rfteval.pages.panels.head import date_of, model_of
from rfteval.view.runs import FoundRun

SCRIPTS = ("dom.js", "runs.js")
STYLES = ("base.css", "runs.css")


def runs_page(root: str, runs: Sequence[FoundRun], message: str = "") -> str:
    """The whole page. `message` is shown at its top."""
    rows = [_row(run) for run in runs if not run.problem]
    problems = [(run.name, run.problem) for run in runs if run.problem]
    body = render("runs.html", root=root, rows=rows, problems=problems, message=message)
    return render_page(title=f"Runs in {root}", body=body, scripts=SCRIPTS, styles=STYLES, forms=True)


def _row(run: FoundRun) -> dict[str, Any]:
    overall = run.report["overall"]
    low, high = overall.get("interval_95") or (None, None)
    return {
        "name": run.name,
        "link": f"/run?{urlencode({'name': run.name}, errors='replace')}" if run.page else None,
        "benchmark": run.report["benchmark"],
        "split": run.report["split"],
        "model": model_of(run.report["settings"]),
        "profile": run.report["profile"],
        "accuracy": overall.get("accuracy"),
        "low": low,
        "high": high,
        "scored": overall.get("scored", 0),
        "unscored": overall.get("unscored", 0),
        "date": date_of(run.facts) if run.facts.get("began_unix_s") else "",
        "time": float(run.facts.get("began_unix_s") or 0),
    }
