"""Data sets that the hub keeps as one configuration a subject, and the pictures their texts name by a number.

EMMA, MMMU and MMMU-Pro write `<image 1>` or `<image_1>` where a picture stands, in questions and in options, and keep
the pictures in columns `image_1`, `image_2` and so on.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from rfteval.benchmark import LoadRequest
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split
from rfteval.types import Image, ImagePart, TextPart

_ONE_FILE = ("{split}.jsonl", "data/{split}.jsonl", "{split}.json", "data/{split}.json", "{split}.parquet")


def read_subjects(source: HubSource, subjects: Sequence[str], request: LoadRequest, ways_out: str) -> Iterator[Row]:
    """The rows of a split over all subjects, in the order of `subjects`; a snapshot may also be one file of them all.

    Raises SourceError and InputFileError, see `rfteval.sources.read_split`.
    """
    if request.data is not None and _is_one_file(Path(request.data), request.split):
        yield from read_split(source, request, ways_out)
        return
    whole = dataclasses.replace(request, limit=None)
    sources = (dataclasses.replace(source, config=subject) for subject in subjects)
    yield from islice((row for each in sources for row in read_split(each, whole, ways_out)), request.limit)


def _is_one_file(path: Path, split: str) -> bool:
    return path.is_file() or any((path / name.format(split=split)).is_file() for name in _ONE_FILE)


def numbered_images(row: Row, highest: int) -> dict[int, Image]:
    """The pictures in `image_1` to `image_{highest}`, by number; those that the row does not have are left out."""
    found = {number: row.image(f"image_{number}") for number in range(1, highest + 1)}
    return {number: image for number, image in found.items() if image is not None}


def interleaved(text: str, token: re.Pattern[str], images: dict[int, Image]) -> tuple[TextPart | ImagePart, ...]:
    """Text and pictures in the order of the tokens; a token without a picture is dropped, like a blank text."""
    parts: list[TextPart | ImagePart] = []
    start = 0
    for found in token.finditer(text):
        parts += _text_part(text[start : found.start()])
        if int(found.group(1)) in images:
            parts.append(ImagePart(image=images[int(found.group(1))]))
        start = found.end()
    return (*parts, *_text_part(text[start:]))


def _text_part(text: str) -> list[TextPart]:
    return [TextPart(text=text)] if text.strip() else []
