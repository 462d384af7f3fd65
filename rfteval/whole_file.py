"""Files that a reader finds whole: the old one or the new one, never half of one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rfteval.errors import OutputError


def write_whole(path: Path, content: str | bytes | Iterable[str]) -> None:
    """Write `content` (text as UTF-8, which may come in parts) to `path` at once.

    Raises OutputError, and what making the parts raises, with what was there before untouched.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as handle:
            if isinstance(content, bytes):
                handle.write(content)
            else:
                handle.writelines(piece.encode() for piece in ((content,) if isinstance(content, str) else content))
            handle.flush()
            os.fsync(handle.fileno())
        part.replace(path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise OutputError(
            f"cannot write {path}: {error.strerror}; make room or choose another place, then run the same command again"
        ) from None
