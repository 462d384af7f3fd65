"""Where samples come from: a local folder in any of its usual layouts, or the hub at a pinned revision.

Pictures stay encoded. Nothing here falls back: what was asked for is read, or an error says what was looked for, what
was found and which ways out there are. `datasets` and `pyarrow` are imported by the first file that needs them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError, SourceError
from rfteval.jsonl import open_input, read_rows
from rfteval.types import Image

CONNECT_TIMEOUT_S = 5.0

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


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSource:
    """A data set on the hub. `revision` is a commit, so the same samples are read next year; `images` are its picture
    columns, which are not decoded; `columns` must be there."""

    repository: str
    revision: str
    columns: tuple[str, ...]
    images: tuple[str, ...] = ()
    config: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it was stored, where it is from (for complaints), and the folder its relative paths start in."""

    place: str
    values: Mapping[str, object]
    folder: Path | None = None

    def text(self, column: str) -> str:
        """The text in `column`. Raises InputFileError where there is none."""
        value = self.values.get(column)
        if not isinstance(value, str):
            raise InputFileError(f"{self.place}: {column!r} must be a text, found {_shown(value)}")
        return value

    def identifier(self, column: str) -> str:
        """The text or whole number in `column`, as a text. Raises InputFileError for anything else."""
        value = self.values.get(column)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else self.text(column)

    def optional_text(self, column: str) -> str:
        """As `text`, and an absent or null one is empty."""
        return "" if self.values.get(column) is None else self.text(column)

    def texts(self, column: str) -> tuple[str, ...]:
        """The list of texts in `column`, empty where it is absent or null. Raises InputFileError for anything else."""
        value = self.values.get(column)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise InputFileError(f"{self.place}: {column!r} must be a list of texts, found {_shown(value)}")
        return tuple(value)

    def optional_integer(self, column: str) -> int | None:
        """The whole number in `column`, which the hub stores as a float, or None. Raises InputFileError otherwise."""
        value = self.values.get(column)
        if value is None or (isinstance(value, float) and value != value):
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
            raise InputFileError(f"{self.place}: {column!r} must be a whole number or null, found {_shown(value)}")
        return int(value)

    def image(self, *columns: str) -> Image | None:
        """The picture in the first of `columns` that has one: stored bytes, or a path inside the snapshot.

        Raises InputFileError for a path that leads out of the snapshot. A file that is not there is no error here:
        scoring stored responses needs no pictures, and a model says which one it could not read.
        """
        for column in columns:
            value = self.values.get(column)
            if isinstance(value, Mapping):
                if isinstance(value.get("bytes"), bytes):
                    return Image(data=value["bytes"])
                value = value.get("path")
            if isinstance(value, bytes):
                return Image(data=value)
            if isinstance(value, str) and value and self.folder is not None:
                relative = PurePosixPath(value)
                if relative.is_absolute() or ".." in relative.parts:
                    raise InputFileError(f"{self.place}: {column!r} leads out of the snapshot: {value!r}")
                return Image(path=str(self.folder / relative))
        return None


def read_split(source: HubSource, request: LoadRequest, ways_out: str) -> Iterator[Row]:
    """The rows of a split, from `request.data` or, where that is None, from the hub.

    Raises SourceError (nothing there, incomplete, columns missing, hub out of reach: ends with `ways_out`) and
    InputFileError (a malformed file).
    """
    rows = _hub_rows(source, request.split, ways_out) if request.data is None else _local_rows(source, request)
    for row in islice(rows, request.limit):
        missing = [column for column in source.columns if column not in row.values]
        if missing:
            raise SourceError(
                f"{row.place}: no column {', '.join(map(repr, missing))}; found {', '.join(row.values)}; "
                f"wanted {', '.join(source.columns)}: is this {source.repository}?"
            )
        yield row


def unique(rows: Iterator[Row], column: str) -> Iterator[Row]:
    """The rows, with the identifiers in `column` checked. Raises InputFileError at the first repeated one."""
    seen: dict[str, str] = {}
    for row in rows:
        value = row.identifier(column)
        if value in seen:
            raise InputFileError(f"{row.place}: {column} {value!r} is already in {seen[value]}; remove one of them")
        seen[value] = row.place
        yield row


def _local_rows(source: HubSource, request: LoadRequest) -> Iterator[Row]:
    """The rows of a snapshot: a file, a folder as the hub or `save_to_disk` lays it out, or a cache folder."""
    path = Path(request.data or "")
    if path.is_file():
        files = [path]
        folder = path.parent
    elif path.is_dir():
        folder, files = _find(source, request.split, path)
    else:
        raise SourceError(f"no such folder: {path}; --data names a local snapshot of {source.repository}")
    for file in files:
        yield from _file_rows(file, folder)


def _find(source: HubSource, split: str, path: Path) -> tuple[Path, list[Path]]:
    """(root, files of the split in order). Raises SourceError naming the layouts looked for."""
    patterns = [layout.format(split=split, config=source.config) for layout in _LAYOUTS]
    for root in (path, *_cache_roots(source, path)):
        for pattern in patterns:
            files = sorted(root.glob(pattern))
            if files:
                return root, _complete(files)
        if _saved_split(root) == split:
            return root, _complete(sorted(root.glob("data-*-of-*.arrow")))
    there = sorted(entry.name for entry in path.iterdir())
    shown = ", ".join(there[:8]) + (", ..." if len(there) > 8 else "") if there else "nothing"
    raise SourceError(
        f"{path} has no split {split!r} of {source.repository}: looked for {patterns[0]}, {patterns[5]}, "
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


def _file_rows(file: Path, folder: Path) -> Iterator[Row]:
    if file.suffix == ".parquet" or file.suffix == ".arrow":
        tables = _parquet_rows(file) if file.suffix == ".parquet" else _arrow_rows(file)
        for number, values in enumerate(tables, start=1):
            yield Row(place=f"{file} row {number}", values=values, folder=folder)
    elif file.suffix == ".json":
        for number, values in enumerate(_json_rows(file), start=1):
            yield Row(place=f"{file} entry {number}", values=values, folder=folder)
    else:
        with open_input(str(file)) as handle:
            for line, values in read_rows(handle, str(file)):
                yield Row(place=f"{file}:{line}", values=values, folder=folder)


def _json_rows(file: Path) -> Iterator[dict[str, object]]:
    """A JSON file that holds a list of objects or, as MathVista's own release, an object of them."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputFileError(f"{file}: not readable JSON: {error}") from None
    rows = list(content.values()) if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputFileError(f"{file}: expected a list of objects, or an object of objects")
    yield from rows


def _parquet_rows(file: Path) -> Iterator[dict[str, object]]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(file) as table:
            for batch in table.iter_batches(batch_size=64):
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
                for start in range(0, batch.num_rows, 64):
                    yield from batch.slice(start, 64).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise InputFileError(f"{file}: not a readable Arrow file: {error}") from None


def _hub_rows(source: HubSource, split: str, ways_out: str) -> Iterator[Row]:
    """The rows as the hub, or the local cache of it, has them at the pinned revision."""
    reachable = _hub_answers()
    if not reachable:
        os.environ["HF_HUB_OFFLINE"] = "1"  # else its client tries for half a minute before it looks into the cache
    try:
        import datasets

        config = None if source.config == "default" else source.config
        table = datasets.load_dataset(source.repository, config, split=split, revision=source.revision)
        for column in source.images:
            if column in table.column_names:
                table = table.cast_column(column, datasets.Image(decode=False))
    except Exception as error:  # the hub client raises what its transport raises; whatever it is, no samples were had
        why = "the hub is out of reach and the split is not in the local cache"
        if reachable:
            why = f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0][:200]}"
        raise SourceError(
            f"cannot load split {split!r} of {source.repository} at revision {source.revision[:12]}: {why}; {ways_out}"
        ) from error
    for number, values in enumerate(table, start=1):
        yield Row(place=f"{source.repository} {split} row {number}", values=values)


def _hub_answers() -> bool:
    """Whether a connection to the hub can be opened. With a proxy only its client can tell, which takes longer."""
    import socket
    from urllib.parse import urlsplit
    from urllib.request import getproxies

    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return False
    if getproxies():
        return True
    endpoint = urlsplit(os.environ.get("HF_ENDPOINT") or "https://huggingface.co")
    port = endpoint.port or (80 if endpoint.scheme == "http" else 443)
    try:
        with socket.create_connection((endpoint.hostname or "", port), timeout=CONNECT_TIMEOUT_S):
            return True
    except OSError:
        return False


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)[:60]
