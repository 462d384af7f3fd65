"""A file is written whole or not at all, also where its parts fail to be made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rfteval.whole_file import write_whole


def test_parts_that_fail_leave_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_whole(path, "before")

    def parts() -> Iterator[str]:
        yield "half of "
        raise ValueError("a NaN")

    with pytest.raises(ValueError, match="a NaN"):
        write_whole(path, parts())
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]
    write_whole(path, iter(["a", "ü", ""]))
    assert path.read_bytes() == "aü".encode()
