"""Rows of a local snapshot, in any of the layouts that a data set is kept in: as released, as cloned, as cached.

`pyarrow` is imported by the first file that needs it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from rfteval.errors import InputFileError, SourceError
from rfteval.jsonl import LINE_BYTES, open_input, read_rows
from rfteval.rows import Archive, HubSource, Row

_ROWS_AT_ONCE = 16  # of a table, each of which may hold pictures of several megabytes
_PARQUET_BUFFER = 1 << 20
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})")

# Layouts of a snapshot, relative to its root, the plainest first; {split} and {config} are filled in.
_LAYOUTS = (
    "{split}.jsonl",
    "data/{split}.jsonl",
    "{split}.json",
    "data/{split}.json",
    "{split}.parquet",
    "{split}-*-of-*.parquet",
    "data/{split}-*-of-*.parquet",
    "{config}/{split}-*-of-*.parquet",
    "{config}/{split}/*.parquet",
    "{split}/*.parquet",
    "{split}/data-*-of-*.arrow",
    "*-{split}.arrow",
    "*-{split}-*-of-*.arrow",
)


def local_rows(source: HubSource, split: str, path: Path) -> Iterator[Row]:
    """The rows of a snapshot: a file, a folder as the hub or `save_to_disk` lays it out, or a cache folder.

    Raises SourceError (nothing there, incomplete) and InputFileError (a malformed file).
    """
    if path.is_file():
        files = [path]
        folder = path.parent
    elif path.is_dir():
        folder, files = _find(source, split, path)
    else:
        raise SourceError(f"no such folder: {path}; --data names a local snapshot of {source.repository}")
    archives = tuple(Archive(folder / name) for name in source.archives if (folder / name).is_file())
    for file in files:
        yield from file_rows(file, folder, archives)


def _find(source: HubSource, split: str, path: Path) -> tuple[Path, list[Path]]:
    """(root, files of the split in order). Raises SourceError naming the layouts looked for."""
    own = [layout.format(split=split, config=source.config) for layout in source.files]
    patterns = [layout.format(split=split, config=source.config) for layout in _LAYOUTS]
    for root in (path, *_cache_roots(source, path)):
        for pattern in (*own, *patterns):
            files = sorted(root.glob(pattern))
            if files:
                return root, _complete(files)
        if _saved_split(root) == split:
            return root, _complete(sorted(root.glob("data-*-of-*.arrow")))
    there = sorted(entry.name for entry in path.iterdir())
    shown = ", ".join(there[:8]) + (", ..." if len(there) > 8 else "") if there else "nothing"
    wanted = ", ".join((*own, patterns[0], patterns[5]))
    raise SourceError(
        f"{path} has no split {split!r} of {source.repository}: looked for {wanted}, "
        f"data/{patterns[5]}, {split}/data-*.arrow and a hub cache; it holds {shown}"
    )


def _cache_roots(source: HubSource, path: Path) -> Iterator[Path]:
    """Snapshot folders inside a cache: the hub's (the pinned revision, else the only one) and that of `datasets`."""
    owner, _, name = source.repository.partition("/")
    for base in (path, path / "hub"):
        repository = base / f"datasets--{owner}--{name}" / "snapshots"
        pinned = repository / source.revision
        if pinned.is_dir():
            yield pinned
        elif repository.is_dir():
            others = sorted(repository.iterdir())
            if len(others) > 1:
                raise SourceError(f"{repository} has {len(others)} revisions and not {source.revision}; name one")
            yield from others
    for base in (path, path / "datasets"):
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
        yield from sorted(base.glob(f"{owner}___{snake}/{source.config}/*/*"))


def _saved_split(root: Path) -> str | None:
    """The split that `Dataset.save_to_disk` wrote into this folder, if it did."""
    try:
        state = json.loads((root / "state.json").read_bytes())
    except (OSError, ValueError):
        return None
    return state.get("_split") if isinstance(state, dict) else None


def _complete(files: list[Path]) -> list[Path]:
    """`files`, where none of their shards is missing. Raises SourceError."""
    shards = [match for file in files if (match := _SHARD.search(file.name))]
    if shards and len(shards) != int(shards[0].group(2)):
        raise SourceError(
            f"{files[0].parent} is incomplete: {len(shards)} of {int(shards[0].group(2))} files of the split are there"
        )
    return files


def file_rows(file: Path, folder: Path, archives: Sequence[Archive] = (), name: str = "") -> Iterator[Row]:
    """The rows of one file, read by its suffix; `name` is its own one where the file is kept under another.

    Raises InputFileError naming the file, and the line where it has any.
    """
    name = name or str(file)
    suffix = Path(name).suffix
    if suffix not in _READERS:
        with open_input(str(file)) as handle:
            for line, values in read_rows(handle, name):
                yield Row(place=f"{name}:{line}", values=values, folder=folder, archives=tuple(archives))
        return
    what, read = _READERS[suffix]
    for number, values in enumerate(read(file), start=1):
        yield Row(place=f"{name} {what} {number}", values=values, folder=folder, archives=tuple(archives))


def _json_rows(file: Path) -> Iterator[dict[str, object]]:
    """A JSON file that holds a list of objects, an object of them (MathVista), or one list under a name (CLEVR)."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputFileError(f"{file}: not readable JSON: {error}") from None
    rows = content
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
        rows = lists[0] if len(lists) == 1 else list(content.values())
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputFileError(f"{file}: expected a list of objects, or an object of objects")
    yield from rows


def _tsv_rows(file: Path) -> Iterator[dict[str, object]]:
    """A table of tab-separated values with a header line, quoted as Python's and pandas' writers quote."""
    csv.field_size_limit(LINE_BYTES)  # the default of 128 KiB is less than a picture in base 64
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            for values in csv.DictReader(handle, delimiter="\t", restkey="(more)"):
                if "(more)" in values or None in values.values():
                    raise InputFileError(f"{file}: a line has other columns than the header; is this a whole TSV file?")
                yield dict(values)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputFileError(f"{file}: not a readable TSV file: {error}") from None


def _parquet_rows(file: Path) -> Iterator[dict[str, object]]:
    import pyarrow
    import pyarrow.parquet

    try:
        # Read ahead, which is the default, the whole file would lie in memory before its last row is asked for.
        with pyarrow.parquet.ParquetFile(file, pre_buffer=False, buffer_size=_PARQUET_BUFFER) as table:
            for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE):
                yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise InputFileError(f"{file}: not a readable Parquet file: {error}") from None


def _arrow_rows(file: Path) -> Iterator[dict[str, object]]:
    """Rows of an Arrow file; `datasets` writes the streaming format, others the one with a footer."""
    import pyarrow

    try:
        with pyarrow.memory_map(str(file)) as source:
            try:
                reader = pyarrow.ipc.open_stream(source)
                batches = iter(reader)
            except pyarrow.ArrowInvalid:
                footed = pyarrow.ipc.open_file(source)
                batches = (footed.get_batch(index) for index in range(footed.num_record_batches))
            for batch in batches:
                for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
                    yield from batch.slice(start, _ROWS_AT_ONCE).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise InputFileError(f"{file}: not a readable Arrow file: {error}") from None


_READERS: Mapping[str, tuple[str, Callable[[Path], Iterator[dict[str, object]]]]] = MappingProxyType(
    {
        ".parquet": ("row", _parquet_rows),
        ".arrow": ("row", _arrow_rows),
        ".json": ("entry", _json_rows),
        ".tsv": ("entry", _tsv_rows),
    }
)
