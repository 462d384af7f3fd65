"""Prompts with and without pictures, and the responses of a model to them, for tests of any backend."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence

from PIL import Image as pillow
from PIL import ImageDraw

from rfteval.models import Model
from rfteval.types import Image, ImagePart, Message, Prompt, Response, Sampling, TextPart


def picture(number: int, size: tuple[int, int] = (48, 32)) -> Image:
    """A small picture; each number gives another one."""
    drawn = pillow.new("RGB", size, (number * 37 % 256, number * 91 % 256, 255 - number * 53 % 256))
    ImageDraw.Draw(drawn).rectangle((4, 4, 8 + number % 20, 20), fill="white")
    buffer = io.BytesIO()
    drawn.save(buffer, "PNG")
    return Image(data=buffer.getvalue())


def prompt(sample_id: str, text: str, *images: Image, indices: tuple[int, ...] | None = None) -> Prompt:
    """One turn: the pictures, then the text."""
    parts = (*(ImagePart(image=image) for image in images), TextPart(text=text))
    return Prompt(sample_id=sample_id, messages=(Message(role="user", parts=parts),), indices=indices)


def answers(model: Model, prompts: Sequence[Prompt], sampling: Sampling) -> list[Response]:
    """All responses, in the order they came."""

    async def collect() -> list[Response]:
        return [response async for response in model.generate(prompts, sampling)]

    return asyncio.run(collect())


def by_key(responses: Sequence[Response]) -> dict[tuple[str, int], Response]:
    """By sample and index; none may come twice."""
    found = {(response.sample_id, response.index): response for response in responses}
    assert len(found) == len(responses)
    return found
