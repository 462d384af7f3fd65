"""A report as JSON, and files written so that a reader never sees half of one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rfteval.errors import OutputError
from rfteval.metrics import Tally
from rfteval.report.agreement import Agreement
from rfteval.report.build import Report

SCHEMA = "rfteval.report/1"
REPORT_FILE = "report.json"
RUN_FILE = "run.json"
PAGE_FILE = "report.html"
MARKDOWN_FILE = "report.md"


def report_to_json(report: Report) -> dict[str, object]:
    """The report as JSON values; every accuracy stands beside its count of unscored items."""
    agreement = report.agreement
    return {
        "schema": SCHEMA,
        "benchmark": report.benchmark,
        "split": report.split,
        "profile": report.profile,
        "settings": dict(report.settings),
        "verifiers": [{"name": v.name, "version": v.version, "digest": v.digest} for v in report.verifiers],
        "samples": report.samples,
        "metrics": [asdict(metric) for metric in report.metrics],
        "overall": tally_to_json(report.overall),
        "statuses": dict(report.statuses),
        "breakdowns": {
            key: {value: tally_to_json(group) for value, group in groups.items()}
            for key, groups in report.breakdowns.items()
        },
        "unscored_items": [
            {"id": item.sample_id, "index": item.index, "status": item.status, "reason": item.reason}
            for item in report.unscored_items
        ],
        "intake": {
            "missing_responses": _listed(report.missing),
            "unknown_ids": _listed(report.unknown),
            "duplicate_ids": _listed(report.duplicates),
        },
        "official": None if agreement is None else _agreement_to_json(agreement),
    }


def tally_to_json(tally: Tally) -> dict[str, object]:
    """A tally as JSON values; `unscored` is the number and `unscored_by_status` what it is made of."""
    return {
        "accuracy": tally.accuracy,
        "interval_95": None if tally.interval is None else list(tally.interval),
        "items": tally.items,
        "scored": tally.scored,
        "scored_samples": tally.samples,
        "unscored": tally.items - tally.scored,
        "unscored_by_status": dict(tally.unscored),
    }


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write `value` to `path` at once: a reader finds the old file or the new one. Raises OutputError."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as handle:
            json.dump(value, handle, indent=2, ensure_ascii=True)
            handle.write("\n")
            handle.flush()
            os.fsync(handle.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"cannot write {path}: {error.strerror}; the journal is safe: make room and run the same command again"
        ) from None


def _agreement_to_json(agreement: Agreement) -> dict[str, object]:
    return {**asdict(agreement), "differences": [asdict(difference) for difference in agreement.differences]}


def _listed(ids: tuple[str, ...]) -> dict[str, object]:
    return {"count": len(ids), "ids": list(ids)}
