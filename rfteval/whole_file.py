"""Files that a reader finds whole: the old one or the new one, never half of one."""

from __future__ import annotations

import os
from pathlib import Path

from rfteval.errors import OutputError


def write_whole(path: Path, content: str | bytes) -> None:
    """Write `content` (text as UTF-8) to `path` at once. Raises OutputError, with what was there before untouched."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as handle:
            handle.write(content.encode() if isinstance(content, str) else content)
            handle.flush()
            os.fsync(handle.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"cannot write {path}: {error.strerror}; make room or choose another place, then run the same command again"
        ) from None
