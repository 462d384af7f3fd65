"""A small picture to draw on: coordinates run from 0 to 96 whatever its size in pixels, and its writing is legible.

The writing is Pillow's built-in bitmap font, 6 by 11 pixels a character: no system font is asked for, nothing is
antialiased, so a picture has few colours and the same pixels on every machine. Writing moves to the nearest place of a
raster of 6 by 12 units, as on a terminal's screen, unless it is `placed` freely: a small model then meets each
character in few places of its patches, and learns to read from far fewer pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

UNITS = 96
CHARACTER_WIDTH = 6
CHARACTER_HEIGHT = 11
RASTER = (6, 12)

Colour = tuple[int, int, int]
Point = tuple[float, float]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
GREY: Colour = (150, 150, 150)
PALE: Colour = (215, 215, 215)

# Colours that questions speak of, and paler papers to draw on.
COLOURS: dict[str, Colour] = {
    "red": (214, 39, 40),
    "blue": (31, 90, 200),
    "green": (30, 150, 50),
    "orange": (255, 140, 0),
    "purple": (140, 60, 180),
    "black": (20, 20, 20),
    "pink": (245, 120, 190),
    "brown": (130, 80, 40),
}
PAPERS: tuple[Colour, ...] = (WHITE, (248, 246, 238), (238, 244, 250), (240, 248, 240))


class Canvas:
    """A square picture of `size` pixels. Lengths and places are in units; `text` centres on its place by default."""

    def __init__(self, size: int) -> None:
        self.picture = Image.new("RGB", (size, size), WHITE)
        self.letter_scale = max(1, size // UNITS)
        self._scale = size / UNITS
        self._draw = ImageDraw.Draw(self.picture)

    def paint(self, paper: Colour) -> None:
        """Cover everything with one colour."""
        self.picture.paste(paper, (0, 0, *self.picture.size))

    def line(self, points: Sequence[Point], colour: Colour = BLACK, width: float = 1) -> None:
        self._draw.line([self._at(point) for point in points], fill=colour, width=self._length(width))

    def box(
        self, corner: Point, other: Point, fill: Colour | None = None, edge: Colour | None = None, width: float = 1
    ) -> None:
        (left, top), (right, bottom) = self._at(corner), self._at(other)
        place = (min(left, right), min(top, bottom), max(left, right), max(top, bottom))
        self._draw.rectangle(place, fill=fill, outline=edge, width=self._length(width))

    def circle(
        self, centre: Point, radius: float, fill: Colour | None = None, edge: Colour | None = None, width: float = 1
    ) -> None:
        self._draw.ellipse(self._around(centre, radius), fill=fill, outline=edge, width=self._length(width))

    def slice(self, centre: Point, radius: float, start: float, end: float, fill: Colour) -> None:
        """A piece of a pie between two angles in degrees, clockwise from three o'clock."""
        self._draw.pieslice(self._around(centre, radius), start, end, fill=fill, outline=BLACK)

    def arc(self, centre: Point, radius: float, start: float, end: float, colour: Colour = BLACK) -> None:
        self._draw.arc(self._around(centre, radius), start, end, fill=colour)

    def polygon(self, points: Sequence[Point], fill: Colour | None = None, edge: Colour | None = None) -> None:
        self._draw.polygon([self._at(point) for point in points], fill=fill, outline=edge)

    def text(
        self, place: Point, text: str, colour: Colour = BLACK, anchor: str = "mm", *, placed: bool = False
    ) -> None:
        """Write `text`; `anchor` is two letters: l, m or r for its left, middle or right at `place`, t, m or b.

        It moves to the raster, never over what it is anchored to; with `placed` it stays where it was put.
        """
        x, y = self._at(place)
        width = len(text) * CHARACTER_WIDTH * self.letter_scale
        height = CHARACTER_HEIGHT * self.letter_scale
        x -= {"l": 0, "m": width // 2, "r": width}[anchor[0]]
        y -= {"t": 0, "m": height // 2, "b": height}[anchor[1]]
        if not placed:
            x = _snapped(x, RASTER[0] * self.letter_scale, anchor[0])
            y = _snapped(y, RASTER[1] * self.letter_scale, anchor[1])
        mask = _written(text, self.letter_scale)
        self.picture.paste(colour, (x, y), mask)

    def _at(self, point: Point) -> tuple[int, int]:
        return round(point[0] * self._scale), round(point[1] * self._scale)

    def _length(self, units: float) -> int:
        return max(1, round(units * self._scale))

    def _around(self, centre: Point, radius: float) -> tuple[int, int, int, int]:
        x, y = self._at(centre)
        reach = self._length(radius)
        return x - reach, y - reach, x + reach, y + reach


def _snapped(corner: int, part: int, anchor: str) -> int:
    """The raster's nearest line to a text's corner, on the side that its anchor leaves free."""
    if anchor == "m":
        return (2 * corner + part) // (2 * part) * part
    return corner // part * part if anchor in "rb" else -(-corner // part) * part


@cache
def _font() -> Any:
    return ImageFont.load_default_imagefont()


@cache
def _written(text: str, scale: int) -> Image.Image:
    """The mask of a text. The writing in pictures is of few words and numbers, so the cache stays small."""
    mask = Image.new("1", (len(text) * CHARACTER_WIDTH, CHARACTER_HEIGHT))
    ImageDraw.Draw(mask).text((0, 0), text, font=_font(), fill=1)
    if scale > 1:
        mask = mask.resize((mask.width * scale, mask.height * scale), Image.Resampling.NEAREST)
    return mask
