"""Reading JSON lines that others wrote: bounded lines, and every complaint with file and line number."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rfteval.errors import InputFileError, UsageError

LINE_BYTES = 64 << 20  # a longer line is a wrong file, and reading on could take all memory


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """The file at `path`, or standard input for "-". Raises UsageError where there is no such file."""
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        handle = Path(path).open("rb")  # noqa: SIM115 - closed below; only the opening may fail with these errors
    except FileNotFoundError:
        raise UsageError(f"no such file: {path}; check the path") from None
    except IsADirectoryError:
        raise UsageError(f"{path} is a directory; name a JSONL file in it") from None
    except OSError as error:
        raise InputFileError(f"cannot read {path}: {error.strerror}; check its permissions") from None
    with handle:
        yield handle


def read_rows(
    handle: BinaryIO, name: str, on_bad: Callable[[InputFileError], None] | None = None
) -> Iterator[tuple[int, dict[str, object]]]:
    """(1-based line number, object) of each line that is not blank.

    Raises InputFileError at the first line that is no JSON object; with `on_bad` it is told of each and they are
    skipped. A line over LINE_BYTES always raises.
    """
    number = 0
    while line := handle.readline(LINE_BYTES + 1):
        number += 1
        if len(line) > LINE_BYTES:
            raise InputFileError(f"{name}:{number}: line longer than {LINE_BYTES >> 20} MiB; is this a JSONL file?")
        if line.isspace():
            continue
        try:
            yield number, parse_object(line)
        except ValueError as error:
            bad = InputFileError(f"{name}:{number}: {error}")
            if on_bad is None:
                raise bad from None
            on_bad(bad)


def parse_object(line: bytes) -> dict[str, object]:
    """The JSON object in `line`. Raises ValueError that says, for a person, what it is instead."""
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start + 1} of the line)") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("not usable JSON: nested too deep") from None
    except ValueError as error:  # an integer with more digits than Python converts
        raise ValueError(f"not usable JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, found {_kind_of(value)}")
    return value


def _kind_of(value: object) -> str:
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), type(value).__name__)
