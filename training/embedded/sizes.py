"""Sizes of the embedded model, apart from the code that needs torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Sizes. A picture of `image` pixels a side is cut into patches, and `scale` by `scale` of them become a token."""

    image: int = 96
    patch: int = 12
    scale: int = 1
    vision_width: int = 128
    vision_layers: int = 4
    vision_heads: int = 4
    vision_inner: int = 384
    width: int = 160
    layers: int = 4
    heads: int = 5
    key_heads: int = 5
    inner: int = 320
    vocabulary: int = 768
    positions: int = 2048

    @property
    def image_tokens(self) -> int:
        """How many tokens a picture is for the language model."""
        return (self.image // self.patch // self.scale) ** 2
