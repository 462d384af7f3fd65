"""Settings, versions, digests: what the number was made with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rfteval.pages.page import render
from rfteval.pages.panels.panel import Panel
from rfteval.stored_run import StoredRun


def facts(run: StoredRun) -> Panel:
    """Settings, versions, digests: what the number was made with."""
    groups = [
        {"name": "Settings", "rows": flat_rows(run.report["settings"], skip=("verifiers",))},
        {
            "name": "Verifiers",
            "rows": [(each["name"], f"{each['version']}, digest {each['digest']}") for each in run.report["verifiers"]],
        },
        {"name": "Statistics", "rows": flat_rows(run.report.get("statistics") or {}, skip=("repeats", "rotations"))},
        {"name": "This sitting", "rows": flat_rows(run.facts, skip=("settings", "versions", "schema"))},
        {"name": "Versions", "rows": flat_rows(run.facts.get("versions", {}))},
    ]
    body = render("facts.html", groups=[group for group in groups if group["rows"]])
    return Panel(id="facts", title="Facts", lead="What the number was made with.", body=body)


def flat_rows(values: Mapping[str, Any], skip: tuple[str, ...] = (), prefix: str = "") -> list[tuple[str, str]]:
    """(dotted name, value) of everything that is set; a list of mappings is numbered."""
    rows: list[tuple[str, str]] = []
    for name, value in values.items():
        if name in skip or value is None or value == {} or value == []:
            continue
        if isinstance(value, Mapping):
            rows += flat_rows(value, prefix=f"{prefix}{name}.")
        elif isinstance(value, list) and all(isinstance(part, Mapping) for part in value):
            for number, part in enumerate(value):
                rows += flat_rows(part, prefix=f"{prefix}{name}[{number}].")
        elif isinstance(value, list):
            rows.append((prefix + name, " ".join(str(part) for part in value)))
        else:
            rows.append((prefix + name, f"{value:.6g}" if isinstance(value, float) and value < 1e6 else str(value)))
    return rows
