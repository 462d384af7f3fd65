"""Sizes of the embedded model, apart from the code that needs torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Sizes. A picture of `image` pixels a side is cut into patches, and `scale` by `scale` of them become a token."""

    image: int = 96
    patch: int = 12
    scale: int = 2
    vision_width: int = 160
    vision_layers: int = 5
    vision_heads: int = 5
    vision_inner: int = 480
    width: int = 192
    layers: int = 4
    heads: int = 6
    key_heads: int = 2
    inner: int = 384
    vocabulary: int = 768
    positions: int = 2048

    @property
    def image_tokens(self) -> int:
        """How many tokens a picture is for the language model."""
        return (self.image // self.patch // self.scale) ** 2
