"""`rfteval merge`: the parts of a run that were made with --shard, as one run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rfteval.cli.options import Data, Fresh, Limit

EXAMPLE = "Example: rfteval merge runs/part1 runs/part2 --out runs/whole"


def merge(
    parts: Annotated[list[Path], typer.Argument(metavar="RUN...", help="The folders of all parts of one run.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write the whole run.")],
    data: Data = None,
    limit: Limit = None,
    fresh: Fresh = False,
) -> None:
    """Join the parts of a run made with --shard into one run with one report. Nothing is asked or scored again."""
    from rfteval import runner
    from rfteval.cli.outcome import show
    from rfteval.cli.progress import progress_bar

    with progress_bar("merging") as update:
        report = runner.merge(parts, out=out, data=data, limit=limit, fresh=fresh, progress=update)
    show(report, out)
