"""What a run is, in a few words: for the top of its page and for lists of runs. Pure."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rfteval.stored_run import StoredRun


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
