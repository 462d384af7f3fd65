"""`rfteval export`: a finished run as a table, as a page, or as the files that a benchmark's own scripts read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: rfteval export runs/mine --format parquet"


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A folder that `rfteval run` or `rescore` wrote.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="parquet, csv, jsonl, markdown, html, or a layout of the run's benchmark: mathvista, mmmu.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="PATH", help="A file, for a layout a folder; default: in the run.")
    ] = None,
    index: Annotated[
        int, typer.Option("--index", min=0, help="Which response to each sample, where a layout has one.")
    ] = 0,
) -> None:
    """Write a finished run in another form, from its folder alone: no model, no data set, no network."""
    from rfteval.export.write import export as write

    done = write(run, form, out, index=index)
    shown = done.paths[:1] if len(done.paths) == 1 else sorted({path.parent for path in done.paths})[:1]
    typer.echo(f"written: {shown[0]}{f' ({len(done.paths)} files)' if len(done.paths) > 1 else ''}")
    if done.left_out:
        typer.echo(
            f"{done.left_out} samples without a response are not in it: their scripts would count them as wrong, or "
            "not at all",
            err=True,
        )
