"""Prompts as a model takes them: the chat template, token ids with image tokens expanded, pixel tensors.

Works for text-only models and for models whose processor loads; errors are raised before anything is trained.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from PIL import Image as Pillow

from rfteval.errors import ModelError, UsageError
from rfteval.types import Image, ImagePart, Prompt, TextPart
from training.types import EncodedPrompt

Picture = Callable[[Pillow.Image], Pillow.Image]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """Turns prompts into `EncodedPrompt`. `processor` is None for a text-only model."""

    tokenizer: Any
    processor: Any | None
    longest: int

    @property
    def image_token_ids(self) -> tuple[int, ...]:
        """Tokens that stand for pictures; a response must never hold one."""
        names = ("image_token_id", "video_token_id", "boi_token_id", "eoi_token_id")
        found = [getattr(self.processor, name, None) for name in names] if self.processor is not None else []
        return tuple(sorted({token for token in found if isinstance(token, int)}))

    def encode(self, prompt: Prompt, change: Picture | None = None) -> EncodedPrompt:
        """The prompt encoded; `change` is applied to every picture first (noise).

        Raises UsageError for a picture with a text-only model and for a prompt longer than `longest`, ModelError for
        a model without a chat template.
        """
        pictures = [part.image for message in prompt.messages for part in message.parts if isinstance(part, ImagePart)]
        if pictures and self.processor is None:
            raise UsageError(
                f"sample {prompt.sample_id!r} has a picture and the model reads only text; "
                "choose text samples or a vision-language model"
            )
        text = self.render(prompt)
        if self.processor is None:
            ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
            return self._checked(prompt.sample_id, ids, {}, 0)
        opened = [open_picture(image) for image in pictures]
        opened = [change(picture) for picture in opened] if change is not None else opened
        encoded = self.processor(
            text=[text], images=[opened] if opened else None, add_special_tokens=False, return_tensors="pt"
        )
        known = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")
        pixels = {name: value for name, value in encoded.items() if name not in known}
        return self._checked(prompt.sample_id, encoded["input_ids"][0].tolist(), pixels, len(opened))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of response tokens, without end marks."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))

    def render(self, prompt: Prompt) -> str:
        """The prompt as text, with the mark that asks for an answer. Raises ModelError without a chat template."""
        speaker = self.processor if self.processor is not None else self.tokenizer
        if not getattr(speaker, "chat_template", None) and not getattr(self.tokenizer, "chat_template", None):
            raise ModelError(
                "the model has no chat template, so a prompt cannot be put to it; use an instruction-tuned checkpoint "
                "or add chat_template.jinja to its folder"
            )
        messages = []
        for message in prompt.messages:
            if self.processor is None:
                content: object = "".join(part.text for part in message.parts if isinstance(part, TextPart))
            else:
                content = [
                    {"type": "text", "text": part.text} if isinstance(part, TextPart) else {"type": "image"}
                    for part in message.parts
                ]
            messages.append({"role": message.role, "content": content})
        return str(speaker.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))

    def _checked(self, sample_id: str, ids: Sequence[int], pixels: dict[str, Any], pictures: int) -> EncodedPrompt:
        if len(ids) > self.longest:
            of_pictures = sum(token in self.image_token_ids for token in ids)
            raise UsageError(
                f"the prompt of sample {sample_id!r} has {len(ids)} tokens, {of_pictures} of them for {pictures} "
                f"pictures; at most {self.longest} fit: raise data.max_prompt_tokens or use smaller pictures"
            )
        return EncodedPrompt(sample_id=sample_id, ids=tuple(ids), pixels=pixels)


def load_encoder(folder: Path, longest: int) -> Encoder:
    """The tokenizer and, where the checkpoint has one, the processor in `folder`. Raises ModelError."""
    from transformers import AutoProcessor, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder))
        has_pictures = any((folder / name).exists() for name in ("processor_config.json", "preprocessor_config.json"))
        processors: Any = AutoProcessor
        processor = processors.from_pretrained(str(folder)) if has_pictures else None
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(f"cannot load the tokenizer or processor in {folder}: {error}") from None
    return Encoder(tokenizer=tokenizer, processor=processor, longest=longest)


def open_picture(image: Image) -> Pillow.Image:
    """The picture decoded, in RGB. Raises UsageError naming a file that cannot be read."""
    source = image.path if image.data is None else io.BytesIO(image.data)
    try:
        with Pillow.open(source) as opened:  # type: ignore[arg-type] # exactly one of the two is given
            return opened.convert("RGB")
    except OSError as error:
        raise UsageError(f"cannot read the picture {image.path or 'in a sample'}: {error}") from None


def as_array(picture: Pillow.Image) -> numpy.ndarray[Any, Any]:
    """Height × width × 3, from 0 to 1."""
    return numpy.asarray(picture, dtype=numpy.float32) / 255.0
