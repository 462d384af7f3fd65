"""`rfteval compare`: runs of the same questions against the first of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: rfteval compare runs/base runs/tuned"


def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN RUN...", help="Folders of runs; the first is the baseline.")
    ],
    across_profiles: Annotated[
        bool, typer.Option("--across-profiles", help="Also compare runs that were scored in different ways.")
    ] = False,
    shown: Annotated[int, typer.Option("--flips", metavar="N", min=0, help="How many flipped questions to list.")] = 10,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write everything as JSON.")] = None,
) -> None:
    """Compare runs on the questions they share: paired difference, interval, tests, and what flipped."""
    from rfteval.compare import compare as compared
    from rfteval.report.comparison import comparison_to_json, print_comparison
    from rfteval.report.files import write_json
    from rfteval.stored_run import read_run

    found = compared([read_run(run) for run in runs], across_profiles=across_profiles)
    if out is not None:
        write_json(out, comparison_to_json(found))
    print_comparison(found, shown)
