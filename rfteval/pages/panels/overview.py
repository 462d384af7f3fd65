"""The score with its interval, what it is made of, and what a reader must know before quoting it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rfteval.pages.charts import Segment, stacked_bar
from rfteval.pages.page import render
from rfteval.pages.panels.panel import Panel
from rfteval.pages.wording import count, percent
from rfteval.stored_run import StoredRun

# Outcomes of rfteval.anatomy: the name that is shown, and the colour.
OUTCOMES = {
    "correct": ("correct", "right"),
    "fallback": ("credited by a fallback", "lucky"),
    "partial": ("partly correct", "partial"),
    "wrong": ("wrong", "wrong"),
    "no_answer": ("no answer", "none"),
    "unscored": ("unscored", "unscored"),
}
TRAITS = {
    "unparsed": "no answer that the rule could read",
    "refused": "says that it gives no answer",
    "hedged": "names several answers",
    "fallback": "scored by a guess of the rule",
    "truncated": "cut off",
    "empty": "empty",
}


def overview(run: StoredRun) -> Panel:
    """The first panel. Reads report.json alone."""
    report = run.report
    overall = report["overall"]
    segments = outcomes(report)
    body = render(
        "overview.html",
        accuracy=overall["accuracy"],
        interval=overall["interval_95"],
        method=interval_method(report),
        scored=overall["scored"],
        unscored=overall["unscored"],
        unscored_detail=", ".join(f"{status} {number}" for status, number in overall["unscored_by_status"].items()),
        metrics=report.get("metrics", ()),
        tiles=list(tiles(report)),
        bar=stacked_bar(segments),
        segments=[segment for segment in segments if segment.number],
        total=sum(segment.number for segment in segments),
        traits=list(traits(report)),
        warnings=warnings_of(report),
    )
    return Panel(id="overview", title="Accuracy", body=body)


def outcomes(report: Mapping[str, Any]) -> list[Segment]:
    """Every response once, by what became of it."""
    counted = report["anatomy"]["outcomes"]
    return [Segment(name=name, number=counted[key], kind=kind) for key, (name, kind) in OUTCOMES.items()]


def traits(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What responses have that makes their score doubtful; a response may be in several rows."""
    found = report["anatomy"]["traits"]
    for key, name in TRAITS.items():
        trait = found[key]
        if not trait["count"]:
            continue
        note = ""
        if key == "truncated" and trait["estimated"]:
            note = f"{count(trait['reported'])} by the finish reason, {count(trait['estimated'])} by how they end"
        yield {"key": key, "name": name, "note": note, "count": trait["count"], "credit": trait["credit"]}


def interval_method(report: Mapping[str, Any]) -> str:
    """How the interval was made, and what answers were taken to stand or fall together."""
    statistics = report.get("statistics") or {}
    method = str(statistics.get("interval_method") or "Wilson")
    if (statistics.get("largest_cluster") or 1) > 1:
        return f"{method} by {statistics['cluster_key']}, {count(statistics['clusters'])} clusters"
    return method


def tiles(report: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Numbers that stand beside the accuracy."""
    scores = report["anatomy"]["scores"]
    statistics = report.get("statistics") or {}
    if scores["official"] is not None and scores["strict"] != scores["official"]:
        low, high = report["anatomy"]["fallback_range"] or (None, None)
        note = "without what a fallback guessed"
        if low is not None:
            note += f"; another draw of its guesses gives {percent(low)} to {percent(high)}"
        yield {"name": "strict", "value": percent(scores["strict"]), "note": note}
    if scores["lower"] is not None and scores["upper"] > scores["lower"]:
        value = f"{percent(scores['lower'])} to {percent(scores['upper'])}"
        yield {"name": "bounds", "value": value, "note": "if everything doubtful were wrong, or right"}
    if statistics.get("standard_error") is not None:
        effect = statistics.get("design_effect")
        note = f"design effect {effect:.2f}" if effect is not None and abs(effect - 1) > 0.005 else ""
        drawn = statistics.get("bootstrap_95")
        if drawn:
            note += f"{'; ' if note else ''}bootstrap {percent(drawn[0])} to {percent(drawn[1])}"
        yield {"name": "standard error", "value": f"{statistics['standard_error'] * 100:.2f} points", "note": note}
    rotations = statistics.get("rotations")
    if rotations:
        note = f"of {count(rotations['questions'])} questions, in every rotation of their options"
        yield {"name": "all rotations right", "value": percent(rotations["all_right"]), "note": note}
    judge = report.get("judge")
    if judge:
        yield {"name": f"with judge {judge['settings'].get('model')}", **_judged(judge)}
    official = report.get("official")
    if official:
        note = (
            f"of {count(official['compared'])} verdicts of the authors; they count {official['official_correct']} right"
        )
        yield {"name": "agree", "value": count(official["agreeing"]), "note": note}


def _judged(judge: Mapping[str, Any]) -> dict[str, str]:
    note = f"{judge['change'] * 100:+.1f} points"
    if judge["change_95"]:
        low, high = judge["change_95"]
        note += f", {low * 100:+.1f} to {high * 100:+.1f}"
    note += f"; of {count(judge['asked'])} asked {judge['made_right']} made right, {judge['made_wrong']} wrong"
    if judge["unscored"]:
        note += f", {judge['unscored']} without a judgement"
    return {"value": percent(judge["accuracy_with"]), "note": note}


def warnings_of(report: Mapping[str, Any]) -> list[str]:
    """What did not fit together or makes the score doubtful, in sentences."""
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
