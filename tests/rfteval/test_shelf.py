"""Pictures inside tables are put aside: the same bytes come back, once each, and are not held."""

from __future__ import annotations

import json
import pickle
import threading
import zipfile
from pathlib import Path

import pytest

from rfteval.asking import image_digest
from rfteval.benchmark import LoadRequest
from rfteval.errors import ImageError, OutputError
from rfteval.images import file_bytes
from rfteval.rows import HubSource
from rfteval.shelf import Kept, Shelf
from rfteval.sources import read_split
from rfteval.types import Image

SOURCE = HubSource(repository="a/b", revision="c", columns=("id",), archives=("pictures.zip",))


def test_what_is_put_aside_comes_back_and_the_same_bytes_lie_there_once() -> None:
    shelf = Shelf()
    places = [shelf.put(bytes([number % 5]) * (number % 5 + 1)) for number in range(20)]
    assert [place.read() for place in places] == [bytes([n % 5]) * (n % 5 + 1) for n in range(20)]
    assert len({(place.start, place.size) for place in places}) == 5
    assert shelf.put(b"") is shelf.put(b"") and shelf.put(b"").read() == b""


def test_an_image_on_the_shelf_is_as_one_in_memory_but_for_the_memory() -> None:
    held, kept = Image(data=b"a picture"), Image(data=Shelf().put(b"a picture"))
    assert (kept.data, image_digest(kept), file_bytes(kept)) == (held.data, image_digest(held), 9)
    assert kept == Image(data=Shelf().put(b"a picture")) != Image(data=Shelf().put(b"another"))
    assert len({kept, Image(data=Shelf().put(b"a picture"))}) == 1
    assert pickle.loads(pickle.dumps(kept)).data == b"a picture"  # another process has no such file


def test_threads_may_put_and_read_at_once() -> None:
    shelf, wrong = Shelf(), []

    def work(number: int) -> None:
        for turn in range(50):
            data = f"{number} {turn % 7}".encode() * (turn + 1)
            if shelf.put(data).read() != data:
                wrong.append(data)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_no_room_and_lost_bytes_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImageError, match="0 of its 3 bytes"):
        Kept(shelf=Shelf(), start=0, size=3, sha256="").read()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(OutputError, match=r"cannot put pictures aside in .*gone: No such file.*TMPDIR"):
        Shelf().put(b"x")


def test_pictures_of_an_archive_are_put_aside_and_files_stay_where_they_are(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
        archive.writestr("1.png", b"one")
    (tmp_path / "2.png").write_bytes(b"two")
    rows = [json.dumps({"id": str(number), "image": f"{number}.png"}) for number in (1, 2)]
    (tmp_path / "test.jsonl").write_text("\n".join(rows))
    first, second = (
        row.image("image") for row in read_split(SOURCE, LoadRequest(split="test", data=str(tmp_path)), "")
    )
    assert first is not None and isinstance(first.stored, Kept) and first.data == b"one"
    assert second == Image(path=str(tmp_path / "2.png"))
