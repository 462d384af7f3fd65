"""Pictures inside a page: small, within a budget of bytes, and never a reason for a page not to be written.

They are opened under the limits of `rfteval.images`; one that cannot be read is named with its reason.
"""

from __future__ import annotations

import base64
import io
import math
import os
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rfteval.errors import ImageError
from rfteval.images import decode, file_bytes, header, untouched
from rfteval.pages.texts import fair_share
from rfteval.types import Image

MOST_PICTURES = 1200
BUDGET_BYTES = 9 << 20  # of all pictures of a page; a third more in base64
LARGEST, SMALLEST = 480, 120  # longest side in pixels; made smaller until a picture is within its part of the budget
LARGEST_AS_IT_IS = 1024  # longest side of a file that is put on the page unchanged
TRIES = 4
QUALITY = 70  # of JPEG, which takes a fifth of WebP's time
# About the bytes of a pixel as our JPEG, for each byte of a pixel in the file, as noisy pictures have it
# (tests/perf/pages.py): they are the ones that need more than one try.
JPEG_BYTES_OF_A_BYTE = {"JPEG": 0.5, "PNG": 0.14}
_ADDRESS = re.compile(r"data:image/(?:png|jpeg|webp);base64,")  # pages of earlier versions have WebP


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What a page can show: data addresses by digest, why others cannot be shown, and how many were left out."""

    shown: Mapping[str, str]
    unreadable: Mapping[str, str]
    left_out: int


def thumbnails(wanted: Iterable[str], images: Mapping[str, Image], *, budget_bytes: int = BUDGET_BYTES) -> Pictures:
    """The pictures with the digests `wanted`, the most wanted first, made small together with `budget_bytes`.

    Small files are taken as they are, and leave room to large ones. A digest that `images` lacks is left out without a
    word: the run kept no picture of it.
    """
    digests = [digest for digest in dict.fromkeys(wanted) if digest in images]
    chosen = digests[:MOST_PICTURES]
    sizes = {digest: file_bytes(images[digest]) for digest in chosen}
    share = fair_share(list(sizes.values()), budget_bytes)
    part = budget_bytes // max(len(chosen), 1)

    def made_small(digest: str) -> str:
        return thumbnail(images[digest], share if sizes[digest] > share else part, as_it_is=sizes[digest] <= share)

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="pictures") as pool:
        made = dict(zip(chosen, pool.map(made_small, chosen), strict=True))
    return Pictures(
        shown={digest: address for digest, address in made.items() if is_picture(address)},
        unreadable={digest: reason for digest, reason in made.items() if not is_picture(reason)},
        left_out=len(digests) - len(chosen),
    )


def is_picture(address: object) -> bool:
    """Whether this is a data address as `thumbnail` makes them."""
    return isinstance(address, str) and _ADDRESS.match(address) is not None


def thumbnail(image: Image, most_bytes: int, *, as_it_is: bool = False) -> str:
    """The picture as a data address of about `most_bytes` before base64, or why it cannot be shown.

    `as_it_is` allows to take the file unchanged, whatever its bytes, where a browser shows it as we would.
    """
    try:
        whole = untouched(image, LARGEST_AS_IT_IS) if as_it_is else None
        if whole is not None:
            return _address(*whole)
        side = _first_side(image, most_bytes)
        picture = decode(image, at_least=side)
    except ImageError as error:
        return str(error)
    from PIL.Image import Resampling

    for _ in range(TRIES):
        picture.thumbnail((side, side), Resampling.HAMMING, reducing_gap=1.0)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=QUALITY)
        encoded = buffer.getvalue()
        if len(encoded) <= most_bytes:
            break
        # Bytes go with the area; a little less than that makes up for what does not.
        side = max(int(max(picture.size) * 0.9 * math.sqrt(most_bytes / len(encoded))), SMALLEST)
    return _address("image/jpeg", encoded)


def _first_side(image: Image, most_bytes: int) -> int:
    """The longest side with which a picture is likely to need `most_bytes`, from its header and its file's size."""
    form, width, height = header(image)
    expected = JPEG_BYTES_OF_A_BYTE.get(form, 0.0) * file_bytes(image)  # of the picture in full size
    if expected <= most_bytes:
        return LARGEST
    return min(LARGEST, max(SMALLEST, int(max(width, height) * math.sqrt(most_bytes / expected))))


def _address(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
