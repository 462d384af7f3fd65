"""A report as JSON, and files written so that a reader never sees half of one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rfteval.anatomy import Anatomy
from rfteval.budgets import Curve
from rfteval.errors import OutputError
from rfteval.metrics import Tally
from rfteval.precision import Precision
from rfteval.report.agreement import Agreement
from rfteval.report.build import Report
from rfteval.second_opinion import SecondOpinion

SCHEMA = "rfteval.report/1"
REPORT_FILE = "report.json"
RUN_FILE = "run.json"
PAGE_FILE = "report.html"
MARKDOWN_FILE = "report.md"
COMPARISON_FILE = "comparison.json"  # in the folder of a control run: what it took of its baseline


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
        "warnings": list(report.warnings),
        "anatomy": anatomy_to_json(report.anatomy),
        "statistics": precision_to_json(report.precision),
        "budgets": None if report.budgets is None else curve_to_json(report.budgets),
        "judge": None if report.judge is None else judge_to_json(report.judge),
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
        "standard_error": tally.standard_error,
        "items": tally.items,
        "scored": tally.scored,
        "scored_samples": tally.samples,
        "unscored": tally.items - tally.scored,
        "unscored_by_status": dict(tally.unscored),
    }


def anatomy_to_json(anatomy: Anatomy) -> dict[str, object]:
    """What the score is made of, as JSON values."""
    traits: dict[str, dict[str, object]] = {name: asdict(trait) for name, trait in anatomy.traits.items()}
    traits["truncated"] |= {"reported": anatomy.truncation_reported, "estimated": anatomy.truncation_estimated}
    return {
        "items": anatomy.items,
        "outcomes": dict(anatomy.outcomes),
        "traits": traits,
        "scores": {name: getattr(anatomy, name) for name in ("official", "strict", "lower", "upper")},
        "fallback_range": None if anatomy.fallback_range is None else list(anatomy.fallback_range),
        "fallback_chance": anatomy.fallback_chance,
    }


def precision_to_json(precision: Precision) -> dict[str, object]:
    """How sure the score is, as JSON values."""
    found, drawn = precision.estimate, precision.resampled
    repeats, rotations = precision.repeats, precision.rotations
    return {
        "cluster_key": precision.cluster_key,
        "clusters": None if found is None else found.clusters,
        "largest_cluster": None if found is None else found.largest_cluster,
        "standard_error": None if found is None else found.standard_error,
        "independent_standard_error": None if found is None else found.independent_standard_error,
        "design_effect": None if found is None else found.design_effect,
        "interval_method": None if found is None else found.method,
        "bootstrap_95": None if drawn is None else list(drawn.interval),
        "resamples": None if drawn is None else drawn.resamples,
        "seed": None if drawn is None else drawn.seed,
        "repeats": None
        if repeats is None
        else {
            "fewest": repeats.fewest,
            "most": repeats.most,
            "samples": repeats.samples,
            "points": [
                {"k": each.k, "samples": each.samples}
                | {"pass": each.any_right, "majority": each.majority, "all": each.all_right}
                for each in repeats.points
            ],
        },
        "rotations": None
        if rotations is None
        else {
            "questions": rotations.questions,
            "all_right": rotations.all_right,
            "interval_95": None if rotations.interval is None else list(rotations.interval),
        },
    }


def curve_to_json(curve: Curve) -> dict[str, object]:
    """The score by budget, as JSON values."""
    points = []
    for point in curve.points:
        interval = None if point.interval is None else list(point.interval)
        points.append({"budget": point.budget, "accuracy": point.accuracy, "interval_95": interval})
        points[-1] |= {"cut": point.cut, "unscored": point.unscored}
    return {"unit": curve.unit, "samples": curve.samples, "points": points}


def judge_to_json(judge: SecondOpinion) -> dict[str, object]:
    """What the judge changes, as JSON values."""
    score, change = judge.with_judge, judge.change
    return {
        "settings": dict(judge.settings),
        "asked": judge.asked,
        "unscored": judge.unscored,
        "problems": dict(judge.problems),
        "made_right": judge.made_right,
        "made_wrong": judge.made_wrong,
        "accuracy_without": judge.without,
        "accuracy_with": score.mean,
        "interval_95_with": None if score.interval is None else list(score.interval),
        "change": change.mean,
        "change_95": None if change.interval is None else list(change.interval),
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
