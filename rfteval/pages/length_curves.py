"""How long responses are and how accuracy goes with length: bins and quantiles for charts. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rfteval.metrics import Item
from rfteval.pages.charts import Line
from rfteval.statistics import wilson_interval
from rfteval.types import Record

BINS = 28
MOST_PARTS = 10  # of the responses, in order of length
FEWEST = 40  # responses in a part; a part of fewer would be noise
WIDE = 20  # longest over shortest, from which lengths are shown by logarithm


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Lengths in `unit`: `layers` of a histogram over `edges`, and a curve of (length, accuracy, low, high)."""

    unit: str
    edges: Sequence[float]
    layers: Sequence[tuple[str, str, Sequence[float]]]
    logarithmic: bool
    curve: Sequence[tuple[float, float, float, float]]
    median: float
    longest: float

    def curve_line(self) -> Line:
        """The curve as a line with its band."""
        return Line(
            name="accuracy",
            points=[(x, y) for x, y, _, _ in self.curve],
            band=[(x, low, high) for x, _, low, high in self.curve],
        )


def measure(entries: Iterable[tuple[Item, Record | None]]) -> Lengths | None:
    """Lengths of the responses that are there: tokens where all tell them, else characters. None for fewer than two."""
    answered = [(item, record) for item, record in entries if record is not None and record.response.error is None]
    if len(answered) < 2:
        return None
    counted = all(record.response.response_tokens is not None for _, record in answered)
    found = [
        (float((record.response.response_tokens or 0) if counted else len(record.response.text)), item)
        for item, record in answered
    ]
    sizes = [length for length, _ in found]
    longest = max(sizes)
    if longest <= 1:
        return None
    shortest = max(min(sizes), 1.0)
    logarithmic = longest / shortest >= WIDE
    edges = _edges(shortest, longest, logarithmic)
    kinds = (("correct", "right"), ("not correct", "wrong"), ("unscored", "unscored"))
    layers = [(name, kind, [0.0] * (len(edges) - 1)) for name, kind in kinds]
    for length, item in found:
        layer = 2 if item.score is None else 0 if item.status == "CORRECT" else 1
        layers[layer][2][_bin(length, edges)] += 1
    return Lengths(
        unit="tokens" if counted else "characters",
        edges=edges,
        layers=layers,
        logarithmic=logarithmic,
        curve=_curve(sorted((length, item.score) for length, item in found if item.score is not None)),
        median=statistics.median(sizes),
        longest=longest,
    )


def _edges(shortest: float, longest: float, logarithmic: bool) -> list[float]:
    if logarithmic:
        ratio = (longest / shortest) ** (1 / BINS)
        return [shortest * ratio**place for place in range(BINS)] + [longest]
    low = math.floor(shortest)
    width = max((longest - low) / BINS, 1e-9)
    return [low + width * place for place in range(BINS)] + [max(longest, low + 1)]


def _bin(length: float, edges: Sequence[float]) -> int:
    """The place of the column that holds `length`; what lies outside counts at the ends."""
    low, high = 0, len(edges) - 2
    while low < high:
        middle = (low + high) // 2
        if length < edges[middle + 1]:
            high = middle
        else:
            low = middle + 1
    return low


def _curve(scored: Sequence[tuple[float, float]]) -> list[tuple[float, float, float, float]]:
    """Accuracy of equal parts by length, at the median length of each; equal lengths may make fewer points."""
    parts = min(MOST_PARTS, len(scored) // FEWEST)
    if parts < 3:
        return []
    points: dict[float, tuple[float, float, float, float]] = {}
    for part in range(parts):
        mine = scored[len(scored) * part // parts : len(scored) * (part + 1) // parts]
        total = sum(score for _, score in mine)
        low, high = wilson_interval(total, len(mine))
        place = max(statistics.median(length for length, _ in mine), 1.0)
        points[place] = (place, total / len(mine), low, high)
    return [points[place] for place in sorted(points)]
