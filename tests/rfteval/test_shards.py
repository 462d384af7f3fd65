"""Parts of a run: together they are the whole, and only parts of one run are merged."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfteval.errors import UsageError
from rfteval.journal import Journal
from rfteval.shards import Shard, parse_shard, read_parts
from rfteval.types import Record, Response


@given(st.lists(st.integers()), st.integers(1, 12))
def test_all_parts_together_have_each_item_once(items: list[int], count: int) -> None:
    parts = [Shard(number=number, count=count).of(items) for number in range(1, count + 1)]
    assert sorted(item for part in parts for item in part) == sorted(items)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/0", "-1/2", "1/2/3"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write I/N"):
        parse_shard(text)


def part(folder: Path, shard: str, **settings: object) -> Path:
    """A journal of one record in `folder`."""
    number = shard.partition("/")[0]
    record = Record(sample_id=f"s{number}", index=0, response=Response(sample_id=f"s{number}", text="t"), scored=None)
    with Journal(folder, {"benchmark": "b", "samples": 1, "samples_sha256": number, "shard": shard, **settings}) as one:
        one.append([record])
    return folder


def test_records_of_all_parts_and_their_common_settings(tmp_path: Path) -> None:
    parts = read_parts([part(tmp_path / "2", "2/2"), part(tmp_path / "1", "1/2")])
    assert {record.sample_id for record in parts.records} == {"s1", "s2"}
    assert parts.settings == {"benchmark": "b"}


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"1 of 3 parts are missing: 2;"):
        read_parts([part(tmp_path / "3", "3/3"), part(tmp_path / "1", "1/3")])


def test_parts_of_different_runs_are_not_merged(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"another run than .* \(prompt was 'a', is now 'b'\)"):
        read_parts([part(tmp_path / "1", "1/2", prompt="a"), part(tmp_path / "2", "2/2", prompt="b")])


@pytest.mark.parametrize("second", ["1/2", "2/3"])
def test_a_part_twice_or_of_another_count_is_refused(tmp_path: Path, second: str) -> None:
    with pytest.raises(UsageError, match="name each part once"):
        read_parts([part(tmp_path / "one", "1/2"), part(tmp_path / "other", second)])


def test_a_whole_run_needs_no_merging(tmp_path: Path) -> None:
    with Journal(tmp_path, {"benchmark": "b"}):
        pass
    with pytest.raises(UsageError, match="needs no merging"):
        read_parts([tmp_path])
