"""The processor of the Qwen-VL family where torchvision is missing: transformers' own needs it for videos alone.

Pictures go through the image processor that works on PIL, and each placeholder in the text is repeated once for every
token that its picture becomes: rows times columns of patches, over the square of the merge size.
Source: huggingface/transformers, models/qwen2_vl/processing_qwen2_vl.py (what is repeated, and how often).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FAMILY = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe", "qwen3_5", "qwen3_5_moe")


class QwenProcessor:
    """Called as transformers' processors are, for text and pictures."""

    def __init__(self, image_processor: Any, tokenizer: Any, image_token_id: int) -> None:
        self.image_processor = image_processor
        self.tokenizer = tokenizer
        self._image_token_id = image_token_id
        self._image_token = tokenizer.convert_ids_to_tokens(image_token_id)

    def apply_chat_template(self, chat: list[dict[str, object]], **options: object) -> str:
        """The text of a chat, one placeholder a picture."""
        return str(self.tokenizer.apply_chat_template(chat, **options))

    def __call__(
        self, text: Sequence[str], images: Sequence[Sequence[Picture]] | None = None, **options: object
    ) -> dict[str, torch.Tensor]:
        """input_ids, attention_mask, mm_token_type_ids and, with pictures, pixel_values and image_grid_thw.

        `images` are those of each text. Raises ValueError where a text has not one placeholder for each of them.
        """
        made: dict[str, torch.Tensor] = {}
        expanded = list(text)
        if images is not None:
            pictures = [picture for these in images for picture in these]
            made = dict(self.image_processor(images=pictures, return_tensors="pt"))
            counts = iter((made["image_grid_thw"].prod(-1) // self.image_processor.merge_size**2).tolist())
            for place, these in enumerate(images):
                expanded[place] = self._expand(text[place], [next(counts) for _ in these])
        made |= dict(self.tokenizer(expanded, **options))
        made["mm_token_type_ids"] = (made["input_ids"] == self._image_token_id).int()
        return made

    def _expand(self, text: str, counts: Sequence[int]) -> str:
        parts = text.split(self._image_token)
        if len(parts) - 1 != len(counts):
            raise ValueError(f"the text has {len(parts) - 1} places for pictures, and there are {len(counts)}")
        pieces = [part + self._image_token * count for part, count in zip(parts, [*counts, 0], strict=True)]
        return "".join(pieces)
