"""Which options were picked where which were right."""

from __future__ import annotations

from rfteval.pages.choices import NONE, confusion, totals
from rfteval.pages.page import render
from rfteval.pages.panels.panel import Panel
from rfteval.pages.wording import percent
from rfteval.stored_run import StoredRun


def options(run: StoredRun) -> Panel | None:
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
