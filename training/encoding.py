"""Prompts as the trainer takes them: token ids with image tokens expanded, pixel tensors, positions.

Chat template, pictures and processors are those of the harness's own transformers backend, so that a model is asked the
same thing when it is trained and when it is measured. Errors are raised before anything is trained.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from PIL import Image as Pillow
from torch import Tensor

from rfteval.errors import ModelError, UsageError
from rfteval.models.transformers.loading import load_processing, takes_pictures
from rfteval.models.transformers.processing import Processing
from rfteval.types import Image, ImagePart, Prompt
from training.types import EncodedPrompt

Locate = Callable[[Sequence[int], Mapping[str, Tensor]], Tensor]
NOT_PIXELS = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """Turns prompts into `EncodedPrompt`. `locate` gives positions in three dimensions where a model has them."""

    processing: Processing
    longest: int
    image_token_ids: tuple[int, ...] = ()
    locate: Locate | None = None

    @property
    def tokenizer(self) -> Any:
        """The tokenizer."""
        return self.processing.tokenizer

    def encode(self, prompt: Prompt) -> EncodedPrompt:
        """The prompt encoded. Raises UsageError for one that cannot be asked, or is longer than `longest`."""
        prepared = self.processing.prepare([prompt], None)
        if prepared.refused:
            raise UsageError(f"sample {prompt.sample_id!r} cannot be asked: {prepared.refused[0]}")
        ids = prepared.inputs["input_ids"][0].tolist()
        if len(ids) > self.longest:
            of_pictures = sum(token in self.image_token_ids for token in ids)
            pictures = sum(isinstance(part, ImagePart) for message in prompt.messages for part in message.parts)
            raise UsageError(
                f"the prompt of sample {prompt.sample_id!r} has {len(ids)} tokens, {of_pictures} of them for "
                f"{pictures} pictures; at most {self.longest} fit: raise data.max_prompt_tokens or use smaller pictures"
            )
        pixels = {name: value for name, value in prepared.inputs.items() if name not in NOT_PIXELS}
        positions = self.locate(ids, pixels) if self.locate is not None and pixels else None
        return EncodedPrompt(
            sample_id=prompt.sample_id, ids=tuple(ids), pixels=pixels, positions=positions, source=prompt
        )

    def unexpanded(self, prompt: Prompt) -> tuple[list[int], list[Pillow.Image]]:
        """The prompt as engines take it that expand pictures themselves: one token a picture, and the pictures."""
        ready = self.processing.ready(0, prompt, None)
        return self.processing.token_ids(ready.text), ready.pictures

    def decode(self, ids: Sequence[int]) -> str:
        """The text of response tokens, without end marks."""
        return self.processing.text(ids)


def load_encoder(folder: Path, longest: int) -> Encoder:
    """Tokenizer, chat template and, where the model reads pictures, its processor. Raises ModelError."""
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(str(folder))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read the configuration in {folder}: {error}") from None
    pictures = takes_pictures(config)
    processing = load_processing(str(folder), config if pictures else None, {})
    names = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
    found = {getattr(config, name, None) for name in names} if pictures else set()
    return Encoder(
        processing=processing,
        longest=longest,
        image_token_ids=tuple(sorted(token for token in found if isinstance(token, int))),
    )


def with_pictures_changed(prompt: Prompt, change: Callable[[Pillow.Image], Pillow.Image]) -> Prompt:
    """The prompt with `change` applied to every picture. Raises UsageError for one that cannot be read."""
    messages = []
    for message in prompt.messages:
        parts = [
            ImagePart(image=_changed(part.image, change)) if isinstance(part, ImagePart) else part
            for part in message.parts
        ]
        messages.append(dataclasses.replace(message, parts=tuple(parts)))
    return dataclasses.replace(prompt, messages=tuple(messages))


def as_array(picture: Pillow.Image) -> numpy.ndarray[Any, Any]:
    """Height × width × 3, from 0 to 1."""
    return numpy.asarray(picture.convert("RGB"), dtype=numpy.float32) / 255.0


def _changed(image: Image, change: Callable[[Pillow.Image], Pillow.Image]) -> Image:
    source = str(image.path) if image.data is None else io.BytesIO(image.data)
    try:
        with Pillow.open(source) as opened:
            picture = change(opened.convert("RGB"))
    except OSError as error:
        raise UsageError(f"cannot read the picture {image.path or 'in a sample'}: {error}") from None
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return Image(data=buffer.getvalue())
