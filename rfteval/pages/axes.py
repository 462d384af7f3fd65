"""Scales and axes of charts: from values to places, and round numbers to mark. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rfteval.pages.svg import element
from rfteval.pages.wording import compact


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Maps `low`..`high` to `start`..`end` (units of the drawing), evenly or by logarithm. Raises ValueError."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"a scale needs two finite ends, the lower one first, got {self.low} and {self.high}")
        if self.logarithmic and self.low <= 0:
            raise ValueError(f"a logarithmic scale begins above 0, got {self.low}")

    def __call__(self, value: float) -> float:
        """The place of `value`; outside the ends, the nearest one."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            part = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self, about: int) -> list[float]:
        """Round numbers within the scale, `about` as many."""
        if not self.logarithmic:
            return even_ticks(self.low, self.high, about)
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for factors in ((1,), (1, 3), (1, 2, 5)):
            found = [f * 10.0**p for p in powers for f in factors if self.low <= f * 10.0**p <= self.high]
            if len(found) >= about - 1:
                break
        step = max(1, math.ceil(len(found) / (about + 1)))
        return found[::step]


def even_ticks(low: float, high: float, about: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten from `low` to `high`, `about` as many."""
    rough = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def around(values: Sequence[float], *, zero: bool = False) -> tuple[float, float]:
    """Ends of a scale that show all `values` with a little air; `zero` makes it begin there. (0, 1) for none."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        pad = abs(low) * 0.1 or 1.0
        return (low, high + pad) if zero and low == 0 else (low - pad, high + pad)
    air = (high - low) * 0.05
    return (low if zero and low == 0 else low - air), (high if zero and high == 0 else high + air)


def bottom_axis(
    scale: Scale, y: float, label: str, written: Callable[[float], str] = compact, about: int = 5
) -> Markup:
    """Ticks with numbers below `y`, and the axis' label under them."""
    parts = [element("line", class_="axis", x1=scale.start, x2=scale.end, y1=y, y2=y)]
    for tick in scale.ticks(about):
        x = scale(tick)
        parts.append(element("line", class_="axis", x1=x, x2=x, y1=y, y2=y + 4))
        parts.append(element("text", written(tick), class_="tick", x=x, y=y + 16, text_anchor="middle"))
    middle = (scale.start + scale.end) / 2
    parts.append(element("text", label, class_="label", x=middle, y=y + 33, text_anchor="middle"))
    return element("g", *parts)


def left_axis(
    scale: Scale, x: float, right: float, label: str, written: Callable[[float], str] = compact, about: int = 4
) -> Markup:
    """Numbers left of `x`, faint lines from there to `right`, and the label above the axis."""
    parts = []
    for tick in scale.ticks(about):
        y = scale(tick)
        parts.append(element("line", class_="grid", x1=x, x2=right, y1=y, y2=y))
        parts.append(element("text", written(tick), class_="tick", x=x - 6, y=y + 4, text_anchor="end"))
    parts.append(element("text", label, class_="label", x=2, y=min(scale.start, scale.end) - 10))
    return element("g", *parts)
