"""What `rfteval verify` found, as tables for a person: a run a line, then the rows that differ and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from rfteval.plain_text import plain
from rfteval.verification.agreement import POINTS_BAR, ROWS_BAR, RowAgreement
from rfteval.verification.check import DIFFERS, EXACT, EXPLAINED, JUDGED, RunCheck
from rfteval.verification.release import READINGS
from rfteval.verification.session import Finding

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 130  # columns where the stream is no terminal
SHOWN_ROWS = 8
COLOURS = {EXACT: "green", EXPLAINED: "green", JUDGED: "yellow", DIFFERS: "bold red"}
STATES = {
    EXACT: "every row as released",
    EXPLAINED: "the rows that differ are explained below",
    JUDGED: "judged by another model, not by the rule",
    DIFFERS: "differs",
}


def print_findings(findings: Sequence[Finding], stream: TextIO | None = None) -> None:
    """Print the table of runs, what differs and why, and how our own rule agrees."""
    from rich.console import Console

    stream = stream or sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else WIDTH, highlight=False, markup=False)
    console.print(_runs(findings))
    for line in _remarks([finding.check for finding in findings]):
        console.print(plain(line), soft_wrap=True)
    agreements = [finding.agreement for finding in findings if finding.agreement is not None]
    if agreements:
        console.print()
        console.print(_agreements(agreements))
        for line in _agreement_remarks(agreements):
            console.print(plain(line), soft_wrap=True)


def _runs(findings: Sequence[Finding]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Released outputs, scored again by the published rule", title_justify="left")
    table.add_column("run", overflow="fold")
    for name in ("rows", "published %", "official", "ours", "differ", "drawn"):
        table.add_column(name, justify="right")
    table.add_column("as released?")
    title = ""
    for finding in findings:
        check = finding.check
        if finding.title != title:
            table.add_section()
            table.add_row(Text(finding.title, style="bold"))
            title = finding.title
        table.add_row(
            plain(check.name),
            str(check.rows),
            "" if check.published is None else f"{check.published:.2f}".rstrip("0").rstrip("."),
            "" if check.official is None else str(check.official),
            _ours(check),
            str(len(check.differences)) if check.compared else "",
            _drawn(check),
            Text(check.state + (f" by {check.judged_by}" if check.judged_by else ""), style=COLOURS[check.state]),
        )
    return table


def _ours(check: RunCheck) -> str:
    """Rows right; where some are drawn, the expectation."""
    unscored = f" ({check.unscored} unscored)" if check.unscored else ""
    return (f"{check.draws.expected:.2f}" if check.draws is not None else str(check.ours)) + unscored


def _drawn(check: RunCheck) -> str:
    draws = check.draws
    if draws is None:
        return ""
    return f"{draws.rows}: {draws.certain} to {draws.highest}"


def _remarks(checks: Sequence[RunCheck]) -> Iterator[str]:
    """Every state in words, the rows that differ, and what the draws mean."""
    rows = sum(check.compared for check in checks)
    differing = sum(len(check.differences) for check in checks if not check.judged_by)
    judged = sum(check.compared for check in checks if check.judged_by)
    yield f"{rows - judged} rows compared with the authors' verdicts, {differing} differ" + (
        f"; {judged} more were judged by another model and only shown" if judged else ""
    )
    for check in checks:
        if check.draws is not None:
            draws = check.draws
            known = (
                "" if draws.official_right is None else f"; of the authors' own draws {draws.official_right} were right"
            )
            replayed = "" if draws.replayed is None else f"; with the authors' seed {draws.replayed}"
            yield (
                f"{check.name}: {draws.rows} responses name no option and the rule draws one: {draws.certain} rows are "
                f"right for certain, {draws.expected:.2f} expected, {draws.highest} at most{known}{replayed}"
            )
        if check.judged_by:
            yield f"{check.name}: {STATES[JUDGED]} ({check.judged_by}: {check.official}, the rule: {check.ours})"
            continue
        for each in check.differences[:SHOWN_ROWS]:
            ours = {True: "right", False: "wrong", None: "unscored"}[each.ours]
            why = each.explanation or f"not explained; {each.reason}"
            official = "right" if each.official else "wrong"
            yield f"{check.name}, row {each.sample_id}: ours {ours}, official {official}: {why}"
        if len(check.differences) > SHOWN_ROWS:
            yield f"{check.name}: {len(check.differences) - SHOWN_ROWS} more rows differ; --out FILE has all"


def _agreements(found: Sequence[RowAgreement]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title="Without a judge: our rule beside the stored extractions, lucky credits removed", title_justify="left"
    )
    table.add_column("run", overflow="fold")
    headers = ("by luck", "official", "ours", "points", "rows alike %", "read: wrong", "points", "rows alike %")
    for name in headers:
        table.add_column(name, justify="right")
    table.add_column("bars")
    for each in found:
        met = "met" if each.met else "met as read" if each.met_read else "MISSED"
        table.add_row(
            plain(each.name),
            str(each.credited_by_luck),
            str(each.theirs),
            str(each.ours),
            f"{each.points:+.1f}",
            f"{each.share * 100:.1f}",
            str(each.set_aside),
            f"{each.points_read:+.2f}",
            f"{each.share_read * 100:.1f}",
            Text(met, style="green" if each.met else "yellow" if each.met_read else "bold red"),
        )
    return table


def _agreement_remarks(found: Sequence[RowAgreement]) -> Iterator[str]:
    """What the columns are, how many bars are met, and what was found on reading."""
    met, read = sum(each.met for each in found), sum(each.met_read for each in found)
    yield (
        f"bars: totals within {POINTS_BAR} points and {ROWS_BAR * 100:.1f} % of rows alike; met by {met} of "
        f"{len(found)} runs, by {read} without the rows ('read: wrong') whose stored extraction is wrong on reading "
        "the response"
    )
    counts = {kind: sum(each.readings().get(kind, 0) for each in found) for kind in ("", *READINGS)}
    total = sum(counts.values())
    yield f"{total} rows differ; on reading them:"
    for kind, meaning in READINGS.items():
        if counts[kind]:
            yield f"  {counts[kind]:4d}  {meaning}"
    if counts[""]:
        yield f"  {counts['']:4d}  not read yet"
