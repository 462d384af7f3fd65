"""A report as Markdown, for an issue or a README: score, verdicts, groups, and what it was made with. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rfteval.plain_text import plain

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&])")


def report_markdown(
    report: Mapping[str, Any], facts: Mapping[str, Any], comparison: Mapping[str, Any] | None = None
) -> str:
    """`report` is report.json, `facts` run.json, `comparison` that of a control run.

    No accuracy stands without its count of unscored responses."""
    settings = report["settings"]
    model = settings.get("model") or "stored responses"
    lines = [
        f"# {_text(report['benchmark'])} {_text(report['split'])}: {_text(model)}",
        "",
        f"Profile {_text(report['profile'])}, {report['samples']} samples.",
        "",
        *_table(("", "accuracy", "95 % interval", "scored", "unscored"), [("all", *_cells(report["overall"]))]),
    ]
    if comparison is not None:
        lines += ["", _control(comparison["pairs"][0])]
    warnings = [str(warning) for warning in report.get("warnings", ())]
    if warnings:
        lines += ["", "Warnings:", "", *(f"- {_text(warning)}" for warning in warnings)]
    statuses = ((status, number) for status, number in report["statuses"].items())
    lines += ["", "## Verdicts", "", *_table(("status", "responses"), statuses)]
    for key, groups in report["breakdowns"].items():
        rows = ((name, *_cells(group)) for name, group in groups.items())
        header = (key.replace("_", " "), "accuracy", "95 % interval", "scored", "unscored")
        lines += ["", f"## By {_text(key.replace('_', ' '))}", "", *_table(header, rows)]
    official = report.get("official")
    if official is not None:
        lines += [
            "",
            f"Official verdicts: {official['agreeing']} of {official['compared']} agree "
            f"(correct: ours {official['ours_correct']}, official {official['official_correct']}).",
        ]
    judge = report.get("judge")
    if judge is not None:
        lines += ["", _judged(judge)]
    lines += ["", "## Made with", "", *_table(("what", "which"), _made_with(report, facts))]
    return "\n".join(lines) + "\n"


def _control(pair: Mapping[str, Any]) -> str:
    found = pair["difference"]
    interval = found["estimate"]["interval"]
    change = f"{found['estimate']['mean'] * 100:+.2f} points"
    if interval:
        change += f" (95 %: {interval[0] * 100:+.2f} to {interval[1] * 100:+.2f})"
    return (
        f"Control {_text(str(pair['control']))}: {found['second'] * 100:.2f} % instead of "
        f"{found['first'] * 100:.2f} %, {change}, on {found['estimate']['count']} questions that both have a score for."
    )


def _judged(judge: Mapping[str, Any]) -> str:
    change = f"{judge['change'] * 100:+.2f} points"
    if judge["change_95"]:
        low, high = judge["change_95"]
        change += f" (95 %: {low * 100:+.2f} to {high * 100:+.2f})"
    return (
        f"With judge {_text(str(judge['settings'].get('model')))}: {judge['accuracy_with'] * 100:.2f} % instead of "
        f"{judge['accuracy_without'] * 100:.2f} %, {change}; {judge['asked']} asked, {judge['made_right']} made right, "
        f"{judge['made_wrong']} made wrong, {judge['unscored']} without a judgement."
    )


def _made_with(report: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for verifier in report["verifiers"]:
        yield f"verifier {verifier['name']}", f"{verifier['version']}, digest {verifier['digest']}"
    versions = facts.get("versions", {})
    yield "rfteval", str(versions.get("rfteval"))
    if facts.get("commit"):
        yield "commit", str(facts["commit"])
    yield "samples", f"SHA-256 {report['settings'].get('samples_sha256')}"


def _cells(tally: Mapping[str, Any]) -> tuple[str, str, str, str]:
    unscored = str(tally["unscored"])
    if tally["unscored_by_status"]:
        unscored += f" ({', '.join(f'{status} {number}' for status, number in tally['unscored_by_status'].items())})"
    if tally["accuracy"] is None:
        return "none", "", str(tally["scored"]), unscored
    low, high = tally["interval_95"]
    return f"{tally['accuracy'] * 100:.2f} %", f"{low * 100:.1f} – {high * 100:.1f}", str(tally["scored"]), unscored


def _table(header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> list[str]:
    right = ["---", *("---:" for _ in header[1:])]
    lines = [" | ".join(header), " | ".join(right), *(" | ".join(_text(str(cell)) for cell in row) for row in rows)]
    return [f"| {line} |" for line in lines]


def _text(value: str) -> str:
    """A text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", plain(value))
