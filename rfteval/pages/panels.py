"""The panels of a run's page, each a function of the stored run; one that has nothing to show is None."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from rfteval.pages.charts import Segment, columns, legend, lines, stacked_bar
from rfteval.pages.choices import NONE, confusion, totals
from rfteval.pages.length_curves import Lengths, measure
from rfteval.pages.page import render
from rfteval.pages.wording import percent
from rfteval.stored_run import StoredRun

SHOWN_GROUPS = 12
STATUS_SEGMENTS = {
    "CORRECT": ("correct", "right"),
    "PARTIAL": ("partly correct", "partial"),
    "INCORRECT": ("wrong", "wrong"),
    "NO_ANSWER": ("no answer", "none"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One section of a page: where links lead to it, its heading, a sentence under that, and what it shows."""

    id: str
    title: str
    body: Markup
    lead: str = ""


def run_head(run: StoredRun) -> dict[str, Any]:
    """What a run is, for the top of its page and for lists of runs."""
    settings = run.report["settings"]
    pairs = [("model", model_of(settings)), ("profile", run.report["profile"])]
    if "prompt" in settings:
        pairs.append(("prompt", settings["prompt"]))
    if "control" in settings:
        pairs.append(("control", settings["control"]))
    pairs += [("samples", f"{run.report['samples']:,}"), ("date", date_of(run.facts))]
    return {
        "benchmark": run.report["benchmark"],
        "split": run.report["split"],
        "model": model_of(settings),
        "pairs": pairs,
    }


def model_of(settings: Mapping[str, Any]) -> str:
    """The model's name, or that responses were stored."""
    return str(settings.get("model") or "stored responses")


def date_of(facts: Mapping[str, Any]) -> str:
    """When the run began, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(facts.get("began_unix_s", 0)))


def overview(run: StoredRun) -> Panel:
    """The score with its interval, what it is made of, and what a reader must know about it."""
    overall = run.report["overall"]
    segments = anatomy(run.report)
    body = render(
        "overview.html",
        accuracy=overall["accuracy"],
        interval=overall["interval_95"],
        interval_note="",
        scored=overall["scored"],
        unscored=overall["unscored"],
        unscored_detail=", ".join(f"{status} {number}" for status, number in overall["unscored_by_status"].items()),
        tiles=[],
        bar=stacked_bar(segments),
        segments=[segment for segment in segments if segment.number],
        total=sum(segment.number for segment in segments),
        warnings=warnings_of(run.report),
    )
    return Panel(id="overview", title="Accuracy", body=body)


def anatomy(report: Mapping[str, Any]) -> list[Segment]:
    """Every response once: what the score is made of, and what is missing from it."""
    counts = dict(report["statuses"])
    segments = [
        Segment(name=name, number=counts.pop(status, 0), kind=kind) for status, (name, kind) in STATUS_SEGMENTS.items()
    ]
    return [*segments, Segment(name="unscored", number=sum(counts.values()), kind="unscored")]


def warnings_of(report: Mapping[str, Any]) -> list[str]:
    """What did not fit together or makes the score doubtful."""
    found = [str(warning) for warning in report.get("warnings", ())]
    words = {
        "missing_responses": "samples have no response",
        "unknown_ids": "responses belong to unknown samples and are not scored",
        "duplicate_ids": "responses are duplicates; the first one counts",
    }
    for key, what in words.items():
        listed = report["intake"][key]
        if listed["count"]:
            some = ", ".join(listed["ids"][:5]) + (", …" if listed["count"] > 5 else "")
            found.append(f"{listed['count']} {what} ({some})")
    return found


def breakdowns(run: StoredRun, link: Callable[[str, str], str]) -> Panel | None:
    """Accuracy by the benchmark's groups."""
    groups = [
        {
            "name": key.replace("_", " "),
            "rows": [_row(value, tally, link(key, value)) for value, tally in values.items()],
        }
        for key, values in run.report["breakdowns"].items()
        if len(values) > 1
    ]
    if not groups:
        return None
    return Panel(
        id="groups",
        title="Groups",
        lead="Accuracy of each group with its 95 % interval. A group's name leads to its samples.",
        body=render("breakdowns.html", groups=groups, shown=SHOWN_GROUPS),
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


def choices(run: StoredRun) -> Panel | None:
    """Which options were picked where which were right."""
    found = confusion(
        (each.sample.reference, item.extracted) for each, item, _ in run.items() if item.score is not None
    )
    if found is None:
        return None
    right, picked = totals(found)
    rows = [
        {
            "label": gold,
            "total": right[place],
            "cells": [
                {
                    "count": number or "",
                    "heat": _heat(number, right[place]),
                    "same": label == gold,
                    "none": label == NONE,
                    "title": f"{gold} was right, {label} was picked: {number} ({percent(number / right[place])})",
                }
                for label, number in zip(found.picked, numbers, strict=True)
            ],
        }
        for place, (gold, numbers) in enumerate(zip(found.gold, found.counts, strict=True))
    ]
    body = render("choices.html", picked=found.picked, rows=rows, picked_totals=picked)
    return Panel(
        id="options",
        title="Options",
        lead="Multiple-choice questions: a model that prefers a letter shows here as a dark column.",
        body=body,
    )


def _heat(number: int, total: int) -> int:
    """Shades from 0 (none) to 4 (more than 60 % of the row)."""
    part = number / total if total else 0
    return 0 if number == 0 else 1 + (part > 0.15) + (part > 0.35) + (part > 0.6)


def lengths(run: StoredRun) -> Panel | None:
    """How long responses are, and how accuracy goes with it."""
    found = measure((item, record) for _, item, record in run.items())
    if found is None:
        return None
    charts = [_histogram(found)]
    if found.curve:
        chart = lines(
            [found.curve_line()],
            x_label=f"{found.unit} in the response",
            y_label="accuracy",
            written=lambda value: percent(value, 0),
            logarithmic=found.logarithmic,
            from_zero=True,
            marks=True,
        )
        note = "Equal parts of the responses in order of length, each at its median length, with 95 % intervals."
        charts.append(Markup("<h3>Accuracy by length</h3>") + Markup('<p class="note">{}</p>').format(note) + chart)
    body = Markup('<div class="panels">{}</div>').format(
        Markup("").join(Markup('<div class="panel">{}</div>').format(chart) for chart in charts)
    )
    return Panel(id="lengths", title="Lengths", body=body)


def _histogram(found: Lengths) -> Markup:
    layers = [(name, kind, numbers) for name, kind, numbers in found.layers if sum(numbers)]
    chart = columns(
        found.edges,
        layers,
        x_label=f"{found.unit} in the response",
        y_label="responses",
        logarithmic=found.logarithmic,
    )
    note = f"Median {found.median:,.0f}, longest {found.longest:,.0f} {found.unit}."
    return (
        Markup("<h3>Length of the responses</h3>")
        + Markup('<p class="note">{}</p>').format(note)
        + chart
        + legend({name: kind for name, kind, _ in layers})
    )


def facts(run: StoredRun) -> Panel:
    """Settings, versions, digests: what the number was made with."""
    groups = [
        {"name": "Settings", "rows": _flat(run.report["settings"], skip=("verifiers",))},
        {
            "name": "Verifiers",
            "rows": [(each["name"], f"{each['version']}, digest {each['digest']}") for each in run.report["verifiers"]],
        },
        {"name": "This sitting", "rows": _flat(run.facts, skip=("settings", "versions", "schema"))},
        {"name": "Versions", "rows": _flat(run.facts.get("versions", {}))},
    ]
    body = render("facts.html", groups=[group for group in groups if group["rows"]])
    return Panel(id="facts", title="Facts", lead="What the number was made with.", body=body)


def _flat(values: Mapping[str, Any], skip: tuple[str, ...] = (), prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in values.items():
        if name in skip or value is None or value == {} or value == []:
            continue
        if isinstance(value, Mapping):
            rows += _flat(value, prefix=f"{prefix}{name}.")
        elif isinstance(value, list):
            rows.append((prefix + name, " ".join(str(part) for part in value)))
        else:
            rows.append((prefix + name, f"{value:.6g}" if isinstance(value, float) and value < 1e6 else str(value)))
    return rows
