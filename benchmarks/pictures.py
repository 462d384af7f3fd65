"""What benchmarks with pictures share: pictures before a text, and the name that tells one picture from another."""

from __future__ import annotations

from collections.abc import Iterable

from rfteval.asking import image_digest
from rfteval.types import Image, ImagePart, Message, Prompt, Sample, TextPart


def pictures_first(sample: Sample, text: str) -> Prompt:
    """One message: the sample's pictures in order, then the text."""
    pictures = (ImagePart(image=image) for image in sample.images)
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=(*pictures, TextPart(text=text))),))


def picture_key(images: Iterable[Image], otherwise: str) -> str:
    """The content of the first picture where it is at hand, else `otherwise`: what answers to one picture share."""
    first = next(iter(images), None)
    return otherwise if first is None or first.path is not None else image_digest(first)[:16]
