"""Pictures of every kind become RGB as a person sees them, or an error that says what is wrong, in bounded memory."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as pillow

from rfteval import images
from rfteval.errors import ImageError
from rfteval.images import MAX_PIXELS, MIN_SIDE, decode, encode, pixels
from rfteval.types import Image


def stored(picture: pillow.Image, kind: str, **options: Any) -> Image:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return Image(data=buffer.getvalue())


def huge_png(side: int) -> bytes:
    """A few hundred bytes that claim to be a picture of `side` by `side` pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("picture", "kind", "expected"),
    [
        (pillow.new("RGB", (8, 8), (1, 2, 3)), "PNG", (1, 2, 3)),
        (pillow.new("L", (8, 8), 77), "PNG", (77, 77, 77)),
        (pillow.new("1", (8, 8), 1), "PNG", (255, 255, 255)),
        (pillow.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF", (255, 0, 0)),
        (pillow.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", (255, 0, 0)),
        (pillow.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG", (255, 255, 255)),
        (pillow.new("LA", (8, 8), (0, 128)), "PNG", (127, 127, 127)),
        (pillow.new("I;16", (8, 8), 40000), "PNG", (156, 156, 156)),
        (pillow.new("RGB", (1, 1), "red"), "PNG", (255, 0, 0)),
        (pillow.new("RGB", (600, 1), "red"), "PNG", (255, 0, 0)),
    ],
    ids=lambda value: getattr(value, "mode", str(value)),
)
def test_a_picture_of_any_mode_is_seen_in_rgb(picture: pillow.Image, kind: str, expected: tuple[int, int, int]) -> None:
    decoded = decode(stored(picture, kind))
    assert decoded.mode == "RGB"
    assert min(decoded.size) >= min(MIN_SIDE, *picture.size)
    pixel = decoded.getpixel((0, 0))
    assert isinstance(pixel, tuple)
    assert max(abs(a - b) for a, b in zip(pixel, expected, strict=True)) <= 1


def test_an_animated_picture_is_its_first_frame() -> None:
    frames = [pillow.new("RGB", (9, 9), color) for color in ("red", "green", "blue")]
    animated = stored(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(animated).getpixel((4, 4)) == (255, 0, 0)
    kind, data = encode(animated)
    assert kind == "image/png"
    assert decode(Image(data=data)).getpixel((4, 4)) == (255, 0, 0)


def test_a_photograph_lying_on_its_side_is_turned() -> None:
    photograph = pillow.new("RGB", (40, 20), "white")
    exif = photograph.getexif()
    exif[0x0112] = 6
    turned = stored(photograph, "JPEG", exif=exif)
    assert decode(turned).size == (20, 40)
    assert decode(Image(data=encode(turned)[1])).size == (20, 40)


def test_a_plain_picture_is_sent_as_it_is_and_others_as_png() -> None:
    plain = stored(pillow.new("RGB", (8, 8), "red"), "JPEG")
    assert encode(plain) == ("image/jpeg", plain.data)
    for other in (stored(pillow.new("RGBA", (8, 8)), "PNG"), stored(pillow.new("RGB", (8, 8)), "BMP")):
        kind, data = encode(other)
        assert kind == "image/png"
        assert decode(Image(data=data)).tobytes() == decode(other).tobytes()


@pytest.mark.parametrize("side", [8193, 20_000, 2_000_000_000])
def test_a_decompression_bomb_is_refused_by_its_header(side: int) -> None:
    bomb = Image(data=huge_png(side))
    with pytest.raises(ImageError, match=str(MAX_PIXELS)):
        decode(bomb)
    with pytest.raises(ImageError, match=str(MAX_PIXELS)):
        encode(bomb)
    assert pixels(bomb) == 0


def test_a_file_over_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 100)
    path = tmp_path / "large.png"
    path.write_bytes(bytes(101))
    for image in (Image(path=str(path)), Image(data=bytes(101))):
        with pytest.raises(ImageError, match="101 bytes"):
            decode(image)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"not a picture", "no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),
        (stored(pillow.effect_noise((64, 64), 90), "PNG").data[:-400], "damaged"),  # type: ignore[index]
        (stored(pillow.effect_noise((64, 64), 90), "JPEG").data[:-400], "damaged"),  # type: ignore[index]
    ],
    ids=["empty", "text", "postscript", "cut png", "cut jpeg"],
)
def test_what_is_no_whole_picture_is_refused_with_the_reason(data: bytes, said: str) -> None:
    for read in (decode, encode):
        with pytest.raises(ImageError, match=said):
            read(Image(data=data))


def test_a_missing_file_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"'chart\.png'") as caught:
        decode(Image(path=str(tmp_path / "chart.png")))
    assert str(tmp_path) not in str(caught.value)


PICTURES = [
    stored(pillow.effect_noise((24, 24), 90).convert("RGB"), kind).data
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
]


@settings(max_examples=150)
@given(
    st.sampled_from(PICTURES), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=6)
)
def test_bytes_that_were_changed_give_a_picture_or_an_image_error(data: bytes, changes: list[tuple[int, int]]) -> None:
    changed = bytearray(data)
    for place, value in changes:
        changed[place % len(changed)] = value
    with contextlib.suppress(ImageError):
        assert decode(Image(data=bytes(changed))).mode == "RGB"
