"""Where samples come from: a local folder in any of its usual layouts, or the hub at a pinned revision.

Nothing here falls back: what was asked for is read, or an error says what was looked for, what was found and which
ways out there are. `datasets` is imported by the first split that is read from the hub.
"""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError, SourceError
from rfteval.rows import Archive, HubSource, Row
from rfteval.shelf import Shelf
from rfteval.snapshots import file_rows, local_rows

CONNECT_TIMEOUT_S = 5.0


def read_split(source: HubSource, request: LoadRequest, ways_out: str) -> Iterator[Row]:
    """The rows of a split, from `request.data` or, where that is None, from the hub; their pictures stay on disk.

    Raises SourceError (nothing there, incomplete, columns missing, hub out of reach: ends with `ways_out`) and
    InputFileError (a malformed file).
    """
    if request.data is None:
        rows = _hub_rows(source, request.split, ways_out)
    else:
        rows = local_rows(source, request.split, Path(request.data))
    shelf = Shelf()
    for row in islice(rows, request.limit):
        require_columns(source, row)
        yield dataclasses.replace(row, shelf=shelf)


def require_columns(source: HubSource, row: Row) -> None:
    """Raises SourceError where `row` lacks a column of `source`, with what was found and what is wanted."""
    missing = [column for column in source.columns if column not in row.values]
    if missing:
        raise SourceError(
            f"{row.place}: no column {', '.join(map(repr, missing))}; found {', '.join(row.values)}; "
            f"wanted {', '.join(source.columns)}: is this {source.repository}?"
        )


def unique(rows: Iterator[Row], column: str) -> Iterator[Row]:
    """The rows, with the identifiers in `column` checked. Raises InputFileError at the first repeated one."""
    seen: dict[str, str] = {}
    for row in rows:
        value = row.identifier(column)
        if value in seen:
            raise InputFileError(f"{row.place}: {column} {value!r} is already in {seen[value]}; remove one of them")
        seen[value] = row.place
        yield row


def numbered(rows: Iterator[Row], column: str) -> Iterator[tuple[str, Row]]:
    """(identifier, row), where the identifiers in `column` may repeat: the second "a" is "a#2".

    For data sets whose own identifier names a picture, or was given twice.
    """
    seen: Counter[str] = Counter()
    for row in rows:
        name = row.identifier(column)
        seen[name] += 1
        yield (name if seen[name] == 1 else f"{name}#{seen[name]}"), row


def _hub_rows(source: HubSource, split: str, ways_out: str) -> Iterator[Row]:
    """The rows as the hub, or the local cache of it, has them at the pinned revision."""
    reachable = _hub_answers()
    if not reachable:
        _go_offline()
    try:
        rows = _downloaded(source, split) if source.files else _table(source, split)
    except Exception as error:  # the hub client raises what its transport raises; whatever it is, no samples were had
        why = "the hub is out of reach and the split is not in the local cache"
        if reachable:
            why = f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0][:200]}"
        raise SourceError(
            f"cannot load split {split!r} of {source.repository} at revision {source.revision[:12]}: {why}; {ways_out}"
        ) from error
    yield from rows


def _go_offline() -> None:
    """Tell the hub's clients, which would otherwise try for half a minute before they look into the cache."""
    import datasets
    import huggingface_hub

    os.environ["HF_HUB_OFFLINE"] = "1"  # for processes that this one starts
    datasets.config.HF_HUB_OFFLINE = True  # both clients read the environment once, when they are imported
    huggingface_hub.constants.HF_HUB_OFFLINE = True


def _table(source: HubSource, split: str) -> Iterator[Row]:
    """The rows of a split that `datasets` reads as a table."""
    import datasets

    config = None if source.config == "default" else source.config
    table = datasets.load_dataset(source.repository, config, split=split, revision=source.revision)
    for column in source.images:
        if column in table.column_names:
            table = table.cast_column(column, _encoded(table.features[column]))
    place = f"{source.repository} {split} row"
    return (Row(place=f"{place} {number}", values=values) for number, values in enumerate(table, start=1))


def _encoded(feature: Any) -> Any:
    """The feature of a column of pictures, or of lists of them, that leaves the pictures encoded."""
    import datasets

    encoded = datasets.Image(decode=False)
    return type(feature)(encoded) if hasattr(feature, "feature") else encoded


def _downloaded(source: HubSource, split: str) -> Iterator[Row]:
    """The rows of a repository that is no table: files, archives and folders are fetched whole, or found in the cache.

    With folders, the paths in the rows start at the repository's root, else beside the rows.
    """
    from huggingface_hub import hf_hub_download, snapshot_download

    def fetched(name: str) -> Path:
        return Path(hf_hub_download(source.repository, name, repo_type="dataset", revision=source.revision))

    names = [name.format(split=split, config=source.config) for name in source.files]
    files = [fetched(name) for name in names]
    archives = [Archive(fetched(name)) for name in source.archives]
    root = None
    if source.folders:
        wanted = [f"{folder}/*" for folder in source.folders]
        root = Path(
            snapshot_download(source.repository, repo_type="dataset", revision=source.revision, allow_patterns=wanted)
        )
    return (
        row
        for name, file in zip(names, files, strict=True)
        for row in file_rows(file, root or file.parent, archives, name=f"{source.repository} {name}")
    )


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
