"""Local snapshots in every layout, and what is said where one is missing, incomplete or malformed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from benchmarks.mathvista import HUB, MATHVISTA, PACKAGED
from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError, SourceError
from rfteval.rows import Row
from rfteval.types import Sample

# The columns of AI4Math/MathVista as its Parquet files have them (dataset card): the picture's bytes beside its path,
# the precision as a float.
IMAGE = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
METADATA = pyarrow.struct(
    [
        *((name, pyarrow.string()) for name in ("category", "context", "grade")),
        *((name, pyarrow.int64()) for name in ("img_height", "img_width")),
        ("language", pyarrow.string()),
        ("skills", pyarrow.list_(pyarrow.string())),
        *((name, pyarrow.string()) for name in ("source", "split", "task")),
    ]
)
SCHEMA = pyarrow.schema(
    [
        *((name, pyarrow.string()) for name in ("pid", "question", "image")),
        ("decoded_image", IMAGE),
        ("choices", pyarrow.list_(pyarrow.string())),
        ("unit", pyarrow.string()),
        ("precision", pyarrow.float64()),
        *((name, pyarrow.string()) for name in ("answer", "question_type", "answer_type")),
        ("metadata", METADATA),
        ("query", pyarrow.string()),
    ]
)
ROWS = [json.loads(line) for line in (PACKAGED / "sample.jsonl").read_text().splitlines()]
PARQUET = "data/testmini-00000-of-00001-725687bf7a18d64b.parquet"


def hub_table(rows: list[dict[str, Any]]) -> pyarrow.Table:
    """These rows with their pictures, as the hub stores them."""
    stored = [row | {"decoded_image": {"bytes": (PACKAGED / row["image"]).read_bytes(), "path": None}} for row in rows]
    return pyarrow.Table.from_pylist(stored, SCHEMA)


def write_parquet(path: Path, rows: list[dict[str, Any]] = ROWS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(hub_table(rows), path)


def write_arrow(path: Path, opened: Callable[..., Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened(str(path), SCHEMA) as sink:
        sink.write_table(hub_table(ROWS))


def write_lines(path: Path, rows: list[dict[str, Any]] = ROWS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def load(path: Path, split: str = "testmini", limit: int | None = None) -> list[Sample]:
    return list(MATHVISTA.load(LoadRequest(split=split, data=str(path), limit=limit)))


LAYOUTS: dict[str, Callable[[Path], None]] = {
    "lines": lambda root: write_lines(root / "testmini.jsonl"),
    "the authors' own file": lambda root: (root / "testmini.json").write_text(
        json.dumps({row["pid"]: row for row in ROWS})
    ),
    "a clone of the hub": lambda root: write_parquet(root / PARQUET),
    "files beside each other": lambda root: write_parquet(root / Path(PARQUET).name),
    "one file": lambda root: write_parquet(root / "testmini.parquet"),
    "the hub's cache": lambda root: write_parquet(
        root / "hub" / "datasets--AI4Math--MathVista" / "snapshots" / HUB.revision / PARQUET
    ),
    "the cache of datasets": lambda root: write_arrow(
        root / "AI4Math___math_vista" / "default" / "0.0.0" / HUB.revision / "math_vista-testmini.arrow",
        pyarrow.ipc.new_stream,
    ),
    "an Arrow file with a footer": lambda root: write_arrow(
        root / "testmini" / "data-00000-of-00001.arrow", pyarrow.ipc.new_file
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_samples(layout: str, tmp_path: Path) -> None:
    LAYOUTS[layout](tmp_path)
    loaded = load(tmp_path)
    wanted = load(PACKAGED, "sample")
    assert [sample.reference for sample in loaded] == [sample.reference for sample in wanted]
    for sample, packaged in zip(loaded, wanted, strict=True):
        assert (sample.id, sample.question, sample.fields) == (packaged.id, packaged.question, packaged.fields)
        tags = dict(sample.tags) | {"picture": ""}
        assert tags == dict(packaged.tags) | {"picture": ""}
    if layout not in ("lines", "the authors' own file"):
        assert [sample.images[0].data for sample in loaded] == [(PACKAGED / row["image"]).read_bytes() for row in ROWS]
        assert len({sample.tags["picture"] for sample in loaded}) == len(ROWS)
    else:
        assert loaded[0].images[0].path == str(tmp_path / ROWS[0]["image"])


def test_what_datasets_saves_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`save_to_disk` of one split and of all, written by the library itself."""
    import datasets

    table = datasets.Dataset(hub_table(ROWS[:5]), split="testmini")
    table.save_to_disk(tmp_path / "one")
    datasets.DatasetDict({"testmini": table, "test": table}).save_to_disk(tmp_path / "all")
    wanted = [sample.id for sample in load(PACKAGED, "sample")][:5]
    assert [sample.id for sample in load(tmp_path / "one")] == wanted
    assert [sample.id for sample in load(tmp_path / "all")] == wanted
    with pytest.raises(SourceError, match="no split 'test'"):
        load(tmp_path / "one", "test")


def test_the_hub_is_asked_for_the_pinned_revision_and_pictures_stay_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is real, only the download is not: it is handed the table that it would have fetched."""
    import datasets

    asked: list[tuple[object, ...]] = []

    def fetched(*names: object, split: str, revision: str) -> Any:
        asked.append((*names, split, revision))
        return datasets.Dataset(hub_table(ROWS[:3])).cast_column("decoded_image", datasets.Image())

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(datasets, "load_dataset", fetched)
    loaded = MATHVISTA.load(LoadRequest(split="testmini"))
    assert asked == [("AI4Math/MathVista", None, "testmini", HUB.revision)]
    assert [sample.images[0].data for sample in loaded] == [(PACKAGED / row["image"]).read_bytes() for row in ROWS[:3]]


def test_a_limit_reads_no_further(tmp_path: Path) -> None:
    write_lines(tmp_path / "testmini.jsonl", ROWS[:3])
    with (tmp_path / "testmini.jsonl").open("a") as handle:
        handle.write("not JSON\n")
    assert len(load(tmp_path, limit=3)) == 3
    with pytest.raises(InputFileError, match=r"testmini\.jsonl:4: not JSON"):
        load(tmp_path)


def test_a_missing_folder_and_a_missing_split_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder"):
        load(tmp_path / "nowhere")
    (tmp_path / "unrelated.txt").write_text("")
    with pytest.raises(SourceError, match=r"no split 'testmini'.*looked for testmini\.jsonl.*holds unrelated\.txt"):
        load(tmp_path)


def test_a_missing_column_says_what_was_found_and_wanted(tmp_path: Path) -> None:
    write_lines(tmp_path / "testmini.jsonl", [{"id": "1", "question": "?"}])
    with pytest.raises(SourceError, match=r"testmini\.jsonl:1: no column 'pid'.*found id, question; wanted pid"):
        load(tmp_path)


def test_an_incomplete_snapshot_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    write_parquet(tmp_path / "data" / "testmini-00000-of-00002.parquet")
    with pytest.raises(SourceError, match="1 of 2 files"):
        load(tmp_path)


def test_shards_are_read_in_order(tmp_path: Path) -> None:
    write_parquet(tmp_path / "data" / "testmini-00001-of-00002.parquet", ROWS[5:9])
    write_parquet(tmp_path / "data" / "testmini-00000-of-00002.parquet", ROWS[:5])
    assert [sample.id for sample in load(tmp_path)] == [row["pid"] for row in ROWS[:9]]


def test_another_revision_in_the_cache_is_taken_only_where_it_is_the_only_one(tmp_path: Path) -> None:
    snapshots = tmp_path / "datasets--AI4Math--MathVista" / "snapshots"
    write_parquet(snapshots / ("a" * 40) / PARQUET, ROWS[:2])
    assert len(load(tmp_path)) == 2
    write_parquet(snapshots / ("b" * 40) / PARQUET, ROWS[:3])
    with pytest.raises(SourceError, match="2 revisions"):
        load(tmp_path)
    write_parquet(snapshots / HUB.revision / PARQUET, ROWS[:4])
    assert len(load(tmp_path)) == 4


@pytest.mark.parametrize("name", ["testmini.parquet", "testmini/data-00000-of-00001.arrow", "testmini.json"])
def test_a_damaged_file_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"PAR1 but not really")
    with pytest.raises(InputFileError, match=path.name):
        load(tmp_path)


def test_an_identifier_twice_is_refused(tmp_path: Path) -> None:
    write_lines(tmp_path / "testmini.jsonl", [*ROWS[:2], ROWS[0]])
    with pytest.raises(InputFileError, match=r"jsonl:3: pid 's1' is already in .*jsonl:1"):
        load(tmp_path)


def test_numbers_and_nothing_are_told_apart() -> None:
    row = Row(place="here", values={"float": 2.0, "nan": float("nan"), "none": None, "flag": True})
    assert row.optional_integer("float") == 2
    assert row.optional_integer("nan") is row.optional_integer("none") is row.optional_integer("absent") is None
    with pytest.raises(InputFileError, match="here: 'flag' must be a whole number"):
        row.optional_integer("flag")
