"""`rfteval grade`: any JSONL of responses and gold answers → a verdict for each, through the service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from rfteval.cli.options import Credentials, Parameters, Server, Timeout, Verifier
from rfteval.plain_text import plain
from rfteval.service import DEFAULT_TIMEOUT_S, Service

if TYPE_CHECKING:
    from rfteval.errors import InputFileError
    from rfteval.grade import Tallied
    from rfteval.row_writer import RowWriter

EXAMPLE = "Example: rfteval grade answers.jsonl --out verdicts.jsonl --param rounding=exact"
SHOWN_BAD_LINES = 5
PROGRESS_ROWS = 256


def grade(
    source: Annotated[str, typer.Argument(metavar="IN.jsonl", help="Rows to grade, or - for standard input.")],
    out: Annotated[str, typer.Option("--out", metavar="OUT.jsonl", help="Verdicts; - is standard output.")] = "-",
    verifier: Verifier = "auto",
    param: Parameters = None,
    server: Server = None,
    credentials: Credentials = None,
    timeout_s: Timeout = DEFAULT_TIMEOUT_S,
    skip_bad_lines: Annotated[
        bool, typer.Option("--skip-bad-lines", help="Leave out and count unreadable rows instead of stopping.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output file.")] = False,
) -> None:
    """Grade a file of any origin, streaming; output rows are in input order.

    A row has `response` and `gold` (one answer or a list of accepted ones), and may have `id` (else the line number),
    `choices` (a list of option texts or an object of letter to text), `question`, `kind` (full_response: the answer
    is extracted first; expression: the response is the bare answer) and `answer_type`. An output row has id, status,
    score (null: not scored), extracted, reason, verifier, digest, tier, elapsed_us.
    """
    from rfteval import grade as grading
    from rfteval.errors import UsageError
    from rfteval.jsonl import open_input
    from rfteval.rescore import same_file
    from rfteval.row_writer import RowWriter, check_free

    if source != "-" and out != "-" and same_file(source, out):
        raise UsageError(f"{out} is the input; name another file with --out")
    check_free(out, overwrite=force)
    service = Service(address=server, timeout_s=timeout_s, credentials=credentials)
    bad: list[InputFileError] = []
    counts = grading.Tallied()
    with open_input(source) as rows, service.connect() as client:
        schemas = {info.name: info.parameters_schema for info in client.verifiers()}
        plan = grading.Grading(
            components=grading.components_for(verifier, param or (), schemas),
            on_bad=bad.append if skip_bad_lines else None,
        )
        name = "standard input" if source == "-" else source
        with RowWriter(out, overwrite=force) as writer:
            _copy(grading.grade_rows(rows, name, plan, client, counts), writer)
    _summary(counts, bad)


def _copy(rows: Iterator[dict[str, object]], writer: RowWriter) -> None:
    """Write every row; an error on the way says how many rows the output holds, all of them whole."""
    from reward_service.errors import RewardServiceError
    from rfteval.cli.progress import progress_bar
    from rfteval.errors import InputFileError

    with progress_bar("grading") as update:
        try:
            for number, row in enumerate(rows, 1):
                writer.write(row)
                if number % PROGRESS_ROWS == 0:
                    update(number, None)
        except (InputFileError, RewardServiceError) as error:
            writer.flush()
            error.args = (f"{error}; {writer.name} holds the {writer.written} rows before it",)
            raise


def _summary(counts: Tallied, bad: Sequence[InputFileError]) -> None:
    for error in bad[:SHOWN_BAD_LINES]:
        typer.echo(f"skipped: {plain(str(error))}", err=True)
    if bad:
        typer.echo(f"skipped {len(bad)} unreadable lines; they have no row in the output", err=True)
    unscored = counts.rows - counts.scored
    statuses = ", ".join(f"{status} {count}" for status, count in sorted(counts.statuses.items()))
    mean = f"mean score {counts.score / counts.scored:.4f} over {counts.scored} scored" if counts.scored else "no score"
    typer.echo(f"graded {counts.rows} rows: {mean}, {unscored} unscored ({statuses or 'no rows'})", err=True)
