"""The page of two runs side by side: scores over the pairs that both scored, who was right where, and every pair."""

from __future__ import annotations

from typing import Any

from rfteval.pages.charts import Segment, stacked_bar
from rfteval.pages.gallery import StoredGallery
from rfteval.pages.page import render, render_page
from rfteval.pages.panels.head import model_of
from rfteval.view.runs import FoundRun
from rfteval.view.side_by_side import Pairs, pair

SCRIPTS = ("dom.js", "sample.js", "gallery.js", "diff.js")
STYLES = ("base.css", "gallery.css", "diff.css")
COLOURS = {"first": "line-1", "second": "line-3", "both": "right-soft", "neither": "none", "unscored": "unscored"}


def diff_page(first: FoundRun, second: FoundRun, galleries: tuple[StoredGallery, StoredGallery]) -> str:
    """The whole page."""
    found = pair(*galleries)
    names = {"first": "only A is right", "second": "only B is right", "both": "both right", "neither": "both wrong"}
    segments = [
        Segment(name={**names, "unscored": "unscored in either"}[kind], number=number, kind=COLOURS[kind])
        for kind, number in found.counts.items()
    ]
    body = render(
        "diff.html",
        sides=[_side("A", first), _side("B", second)],
        found=found,
        gap=None if found.first is None or found.second is None else found.second - found.first,
        bar=stacked_bar(segments) if any(segment.number for segment in segments) else "",
        segments=[segment for segment in segments if segment.number],
        total=sum(found.counts.values()),
        notes=_notes(first, second, found),
    )
    groups = {
        key: sorted({value for sample in galleries[0].samples for value in sample["tags"].get(key, ())})
        for key in first.report.get("breakdowns", {})
    }
    return render_page(
        title=f"{first.name} | {second.name}",
        body=body,
        blocks={"pairs": found.data, "groups": groups},
        scripts=SCRIPTS,
        styles=STYLES,
    )


def _side(letter: str, run: FoundRun) -> dict[str, Any]:
    overall = run.report["overall"]
    low, high = overall.get("interval_95") or (None, None)
    return {
        "letter": letter,
        "name": run.name,
        "model": model_of(run.report["settings"]),
        "what": f"{run.report['benchmark']} {run.report['split']}, profile {run.report['profile']}",
        "accuracy": overall.get("accuracy"),
        "low": low,
        "high": high,
        "scored": overall.get("scored", 0),
        "unscored": overall.get("unscored", 0),
    }


def _notes(first: FoundRun, second: FoundRun, found: Pairs) -> list[str]:
    """What makes the two less comparable than they look."""
    notes = []
    for name in ("benchmark", "split", "profile"):
        if first.report[name] != second.report[name]:
            notes.append(f"The {name}s differ: {first.report[name]} and {second.report[name]}.")
    settings = first.report["settings"], second.report["settings"]
    for name, what in (("samples_sha256", "Questions or references"), ("verifiers", "The verifiers' digests")):
        if settings[0].get(name) != settings[1].get(name):
            notes.append(f"{what} differ between the runs.")
    for number, letter in ((found.only_first, "A"), (found.only_second, "B")):
        if number:
            notes.append(f"{number:,} responses are only in {letter} and not compared.")
    return notes
