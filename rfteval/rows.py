"""What a data set is made of: where it lies, and its rows as stored, read with complaints that name the place.

Pictures stay encoded. A row says what it has; what a benchmark makes of it is the benchmark's own.
"""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rfteval.errors import InputFileError
from rfteval.shelf import Shelf
from rfteval.types import Image

MEMBER_BYTES = 256 << 20  # a larger picture in an archive is a wrong file, and would take all memory


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSource:
    """A data set on the hub. `revision` is a commit, so the same samples are read next year; `images` are its picture
    columns, which are not decoded; `columns` must be there.

    A repository that is no table names its own layout: `files` hold the rows of a split ("{split}" and "{config}" are
    filled in), `archives` are zip files that hold the pictures which the rows name by a path, and `folders` hold such
    pictures as loose files.
    """

    repository: str
    revision: str
    columns: tuple[str, ...]
    images: tuple[str, ...] = ()
    config: str = "default"
    files: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


class Archive:
    """A zip file of pictures, opened when the first one is wanted. Members are found by the end of their path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        self._names: dict[str, str] = {}

    def read(self, relative: PurePosixPath) -> bytes | None:
        """The bytes of that member, None where there is none. Raises InputFileError for a damaged archive."""
        try:
            if self._zip is None:
                self._zip = zipfile.ZipFile(self.path)
                for name in self._zip.namelist():  # with and without the folders that the archive was packed in
                    parts = PurePosixPath(name).parts
                    self._names |= {"/".join(parts[start:]): name for start in range(len(parts))}
            found = self._names.get(relative.as_posix())
            if found is None:
                return None
            if self._zip.getinfo(found).file_size > MEMBER_BYTES:
                raise InputFileError(f"{self.path}: {found} is over {MEMBER_BYTES >> 20} MiB; is it a picture?")
            return self._zip.read(found)
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            raise InputFileError(f"{self.path}: not a readable zip file: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it was stored, where it is from (for complaints), and the folder its relative paths start in.

    Pictures that came inside the data set are put on the `shelf`; without one they stay in memory.
    """

    place: str
    values: Mapping[str, object]
    folder: Path | None = None
    archives: tuple[Archive, ...] = ()
    shelf: Shelf | None = None

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

    def inner(self, column: str) -> Row:
        """The object in `column` as a row of its own. Raises InputFileError for anything else."""
        value = self.values.get(column)
        if not isinstance(value, Mapping):
            raise InputFileError(f"{self.place}: {column!r} must be an object, found {_shown(value)}")
        return dataclasses.replace(self, place=f"{self.place}, {column}", values=value)

    def image(self, *columns: str) -> Image | None:
        """The picture in the first of `columns` that has one: stored bytes, or a path inside the snapshot.

        Raises InputFileError for a path that leads out of the snapshot. A file that is not there is no error here:
        scoring stored responses needs no pictures, and a model says which one it could not read.
        """
        return next((image for column in columns if (image := self._image(column, self.values.get(column)))), None)

    def one_image(self, *columns: str) -> tuple[Image, ...]:
        """The picture as in `image`, for samples that have one or, where it is not at hand, none."""
        image = self.image(*columns)
        return () if image is None else (image,)

    def images(self, *columns: str) -> tuple[Image, ...]:
        """The pictures in the first of `columns` that has a list of them, each as in `image`; else none."""
        for column in columns:
            value = self.values.get(column)
            if isinstance(value, list) and value:
                found = [self._image(column, part) for part in value]
                if all(found):
                    return tuple(image for image in found if image is not None)
        return ()

    def picture(self, data: bytes) -> Image:
        """A picture of these bytes, which are put aside. Raises OutputError where there is no room for them."""
        return Image(data=data if self.shelf is None else self.shelf.put(data))

    def _image(self, column: str, value: object) -> Image | None:
        if isinstance(value, Mapping):
            if isinstance(value.get("bytes"), bytes):
                return self.picture(value["bytes"])
            value = value.get("path")
        if isinstance(value, bytes):
            return self.picture(value)
        if not (isinstance(value, str) and value) or self.folder is None:
            return None
        relative = PurePosixPath(value)
        if relative.is_absolute() or ".." in relative.parts:
            raise InputFileError(f"{self.place}: {column!r} leads out of the snapshot: {value!r}")
        path = self.folder / relative
        if self.archives and not path.exists():
            data = next((data for archive in self.archives if (data := archive.read(relative)) is not None), None)
            if data is not None:
                return self.picture(data)
        return Image(path=str(path))


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)[:60]
