"""`rfteval train-report`: one page of a training run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: rfteval train-report runs/embedded"


def train_report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A folder that `rfteval train` writes, or has written.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write the page; default: report.html in RUN.")
    ] = None,
) -> None:
    """Write one self-contained page of a training run: what it learned, and rollouts token by token."""
    from training.report.page import write_page

    typer.echo(f"written: {write_page(run, out)}")
