"""Pictures, decoded with stated limits: what a file holds becomes an RGB picture as a person would see it, or an
ImageError that says what is wrong with it.

A benchmark's pictures come from the internet, so a file may be hostile: only the formats below are tried (none of them
runs code), and the size is read from the header before anything is decoded.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from rfteval import videos
from rfteval.errors import ImageError
from rfteval.types import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "MPO")
MAX_BYTES = 64 << 20  # of the encoded file
MAX_PIXELS = 1 << 26  # 8192 x 8192; as RGB that is 192 MiB
# Image processors take an axis of 1 or 3 for colours, so that a shorter side is stretched to this.
MIN_SIDE = 4

# Sent to a server as they are; anything else is sent as PNG.
_PLAIN = {"PNG": "image/png", "JPEG": "image/jpeg"}
_ORIENTATION = 0x0112  # EXIF tag; 1 is upright


def decode(image: Image, *, at_least: int | None = None) -> Picture:
    """The picture in RGB: the first frame, turned as its EXIF tag says, transparency over white, 16 bits as 8.

    `at_least` is a side in pixels that is enough for the caller: a JPEG is then decoded smaller, and faster. Raises
    ImageError.
    """
    picture, _ = _open(image)
    if at_least is not None:
        picture.draft("RGB", (at_least, at_least))
    return _rgb(picture, image)


def encode(image: Image) -> tuple[str, bytes]:
    """(media type, bytes) of the picture for a server that decodes it: the file itself where `decode` changes nothing.

    Raises ImageError, also where the file cannot be decoded in full.
    """
    picture, data = _open(image)
    kind = _PLAIN.get(str(picture.format))
    decoded = _rgb(picture, image)
    if kind is not None and _unchanged(image):
        return kind, data
    buffer = io.BytesIO()
    decoded.save(buffer, "PNG", compress_level=1)
    return "image/png", buffer.getvalue()


def untouched(image: Image, longest: int) -> tuple[str, bytes] | None:
    """(media type, bytes) of the file itself where a browser shows of it what `decode` gives, and no side is over
    `longest` pixels; else None.

    A PNG's checksums are checked and nothing is decoded; a JPEG is decoded at an eighth of its size. Raises ImageError.
    """
    picture, data = _open(image)
    kind = _PLAIN.get(str(picture.format))
    if kind is None or max(picture.size) > longest or not _plain(picture, ("RGB", "L", "P", "1")):
        return None
    try:
        if picture.format == "PNG":
            picture.verify()
            return None if b"eXIf" in data else (kind, data)  # which may turn it, and stand after the pixels
        picture.draft("RGB", (1, 1))
        picture.load()
        return (kind, data) if _upright(picture) else None
    except Exception as error:  # as in _open
        raise ImageError(f"{_name(image)} is damaged ({_known(error)})") from None


def header(image: Image) -> tuple[str, int, int]:
    """(format, width, height) from the header alone, before it is turned. Raises ImageError."""
    if image.frame is not None:
        return "PNG", *videos.size(str(image.path))
    picture, _ = _open(image)
    return str(picture.format), picture.width, picture.height


def file_bytes(image: Image) -> int:
    """The size of the encoded picture; 0 where the file is not there, which is said when it is opened."""
    if image.stored is not None:
        return len(image.stored) if isinstance(image.stored, bytes) else image.stored.size
    try:
        return Path(str(image.path)).stat().st_size
    except OSError:
        return 0


def pixels(image: Image) -> int:
    """Width times height, from the header alone; 0 where it cannot be read."""
    try:
        _, width, height = header(image)
    except ImageError:
        return 0
    return width * height


def _open(image: Image) -> tuple[Picture, bytes]:
    """(the picture, its header read and its limits checked; the file's bytes)."""
    from PIL import Image as pillow

    data = _read(image)
    try:
        picture = pillow.open(io.BytesIO(data), formats=FORMATS)
    except pillow.DecompressionBombError:
        raise ImageError(f"{_name(image)} has more than {MAX_PIXELS} pixels, the limit") from None
    except Exception as error:  # a decoder given hostile bytes may raise anything
        raise ImageError(f"{_name(image)} is no picture that can be read ({_known(error)})") from None
    if picture.width * picture.height > MAX_PIXELS:
        raise ImageError(
            f"{_name(image)} has {picture.width} x {picture.height} pixels, more than {MAX_PIXELS}, the limit"
        )
    return picture, data


def _read(image: Image) -> bytes:
    if image.frame is not None:
        return videos.frame(str(image.path), *image.frame)
    data = image.data
    if data is None:
        path = Path(str(image.path))
        try:
            size = path.stat().st_size
            if size > MAX_BYTES:
                raise ImageError(f"{_name(image)} has {size} bytes, more than {MAX_BYTES}, the limit")
            data = path.read_bytes()
        except OSError as error:
            raise ImageError(f"{_name(image)} cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise ImageError(f"{_name(image)} has {len(data)} bytes, more than {MAX_BYTES}, the limit")
    if not data:
        raise ImageError(f"{_name(image)} is empty")
    return data


def _rgb(picture: Picture, image: Image) -> Picture:
    from PIL import Image as pillow
    from PIL import ImageOps

    try:
        picture.seek(0)
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
        if picture.mode.startswith("I;16"):
            picture = picture.point(lambda value: value * (1 / 256)).convert("L")
        elif picture.mode in ("I", "F"):
            picture = _stretched(picture)
        if picture.has_transparency_data:
            picture = picture.convert("RGBA")
            white = pillow.new("RGBA", picture.size, "white")
            picture = pillow.alpha_composite(white, picture)
        if picture.mode != "RGB":
            picture = picture.convert("RGB")
    except Exception as error:  # as in _open: the header was right, the rest need not be
        raise ImageError(f"{_name(image)} is damaged ({_known(error)})") from None
    if min(picture.size) < MIN_SIDE:
        picture = picture.resize(
            (max(picture.width, MIN_SIDE), max(picture.height, MIN_SIDE)), pillow.Resampling.NEAREST
        )
    return picture


def _unchanged(image: Image) -> bool:
    """Whether a picture that was decoded in full is, in its file, what `decode` makes of it."""
    picture, _ = _open(image)
    return _plain(picture, ("RGB", "L")) and min(picture.size) >= MIN_SIDE and _upright(picture)


def _plain(picture: Picture, modes: tuple[str, ...]) -> bool:
    """One frame in one of these modes and without transparency; the header tells."""
    single = getattr(picture, "n_frames", 1) == 1 and picture.mode in modes
    return single and "transparency" not in picture.info


def _upright(picture: Picture) -> bool:
    """What the EXIF tag says; a PNG is decoded for it."""
    return bool(picture.getexif().get(_ORIENTATION, 1) == 1)


def _stretched(picture: Picture) -> Picture:
    """A picture of whole numbers or fractions without a stated white: as grey, its brightest value white."""
    extrema = picture.getextrema()
    low, high = float(extrema[0]), float(extrema[1])  # type: ignore[arg-type]
    if low >= 0 and high <= 255:
        return picture.convert("L")
    scale = 255 / (high - low) if high > low else 0.0
    return picture.point(lambda value: value * scale - low * scale).convert("L")


def _name(image: Image) -> str:
    return "the picture" if image.path is None else f"the picture {Path(image.path).name!r}"


def _known(error: Exception) -> str:
    """What a decoder said, shortened: it may quote the file."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:80]}" if str(error) else type(error).__name__
