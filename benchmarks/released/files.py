"""Reading a released run's file: rows in their order, and the responses in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from rfteval.benchmark import OutputFormat
from rfteval.errors import InputFileError
from rfteval.jsonl import open_input, read_rows
from rfteval.rescore import StoredResponses, read_responses
from rfteval.types import Response


def run_files(folder: Path) -> list[Path]:
    """The run files in `outputs` below `folder`, by name; none where there is no such folder."""
    return sorted((folder / "outputs").glob("*.jsonl"))


def rows_of(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """(place, row) of each line. Raises InputFileError."""
    with open_input(str(path)) as handle:
        for number, row in read_rows(handle, str(path)):
            yield f"{path}:{number}", row


def responses_of(path: Path, outputs: OutputFormat) -> tuple[Response, ...]:
    """The responses; one that is null counts as empty, as the authors' scripts take it. Raises InputFileError."""
    stored: StoredResponses = read_responses(str(path), outputs)
    if stored.duplicates:
        raise InputFileError(f"{path}: {stored.duplicates[0]!r} is there twice; is this the released file?")
    return tuple(
        response if response.error is None else Response(sample_id=response.sample_id, text="", extras=response.extras)
        for response in stored.responses
    )


def verdicts_of(path: Path, key: str, field: str) -> Mapping[str, bool]:
    """The authors' verdicts by sample. Raises InputFileError where a row has none."""
    found = {}
    for place, row in rows_of(path):
        verdict = row.get(field)
        if not isinstance(verdict, bool):
            raise InputFileError(f"{place}: {field!r} must be true or false; is this the released file?")
        found[str(row[key])] = verdict
    return found
