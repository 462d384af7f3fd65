"""Pictures of a page: small, together within their budget; what cannot be shown is named and stops nothing."""

from __future__ import annotations

import base64
import io
import random
from pathlib import Path

import pytest
from PIL import Image as Picture

from rfteval import images
from rfteval.pages import pictures
from rfteval.pages.pictures import is_picture, thumbnail, thumbnails
from rfteval.types import Image


def encoded(picture: Picture.Image, form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form)
    return buffer.getvalue()


def shown(address: str) -> Picture.Image:
    assert is_picture(address)
    return Picture.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))


def noise(side: int) -> bytes:
    """A picture that cannot be made small by encoding alone."""
    return encoded(Picture.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3)))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_each_usual_format_is_shown_small(form: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encoded(Picture.new("RGB", (2000, 1000), "red"), form))
    picture = shown(thumbnail(Image(path=str(path)), 20_000))
    assert picture.size == (480, 240)
    red, green, blue = picture.convert("RGB").getpixel((100, 100))
    assert red > 200 and green < 60 and blue < 60


def test_what_is_transparent_is_white() -> None:
    picture = shown(thumbnail(Image(data=encoded(Picture.new("RGBA", (50, 50), (0, 0, 0, 0)))), 20_000))
    assert min(picture.convert("RGB").getpixel((25, 25))) > 250


def test_a_small_picture_is_not_blown_up() -> None:
    assert shown(thumbnail(Image(data=encoded(Picture.new("RGB", (30, 20)))), 20_000)).size == (30, 20)


def test_all_together_keep_to_the_budget() -> None:
    large = {str(number): Image(data=noise(500)) for number in range(6)}
    found = thumbnails(large, large, budget_bytes=90_000)
    assert len(found.shown) == 6 and found.left_out == 0
    assert sum(len(address) for address in found.shown.values()) < 90_000 * 4 / 3 + 6 * 30


def test_a_small_file_is_taken_as_it_is_and_leaves_room_to_large_ones() -> None:
    small = {str(number): encoded(Picture.new("RGB", (64, 48), (number, 0, 0))) for number in range(9)}
    data = {**small, "large": noise(500)}
    found = thumbnails(data, {name: Image(data=each) for name, each in data.items()}, budget_bytes=50_000)
    for name, each in small.items():
        assert found.shown[name] == f"data:image/png;base64,{base64.b64encode(each).decode()}"
    assert 50_000 / 10 * 4 / 3 < len(found.shown["large"]) < 50_000 * 4 / 3


def turned() -> bytes:
    exif = Picture.Exif()
    exif[0x0112] = 6  # lies on its side
    buffer = io.BytesIO()
    Picture.new("RGB", (40, 20)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def test_a_file_that_a_browser_would_show_otherwise_is_not_taken_as_it_is() -> None:
    """See-through parts would get the page's colour; a turned one has other sides; a large one fills the memory."""
    assert shown(thumbnail(Image(data=turned()), 20_000, as_it_is=True)).size == (20, 40)
    clear = thumbnail(Image(data=encoded(Picture.new("RGBA", (50, 50)))), 20_000, as_it_is=True)
    assert shown(clear).mode == "RGB"
    large = encoded(Picture.new("L", (3000, 20)))
    assert shown(thumbnail(Image(data=large), 20_000, as_it_is=True)).width == 480


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_damaged_file_is_never_taken_as_it_is(form: str) -> None:
    whole = encoded(Picture.frombytes("RGB", (90, 90), random.Random(2).randbytes(90 * 90 * 3)), form)
    middle = len(whole) // 2
    cut, changed = whole[:middle], whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    assert is_picture(thumbnail(Image(data=whole), 99_999, as_it_is=True))
    assert "is damaged" in thumbnail(Image(data=cut), 99_999, as_it_is=True)
    if form == "PNG":  # a JPEG has no checksums
        assert "is damaged" in thumbnail(Image(data=changed), 99_999, as_it_is=True)


def test_the_most_wanted_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PICTURES", 2)
    image = Image(data=encoded(Picture.new("RGB", (9, 9))))
    found = thumbnails(["c", "a", "c", "b", "unknown"], {"a": image, "b": image, "c": image})
    assert list(found.shown) == ["c", "a"] and found.left_out == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the picture"),
        (b"\x89PNG\r\n\x1a\n", "the picture"),
        (b"<svg onload='alert(1)'/>", "the picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run", "the picture"),
        (noise(100)[:5_000], "the picture"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, why: str) -> None:
    """A description of a page in PostScript is one: it would start an interpreter."""
    found = thumbnails(["a"], {"a": Image(data=data)})
    assert found.shown == {} and found.unreadable["a"].startswith(why)


def test_a_picture_that_is_gone_or_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cannot be read: No such file" in thumbnail(Image(path=str(tmp_path / "gone.png")), 1)
    monkeypatch.setattr(images, "MAX_PIXELS", 99)
    assert "more than 99, the limit" in thumbnail(Image(data=noise(10)), 1)
