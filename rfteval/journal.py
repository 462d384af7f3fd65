"""The journal of a run: one JSON line per scored response, only ever appended to, so that a run killed at any moment
goes on where it stopped.

The first line holds the settings the records belong to; a journal of other settings is refused, never mixed. Lines
are written whole and fsync'd by the group. A torn last line (killed while writing) is dropped when the journal is
opened again, and its response is scored again. A lock keeps a second process out.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from rfteval.errors import InputFileError, JournalError
from rfteval.record_json import record_from_json, record_to_json
from rfteval.types import Record

FILE_NAME = "journal.jsonl"
FORMAT = 1
_START = b'{"rfteval_journal":'

Key = tuple[str, int]  # sample id, index of the response


class Journal:
    """An open journal; use as a context manager. `records` are those it already held when it was opened."""

    def __init__(self, directory: Path, settings: Mapping[str, object]) -> None:
        """Open the journal in `directory`, made if absent. Raises JournalError: other settings, in use, damaged."""
        self.path = directory / FILE_NAME
        self._handle = _open(self.path)
        try:
            self.records, self._size = _recover(self._handle, self.path, settings)
            if self._size == 0:
                self._write(_line({"rfteval_journal": FORMAT, "settings": dict(settings)}))
        except BaseException:
            self.close()
            raise

    def append(self, records: Iterable[Record]) -> None:
        """Add `records` and force them to the disk. Raises JournalError, with nothing already written lost."""
        self._write(b"".join(_line(record_to_json(record)) for record in records))

    def close(self) -> None:
        """Close the file and give up the lock."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        try:
            written = 0
            while written < len(data):
                written += os.write(self._handle, data[written:])
            os.fsync(self._handle)
        except OSError as error:
            # Back to the last whole line, so that the journal stays readable even for others than us.
            os.ftruncate(self._handle, self._size)
            cause = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror
            raise JournalError(
                f"cannot write {self.path}: {cause}; what it holds is safe: make room, then run the same command again"
            ) from None
        self._size += len(data)


def set_aside(directory: Path) -> Path | None:
    """Move an existing journal out of the way, under a name with the time; the new path, or None if there was none."""
    path = directory / FILE_NAME
    if not path.exists():
        return None
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for attempt in range(1000):
        target = path.with_name(f"journal.{stamp}{f'-{attempt}' if attempt else ''}.jsonl")
        if not target.exists():
            path.rename(target)
            return target
    raise JournalError(f"cannot find a free name beside {path}; use another --out")


def is_journal_header(row: Mapping[str, object]) -> bool:
    """Whether a JSONL file whose first object is `row` is a journal."""
    return "rfteval_journal" in row and "settings" in row


def first_difference(before: Mapping[str, object], now: Mapping[str, object]) -> str | None:
    """The first setting that differs, as "name was X, is now Y"; None when all are equal."""
    for key in [*now, *(key for key in before if key not in now)]:
        old, new = before.get(key), now.get(key)
        if old != new:
            if isinstance(old, dict) and isinstance(new, dict):
                inner = first_difference(old, new)
                if inner is None:  # they differ in what is None on one side and absent on the other
                    continue
                return f"{key}.{inner}"
            return f"{key} was {old!r}, is now {new!r}"
    return None


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise JournalError(f"cannot open {path}: {error.strerror}; use another --out") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise JournalError(f"{path} is in use by another process; wait for it or use another --out") from None
    except OSError:
        pass  # a file system without locks: then the user keeps two runs apart
    return handle


def _recover(handle: int, path: Path, settings: Mapping[str, object]) -> tuple[dict[Key, Record], int]:
    """(the records held, size in bytes up to the last whole line); cuts off a torn last line."""
    with os.fdopen(os.dup(handle), "rb") as reader:
        reader.seek(0)
        data = reader.read()
    if not data.startswith(_START[: len(data)]):
        raise JournalError(f"{path} is not a journal of rfteval; use another --out")
    end = data.rfind(b"\n") + 1
    lines = data[:end].split(b"\n")[:-1]
    records: dict[Key, Record] = {}
    size = 0
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            if number == 1:
                _check_header(row, path, settings)
            else:
                record = record_from_json(row)
                records[record.sample_id, record.index] = record
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if number == len(lines):
                break  # a whole line that is not readable can only be the last one written before a power cut
            raise JournalError(
                f"{path}:{number}: damaged ({error}); use --fresh to move this journal aside and start over"
            ) from None
        size += len(line) + 1
    if size != len(data):
        os.ftruncate(handle, size)
    return records, size


def _check_header(row: object, path: Path, settings: Mapping[str, object]) -> None:
    if not isinstance(row, dict) or not is_journal_header(row):
        raise JournalError(f"{path} is not a journal of rfteval; use another --out")
    if row["rfteval_journal"] != FORMAT:
        raise JournalError(f"{path} has format {row['rfteval_journal']!r}, this version writes {FORMAT}; use --fresh")
    difference = first_difference(row["settings"], json.loads(json.dumps(settings)))
    if difference is not None:
        raise JournalError(
            f"{path} belongs to another run ({difference}); "
            "use another --out, or --fresh to move it aside and start over"
        )


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def read_records(rows: Iterator[tuple[int, dict[str, object]]], name: str) -> Sequence[Record]:
    """The records of a journal's remaining rows, for scoring them again. Raises InputFileError with file and line."""
    records = []
    for number, row in rows:
        try:
            records.append(record_from_json(row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputFileError(f"{name}:{number}: not a journal line: {error!r}; remove it") from None
    return records
