"""Writing JSON lines as a stream: whole lines only, whatever happens to the disk."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from rfteval.errors import OutputError, UsageError

BUFFER_BYTES = 256 << 10


class RowWriter:
    """Writes rows to a file or, for "-", to standard output; use as a context manager.

    `written` counts the rows that have left the buffer. Leaving the context writes out what is left, also after an
    error elsewhere. Raises OutputError when a write fails; a regular file then still ends with a whole line.
    """

    def __init__(self, path: str, *, overwrite: bool = False) -> None:
        self.name = "standard output" if path == "-" else path
        self._handle = sys.stdout.fileno() if path == "-" else _create(path, overwrite)
        self._owned = path != "-"
        self._regular = stat.S_ISREG(os.fstat(self._handle).st_mode) and self._owned
        self._size = 0
        self._lines: list[bytes] = []
        self._buffered = 0
        self.written = 0

    def write(self, row: Mapping[str, object]) -> None:
        """Add one row."""
        line = json.dumps(row, ensure_ascii=False, separators=(", ", ": ")).encode("utf-8", "backslashreplace") + b"\n"
        self._lines.append(line)
        self._buffered += len(line)
        if self._buffered >= BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write out what is buffered."""
        lines, self._lines, self._buffered = self._lines, [], 0
        data = memoryview(b"".join(lines))
        done = 0
        try:
            while done < len(data):
                done += os.write(self._handle, data[done:])
        except BrokenPipeError:
            raise  # the reader went away: not an error of ours, and the command line ends quietly
        except OSError as error:
            whole = bytes(data[:done]).rfind(b"\n") + 1
            self.written += bytes(data[:whole]).count(b"\n")
            if self._regular:
                os.ftruncate(self._handle, self._size + whole)
            cause = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror
            raise OutputError(
                f"cannot write {self.name}: {cause}; it holds the first {self.written} rows: make room and start again"
            ) from None
        self._size += len(data)
        self.written += len(lines)

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not isinstance(error, (OutputError, BrokenPipeError)):
                self.flush()
        finally:
            if self._owned:
                os.close(self._handle)


def check_free(path: str, *, overwrite: bool) -> None:
    """Raise UsageError where `path` is a file that must not be overwritten, before any work is done for it."""
    if path != "-" and not overwrite and Path(path).is_file():
        raise UsageError(f"{path} is already there; use --force to overwrite it or another --out")


def _create(path: str, overwrite: bool) -> int:
    check_free(path, overwrite=overwrite)
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    except FileNotFoundError:
        raise UsageError(f"cannot create {path}: no such directory; create {Path(path).parent} first") from None
    except OSError as error:
        raise OutputError(f"cannot create {path}: {error.strerror}; use another --out") from None
