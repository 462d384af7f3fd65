"""Stored responses → Responses: files as the benchmarks' authors released them, and our own journals.

Nothing is dropped without being counted: duplicates, responses to unknown samples and samples without one are listed.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from rfteval.benchmark import OutputFormat
from rfteval.errors import InputFileError
from rfteval.journal import is_journal_header, read_records
from rfteval.jsonl import open_input, read_rows
from rfteval.types import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponses:
    """The responses of one file, in its order, one for each (sample, index).

    `duplicates` are the ids of further responses to the same sample and index (the first one counts), once each time.
    `sha256` is the hash of the file's bytes.
    """

    responses: tuple[Response, ...]
    duplicates: tuple[str, ...]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Responses set against the samples: those to score, and the ids that do not fit."""

    responses: tuple[Response, ...]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]


def read_responses(path: str, outputs: OutputFormat) -> StoredResponses:
    """Read a JSONL file of responses, or a journal. Raises UsageError (no such file) and InputFileError (bad line)."""
    with open_input(path) as handle:
        data = handle.read()
    rows = read_rows(io.BytesIO(data), path)
    first = next(rows, None)
    if first is None:
        raise InputFileError(f"{path} holds no responses; check that it is the right file")
    if is_journal_header(first[1]):
        found = [record.response for record in read_records(rows, path)]
    else:
        found = [_response(row, outputs, path, number) for number, row in (first, *rows)]
    seen: dict[tuple[str, int], Response] = {}
    duplicates = []
    for response in found:
        key = (response.sample_id, response.index)
        if key in seen:
            duplicates.append(response.sample_id)
        else:
            seen[key] = response
    return StoredResponses(
        responses=tuple(seen.values()), duplicates=tuple(duplicates), sha256=hashlib.sha256(data).hexdigest()
    )


def match(responses: Iterable[Response], asked: Collection[str], all_ids: Collection[str]) -> Matching:
    """Set `responses` against the samples `asked`; `all_ids` also has those that a limit left out.

    `unknown` are ids of responses that no sample of the split has, `missing` the asked samples without a response.
    """
    chosen = []
    unknown = []
    answered = set()
    for response in responses:
        if response.sample_id in asked:
            chosen.append(response)
            answered.add(response.sample_id)
        elif response.sample_id not in all_ids:
            unknown.append(response.sample_id)
    missing = tuple(sample_id for sample_id in asked if sample_id not in answered)
    return Matching(responses=tuple(chosen), unknown=tuple(unknown), missing=missing)


def same_file(first: str, second: str) -> bool:
    """Whether two paths name one existing file, so that one is not read while the other is written."""
    try:
        return Path(first).samefile(second)
    except OSError:
        return False


def _response(row: dict[str, object], outputs: OutputFormat, path: str, number: int) -> Response:
    for key in (outputs.sample_id, outputs.text):
        if key not in row:
            near = ", ".join(list(row)[:8])
            raise InputFileError(f"{path}:{number}: no field {key!r} (it has: {near}); is this a file of responses?")
    sample_id, text = row[outputs.sample_id], row[outputs.text]
    if isinstance(sample_id, bool) or not isinstance(sample_id, (str, int)):
        raise InputFileError(
            f"{path}:{number}: {outputs.sample_id!r} must be a text or a whole number, got {sample_id!r}"
        )
    if text is not None and not isinstance(text, str):
        raise InputFileError(f"{path}:{number}: {outputs.text!r} must be a text, got {str(text)[:40]!r}")
    index = row.get("index", 0)
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise InputFileError(f"{path}:{number}: 'index' must be a whole number from 0, got {index!r}")
    extras = {key: value for key, value in row.items() if key not in (outputs.sample_id, outputs.text)}
    return Response(
        sample_id=str(sample_id),
        index=index,
        text=text or "",
        error="the stored response is null" if text is None else None,
        extras=extras,
    )
