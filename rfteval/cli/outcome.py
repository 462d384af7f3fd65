"""What a run ends with on the terminal: its table, where the report is, and an exit code that says if it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rfteval.report.build import Report

INCOMPLETE = 3  # the run is finished and its report written, but some samples have no score


def show(report: Report, out: Path) -> None:
    """Print the report of the run in `out`; ends the command with INCOMPLETE where something has no score."""
    from rfteval.report.files import PAGE_FILE, REPORT_FILE
    from rfteval.report.terminal import print_report

    print_report(report)
    typer.echo(f"report: {out / REPORT_FILE}")
    if (out / PAGE_FILE).is_file():
        typer.echo(f"page:   {out / PAGE_FILE}")
    unscored = report.overall.items - report.overall.scored
    if not unscored:
        return
    from rfteval.metrics import MISSING_TEXT, NO_RESPONSE

    may_mend = unscored - sum(report.overall.unscored.get(status, 0) for status in (NO_RESPONSE, MISSING_TEXT))
    remedy = f"; the same command with --rerun failed tries {may_mend} of them again" if may_mend else ""
    typer.echo(
        f"{unscored} of {report.overall.items} have no score, see above (exit code {INCOMPLETE}){remedy}", err=True
    )
    raise typer.Exit(INCOMPLETE)
