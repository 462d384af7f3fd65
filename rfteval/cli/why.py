"""`rfteval why`: what makes out the gap between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rfteval.cli.options import Credentials, Server, Timeout
from rfteval.service import DEFAULT_TIMEOUT_S, Service

EXAMPLE = "Example: rfteval why runs/a runs/b"


def why(
    first: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Another one, of the same questions.")],
    between: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="RUN", help="A run between the two, with some settings of each; repeatable."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write everything as JSON.")] = None,
    server: Server = None,
    credentials: Credentials = None,
    timeout_s: Timeout = DEFAULT_TIMEOUT_S,
) -> None:
    """Divide the gap between two runs' scores among prompt, model, sampling, token limit, extraction and comparison.

    Stored responses are scored again with one thing of the other run's at a time; nothing is asked anew.
    """
    from rfteval import registry
    from rfteval.report.files import write_json
    from rfteval.stored_run import read_run
    from rfteval.why.attribution import attribute
    from rfteval.why.terminal import attribution_to_json, print_attribution

    runs = [read_run(run) for run in (first, second, *(between or ()))]
    service = Service(address=server, timeout_s=timeout_s, credentials=credentials)
    benchmark = registry.benchmark(str(runs[0].report["benchmark"]))
    with service.connect() as client:
        found = attribute(runs[0], runs[1], runs[2:], benchmark, client)
    if out is not None:
        write_json(out, attribution_to_json(found))
    print_attribution(found)
