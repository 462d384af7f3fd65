"""Pictures inside a page: small, within a budget of bytes, and never a reason for a page not to be written.

They are opened under the limits of `rfteval.images`; one that cannot be read is named with its reason.
"""

from __future__ import annotations

import base64
import io
import math
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rfteval.errors import ImageError
from rfteval.images import decode
from rfteval.types import Image

MOST_PICTURES = 1200
BUDGET_BYTES = 9 << 20  # of all pictures of a page; a third more in base64
LARGEST, SMALLEST = 480, 120  # longest side in pixels; made smaller until a picture is within its part of the budget
TRIES = 4
QUALITY = 70
ADDRESS = "data:image/webp;base64,"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What a page can show: data addresses by digest, why others cannot be shown, and how many were left out."""

    shown: Mapping[str, str]
    unreadable: Mapping[str, str]
    left_out: int


def thumbnails(wanted: Iterable[str], images: Mapping[str, Image], *, budget_bytes: int = BUDGET_BYTES) -> Pictures:
    """The pictures with the digests `wanted`, the most wanted first, made small together with `budget_bytes`.

    A digest that `images` lacks is left out without a word: the run kept no picture of it.
    """
    digests = [digest for digest in dict.fromkeys(wanted) if digest in images]
    chosen = digests[:MOST_PICTURES]
    part = budget_bytes // max(len(chosen), 1)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="pictures") as pool:
        made = dict(zip(chosen, pool.map(lambda digest: thumbnail(images[digest], part), chosen), strict=True))
    return Pictures(
        shown={digest: address for digest, address in made.items() if is_picture(address)},
        unreadable={digest: reason for digest, reason in made.items() if not is_picture(reason)},
        left_out=len(digests) - len(chosen),
    )


def is_picture(address: object) -> bool:
    """Whether this is a data address as `thumbnail` makes them."""
    return isinstance(address, str) and address.startswith(ADDRESS)


def thumbnail(image: Image, most_bytes: int) -> str:
    """The picture as a data address of about `most_bytes` before base64, or why it cannot be shown."""
    try:
        picture = decode(image, at_least=LARGEST)
    except ImageError as error:
        return str(error)
    side = LARGEST
    for _ in range(TRIES):
        picture.thumbnail((side, side))
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=QUALITY, method=0)
        encoded = buffer.getvalue()
        if len(encoded) <= most_bytes:
            break
        # Bytes go with the area; a little less than that makes up for what does not.
        side = max(int(max(picture.size) * 0.95 * math.sqrt(most_bytes / len(encoded))), SMALLEST)
    return f"{ADDRESS}{base64.b64encode(encoded).decode()}"
