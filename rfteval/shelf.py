"""Pictures that came inside tables and archives, put aside on disk, so that memory does not grow with a data set.

A table has to be decoded from its start to reach one picture, which is too slow for a model that asks for them again.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from dataclasses import dataclass, field
from typing import BinaryIO

from rfteval.errors import ImageError, OutputError


class Shelf:
    """A scratch file without a name in the folder for temporary files (TMPDIR); the system frees it with the process.

    The same bytes are put aside once. May be used from several threads.
    """

    def __init__(self) -> None:
        self._file: BinaryIO | None = None
        self._size = 0
        self._kept: dict[str, Kept] = {}
        self._lock = threading.Lock()

    def put(self, data: bytes) -> Kept:
        """The place of `data`. Raises OutputError where there is no room for it."""
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            if digest not in self._kept:
                self._kept[digest] = Kept(shelf=self, start=self._write(data), size=len(data), sha256=digest)
            return self._kept[digest]

    def read(self, start: int, size: int) -> bytes:
        """The bytes at a place that `put` gave. Raises ImageError."""
        try:
            data = b"" if self._file is None else os.pread(self._file.fileno(), size, start)
        except OSError as error:
            raise ImageError(f"the picture cannot be read from {tempfile.gettempdir()}: {error.strerror}") from None
        if len(data) != size:
            raise ImageError(f"the picture cannot be read: {len(data)} of its {size} bytes are there")
        return data

    def _write(self, data: bytes) -> int:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="rfteval-pictures-", buffering=0)  # noqa: SIM115 - lives as long as the pictures
            start, done = self._size, 0
            while done < len(data):
                done += os.pwrite(self._file.fileno(), data[done:], start + done)
        except OSError as error:
            raise OutputError(
                f"cannot put pictures aside in {tempfile.gettempdir()}: {error.strerror}; make room there, or name "
                "another folder in the environment variable TMPDIR"
            ) from None
        self._size += len(data)
        return start


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Where a picture lies; equal where the bytes are. What another process is sent are the bytes themselves."""

    shelf: Shelf = field(compare=False, repr=False)
    start: int = field(compare=False, repr=False)
    size: int
    sha256: str

    def read(self) -> bytes:
        """The picture's bytes. Raises ImageError."""
        return self.shelf.read(self.start, self.size)

    def __reduce__(self) -> tuple[type[bytes], tuple[bytes]]:
        return bytes, (self.read(),)
