"""A report as a table for a person. rich is imported only here and in the progress bar."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from rfteval.benchmark import Metric
from rfteval.metrics import Tally
from rfteval.plain_text import plain
from rfteval.report.build import Report
from rfteval.report.terminal_anatomy import blocks
from rfteval.second_opinion import SecondOpinion

PLAIN_WIDTH = 110  # columns where the stream is no terminal
SHOWN_IDS = 5
SHOWN_DIFFERENCES = 10


def print_report(report: Report, stream: TextIO | None = None) -> None:
    """Print accuracy, its interval and the count of unscored items, overall and for every group."""
    from rich.console import Console
    from rich.table import Table

    stream = stream or sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else PLAIN_WIDTH, highlight=False, markup=False)
    table = Table(title=f"{report.benchmark} {report.split}, profile {report.profile}", title_justify="left")
    table.add_column("group")
    for name in ("items", "scored", "accuracy %", "95 % interval", "unscored"):
        table.add_column(name, justify="right")
    table.add_row("all", *_cells(report.overall), style="bold")
    for key, groups in report.breakdowns.items():
        table.add_section()
        for value, group in groups.items():
            table.add_row(plain(f"{key}: {value}"), *_cells(group))
    console.print(table)
    for block in blocks(report.anatomy, report.precision, report.budgets):
        console.print(block, soft_wrap=isinstance(block, str))
    for warning in report.warnings:
        console.print(f"! {plain(warning)}", style="yellow", soft_wrap=True)
    for line in summary_lines(report):
        console.print(plain(line), soft_wrap=True)


def summary_lines(report: Report) -> list[str]:
    """What the table does not say: the accuracy in one line, what did not fit together, and the authors' verdicts."""
    lines = [metric_line(metric) for metric in report.metrics]
    lines.append(("of single responses: " if lines else "") + headline(report.overall))
    if report.judge is not None:
        lines.append(judge_line(report.judge))
    lines += _listing("samples without a response", report.missing)
    lines += _listing("responses to unknown samples (not scored)", report.unknown)
    lines += _listing("duplicate responses (the first one counts)", report.duplicates)
    agreement = report.agreement
    if agreement is not None:
        lines.append(
            f"official verdicts: {agreement.agreeing} of {agreement.compared} agree "
            f"(correct: ours {agreement.ours_correct}, official {agreement.official_correct})"
        )
        for difference in agreement.differences[:SHOWN_DIFFERENCES]:
            ours = {True: "correct", False: "incorrect", None: "unscored"}[difference.ours]
            lines.append(
                f"  differs: {difference.sample_id}: ours {ours}, official "
                f"{'correct' if difference.official else 'incorrect'}, extracted {difference.extracted!r}: "
                f"{difference.reason}"
            )
        rest = len(agreement.differences) - SHOWN_DIFFERENCES
        if rest > 0:
            lines.append(f"  and {rest} more, in report.json under official.differences")
    return lines


def metric_line(metric: Metric) -> str:
    """A benchmark's own metric in one line."""
    value = "none" if metric.value is None else f"{metric.value:.2f}"
    note = f"; {metric.note}" if metric.note else ""
    return f"{metric.name} {value} of {metric.highest:g}, {metric.samples} samples{note}"


def judge_line(judge: SecondOpinion) -> str:
    """The score with a judge beside the one without, the change with its interval, and what made it."""
    change = judge.change.interval
    surely = "" if change is None else f" [{change[0] * 100:+.2f}, {change[1] * 100:+.2f}]"
    said = (
        f"with judge {plain(str(judge.settings.get('model')))}: {judge.with_judge.mean * 100:.2f} % instead of "
        f"{judge.without * 100:.2f} %, {judge.change.mean * 100:+.2f} points{surely}; asked about {judge.asked} "
        f"responses, {judge.made_right} made right, {judge.made_wrong} made wrong"
    )
    if not judge.unscored:
        return said
    problems = "; ".join(f"{plain(reason)} ({count})" for reason, count in judge.problems.items())
    return f"{said}, {judge.unscored} without a judgement, where the rule's stands: {problems}"


def headline(tally: Tally) -> str:
    """Accuracy, interval, and the unscored by status, in one line."""
    if tally.accuracy is None or tally.interval is None:
        return f"accuracy: none, as nothing was scored; unscored {_unscored(tally.items, tally.unscored)}"
    low, high = tally.interval
    return (
        f"accuracy {tally.accuracy * 100:.2f} % [{low * 100:.2f}, {high * 100:.2f}] over {tally.scored} scored; "
        f"unscored {_unscored(tally.items - tally.scored, tally.unscored)}"
    )


def _unscored(count: int, by_status: Mapping[str, int]) -> str:
    detail = ", ".join(f"{status} {number}" for status, number in by_status.items())
    return f"{count} ({detail})" if detail else str(count)


def _cells(tally: Tally) -> tuple[str, ...]:
    unscored = _unscored(tally.items - tally.scored, tally.unscored)
    if tally.accuracy is None or tally.interval is None:
        return str(tally.items), str(tally.scored), "none", "", unscored
    low, high = tally.interval
    interval = f"{low * 100:.1f} - {high * 100:.1f}"
    return str(tally.items), str(tally.scored), f"{tally.accuracy * 100:.2f}", interval, unscored


def _listing(what: str, ids: Sequence[str]) -> list[str]:
    if not ids:
        return []
    shown = ", ".join(ids[:SHOWN_IDS]) + (", ..." if len(ids) > SHOWN_IDS else "")
    return [f"{what}: {len(ids)} ({shown})"]
