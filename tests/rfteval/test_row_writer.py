"""The output of `grade` ends with a whole line, whatever happens, and overwrites nothing unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfteval.errors import OutputError, UsageError
from rfteval.row_writer import RowWriter


@given(st.lists(st.dictionaries(st.text(max_size=3), st.text(max_size=9) | st.none() | st.integers()), max_size=9))
def test_rows_come_back_as_written_with_any_characters(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "o.jsonl"
    with RowWriter(str(path)) as writer:
        for row in rows:
            writer.write(row)
    assert writer.written == len(rows)
    assert [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]] == rows


def test_an_existing_file_is_overwritten_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text("precious")
    with pytest.raises(UsageError, match="--force"):
        RowWriter(str(path))
    assert path.read_text() == "precious"
    with RowWriter(str(path), overwrite=True) as writer:
        writer.write({"a": 1})
    assert json.loads(path.read_text()) == {"a": 1}


def test_what_was_written_before_an_error_elsewhere_stays(tmp_path: Path) -> None:
    with pytest.raises(KeyError), RowWriter(str(tmp_path / "o")) as writer:
        writer.write({"a": 1})
        raise KeyError("elsewhere")
    assert (tmp_path / "o").read_text() == '{"a": 1}\n'


def test_no_directory_and_no_permission_say_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such directory"):
        RowWriter(str(tmp_path / "no" / "o"))
    with pytest.raises(OutputError, match="cannot create"):
        RowWriter(str(tmp_path))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_a_full_device_is_one_error_with_the_count() -> None:
    with (
        pytest.raises(OutputError, match="the disk is full; it holds the first 0 rows"),
        RowWriter("/dev/full") as writer,
    ):
        writer.write({"a": 1})


FILL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_003, 1_000_003))
from rfteval.errors import OutputError
from rfteval.row_writer import RowWriter
try:
    with RowWriter(sys.argv[1]) as writer:
        for number in range(200000):
            writer.write({"number": number, "text": "x" * 40})
except OutputError as error:
    print(writer.written, error)
"""


def test_a_disk_that_fills_up_leaves_whole_rows_and_counts_them(tmp_path: Path) -> None:
    """The file-size limit stands in for the full disk: the kernel cuts a write off in the middle."""
    path = tmp_path / "o.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    count = int(done.stdout.split(" ", 1)[0])
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line)["number"] for line in lines] == list(range(count))
    assert count > 10_000
