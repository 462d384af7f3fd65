"""A run in parts: `--shard i/n` asks every n-th sample from the i-th on, and the parts' journals are merged again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rfteval.errors import InputFileError, UsageError
from rfteval.journal import FILE_NAME, first_difference, is_journal_header, read_records
from rfteval.jsonl import open_input, read_rows
from rfteval.types import Record

T = TypeVar("T")

# Settings that differ between the parts of one run.
_OF_A_PART = ("shard", "samples", "samples_sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Part `number` of `count`, both from 1."""

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise UsageError(f"--shard {self} is no part: write I/N with I from 1 to N, such as 2/8")

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def of(self, items: Sequence[T]) -> Sequence[T]:
        """The items of this part; all parts together have each item once, and differ in length by at most one."""
        return items[self.number - 1 :: self.count]


def parse_shard(text: str | None) -> Shard | None:
    """The shard that "I/N" names. Raises UsageError for anything else."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if match is None:
        raise UsageError(f"--shard {text!r} is no part: write I/N with I from 1 to N, such as 2/8")
    return Shard(number=int(match[1]), count=int(match[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The records of several journals of one run, and the settings they have in common."""

    settings: Mapping[str, Any]
    records: tuple[Record, ...]
    shards: tuple[Shard, ...]


def read_parts(folders: Sequence[Path]) -> Parts:
    """The journals in `folders`. Raises InputFileError and UsageError: no journal, another run's, a part twice."""
    settings: dict[str, Any] = {}
    shards: list[Shard] = []
    records: dict[tuple[str, int], Record] = {}
    for folder in folders:
        path = folder / FILE_NAME
        with open_input(str(path)) as handle:
            rows = read_rows(handle, str(path))
            first = next(rows, None)
            if first is None or not is_journal_header(first[1]):
                raise InputFileError(f"{path} is not a journal of rfteval; name folders of `rfteval run --shard`")
            mine = first[1]["settings"]
            if not isinstance(mine, dict):
                raise InputFileError(f"{path}: its settings are damaged; name another folder")
            shard = parse_shard(mine.get("shard"))
            if shard is None:
                raise UsageError(f"{folder} is a whole run, not a part of one; it needs no merging")
            common = {key: value for key, value in mine.items() if key not in _OF_A_PART}
            if settings and (difference := first_difference(settings, common)) is not None:
                raise UsageError(
                    f"{folder} is a part of another run than {folders[0]} ({difference}); merge them apart"
                )
            settings = settings or common
            if shard in shards or (shards and shard.count != shards[0].count):
                raise UsageError(f"{folder} is part {shard} beside {', '.join(map(str, shards))}; name each part once")
            shards.append(shard)
            records |= {(record.sample_id, record.index): record for record in read_records(rows, str(path))}
    lacking = sorted(set(range(1, shards[0].count + 1)) - {shard.number for shard in shards}) if shards else []
    if lacking:
        raise UsageError(
            f"{len(lacking)} of {shards[0].count} parts are missing: {', '.join(map(str, lacking[:8]))}; "
            "name their folders too"
        )
    return Parts(settings=settings, records=tuple(records.values()), shards=tuple(shards))
