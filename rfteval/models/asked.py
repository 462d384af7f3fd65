"""One wanted response: what every backend needs to know of it, and the failed one it becomes when it cannot be had.

Pictures are read when a response's turn comes, so that memory does not grow with the number of prompts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rfteval.images import decode
from rfteval.types import Image, ImagePart, Prompt, Response, Sampling, TextPart

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Response `index` to a prompt, and the seed it is drawn with (None where nothing is drawn)."""

    prompt: Prompt
    index: int
    seed: int | None

    def failed(self, reason: str) -> Response:
        """The response that says why there is none."""
        return failed(self.prompt.sample_id, self.index, reason)


def wanted_of(prompt: Prompt, sampling: Sampling) -> tuple[Wanted, ...]:
    """The wanted responses to a prompt."""
    return tuple(
        Wanted(prompt=prompt, index=index, seed=seed_of(prompt, index, sampling)) for index in prompt.wanted(sampling)
    )


def seed_of(prompt: Prompt, index: int, sampling: Sampling) -> int | None:
    """A seed of 31 bits from the run's seed (0 where there is none), the sample and the index; None for greedy ones.

    So a response does not depend on what else is asked for, in which order, or on which machine.
    """
    if sampling.temperature == 0:
        return None
    text = repr((sampling.seed or 0, prompt.sample_id, index))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def failed(sample_id: str, index: int, reason: str) -> Response:
    """A response without text that says why."""
    return Response(sample_id=sample_id, index=index, text="", finish_reason="error", error=reason)


def images_of(prompt: Prompt) -> tuple[Image, ...]:
    """The pictures of a prompt, in order."""
    return tuple(part.image for message in prompt.messages for part in message.parts if isinstance(part, ImagePart))


def pictures_of(prompt: Prompt, most: int | None) -> list[Picture]:
    """The decoded pictures of a prompt, in order. Raises ImageError, and ValueError for more than `most`."""
    images = images_of(prompt)
    if most is not None and len(images) > most:
        raise ValueError(f"the prompt has {len(images)} pictures, more than {most}, the limit (option max_images)")
    return [decode(image) for image in images]


def text_of(prompt: Prompt) -> str:
    """All texts of a prompt, one behind the other."""
    return "".join(part.text for message in prompt.messages for part in message.parts if isinstance(part, TextPart))


def chat_of(prompt: Prompt, written: Callable[[str], str], *, parts: bool) -> list[dict[str, object]]:
    """The messages as chat templates take them, each text as `written` gives it; pictures are placeholders in places.

    With `parts` the content is a list of parts, as the templates of vision-language models want it; without, one text.
    """
    return [
        {"role": each.role, "content": list(_parts(each.parts, written)) if parts else _text(each.parts, written)}
        for each in prompt.messages
    ]


def _parts(parts: Sequence[TextPart | ImagePart], written: Callable[[str], str]) -> Iterator[dict[str, object]]:
    for part in parts:
        yield {"type": "text", "text": written(part.text)} if isinstance(part, TextPart) else {"type": "image"}


def _text(parts: Sequence[TextPart | ImagePart], written: Callable[[str], str]) -> str:
    return "".join(written(part.text) for part in parts if isinstance(part, TextPart))
