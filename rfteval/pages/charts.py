"""Charts as inline SVG, drawn by pure functions: no library, no script, colours from the page's style.

Charting libraries that yield static SVG bring numpy, fonts and styles of their own into every page; what reports need
are bars, columns and lines. Widths are units of the drawing, about pixels; a page scales a chart down, never up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rfteval.pages.axes import Scale, around, bottom_axis, left_axis
from rfteval.pages.svg import drawing, element, number
from rfteval.pages.wording import compact, count, percent

WIDTH, HEIGHT = 460, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 26, 42
MOST_POINTS = 600  # of a line; more than a chart has places for only makes the page larger


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One part of a stacked bar: its name, how many, and the class that colours it ("right", "wrong", ...)."""

    name: str
    number: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a chart: (x, y) in order of x, and a band of (x, low, high) around it where there is one."""

    name: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float, float]] = ()
    kind: str = ""


def share_bar(value: float, low: float | None = None, high: float | None = None, kind: str = "right") -> Markup:
    """A bar of a share in 0 to 1 with its interval, as wide as where it stands."""
    parts = [
        element("rect", class_="track", x=0, y=1, width=100, height=8),
        element("rect", class_=f"fill {kind}", x=0, y=1, width=100.0 * value, height=8),
    ]
    if low is not None and high is not None:
        left, right = 100.0 * low, 100.0 * high
        path = f"M{number(left)} 5H{number(right)}M{number(left)} 3V7M{number(right)} 3V7"
        parts.append(element("path", class_="whisker", d=path, vector_effect="non-scaling-stroke"))
    label = percent(value) + ("" if low is None or high is None else f", interval {percent(low)} to {percent(high)}")
    return drawing(100, 10, *parts, label=label, class_="share-bar", preserveAspectRatio="none")


def stacked_bar(segments: Sequence[Segment]) -> Markup:
    """One bar of all `segments`, in their order, as wide as where it stands; each tells its name and number."""
    total = sum(segment.number for segment in segments)
    parts, x = [], 0.0
    for segment in segments:
        if segment.number <= 0:
            continue
        width = 1000.0 * segment.number / total
        title = element("title", f"{segment.name}: {count(segment.number)} ({percent(segment.number / total)})")
        # A hair of space between neighbours; a sliver stays visible.
        drawn = max(width - 1.5, min(width, 1.5))
        parts.append(element("rect", title, class_=f"fill {segment.kind}", x=x, y=0, width=drawn, height=24))
        x += width
    label = ", ".join(f"{segment.name} {count(segment.number)}" for segment in segments if segment.number > 0)
    return drawing(1000, 24, *parts, label=label, class_="stacked-bar", preserveAspectRatio="none")


def columns(
    edges: Sequence[float],
    layers: Sequence[tuple[str, str, Sequence[float]]],
    *,
    x_label: str,
    y_label: str,
    logarithmic: bool = False,
) -> Markup:
    """A histogram: `edges` has one entry more than the numbers of each layer, which is (name, kind, numbers).

    Raises ValueError where they do not fit together.
    """
    bins = len(edges) - 1
    if bins < 1 or any(len(numbers) != bins for _, _, numbers in layers):
        raise ValueError(f"{len(edges)} edges do not fit {[len(numbers) for _, _, numbers in layers]} columns")
    tallest = max((sum(numbers[index] for _, _, numbers in layers) for index in range(bins)), default=0)
    across = Scale(low=edges[0], high=edges[-1], start=LEFT, end=WIDTH - RIGHT, logarithmic=logarithmic)
    up = Scale(low=0, high=max(tallest * 1.05, 1), start=HEIGHT - BOTTOM, end=TOP)
    parts = [left_axis(up, LEFT, WIDTH - RIGHT, y_label)]
    for index in range(bins):
        left, right, base = across(edges[index]), across(edges[index + 1]), 0.0
        for name, kind, numbers in layers:
            if numbers[index] <= 0:
                continue
            title = element(
                "title", f"{compact(edges[index])} to {compact(edges[index + 1])}: {count(numbers[index])} {name}"
            )
            top, foot = up(base + numbers[index]), up(base)
            width = max(right - left - 1, 0.5)
            parts.append(element("rect", title, class_=f"fill {kind}", x=left, y=top, width=width, height=foot - top))
            base += numbers[index]
    parts.append(bottom_axis(across, HEIGHT - BOTTOM, x_label))
    totals = ", ".join(f"{count(sum(numbers))} {name}" for name, _, numbers in layers)
    return drawing(WIDTH, HEIGHT, *parts, label=f"{y_label} by {x_label}: {totals}")


def lines(
    drawn: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    written: Callable[[float], str] = compact,
    logarithmic: bool = False,
    from_zero: bool = False,
    marks: bool = False,
) -> Markup:
    """Lines over a common axis, with their bands; `written` formats y, `marks` shows each point.

    A point that is not finite leaves a gap. Colours go by `Line.kind`, or by place: "line-1", "line-2", ...
    """
    xs = [x for line in drawn for x, _ in line.points]
    ys = [y for line in drawn for _, y in line.points]
    ys += [y for line in drawn for _, low, high in line.band for y in (low, high)]
    low, high = around(xs) if len(set(xs)) < 2 else (min(xs), max(xs))
    across = Scale(low=low, high=high, start=LEFT, end=WIDTH - RIGHT, logarithmic=logarithmic and low > 0)
    bottom, top = around(ys, zero=from_zero)
    up = Scale(low=bottom, high=top, start=HEIGHT - BOTTOM, end=TOP)
    parts = [left_axis(up, LEFT, WIDTH - RIGHT, y_label, written), bottom_axis(across, HEIGHT - BOTTOM, x_label)]
    for place, line in enumerate(drawn, start=1):
        kind = line.kind or f"line-{place}"
        if line.band:
            parts.append(element("path", class_=f"band {kind}", d=_band(thinned(line.band), across, up)))
        points = thinned(line.points)
        parts.append(element("path", class_=f"line {kind}", d=_path(points, across, up)))
        if marks:
            for x, y in points:
                if math.isfinite(y):
                    title = element("title", f"{line.name}: {compact(x)}, {written(y)}")
                    parts.append(element("circle", title, class_=f"mark {kind}", cx=across(x), cy=up(y), r=3.5))
    ends = "; ".join(
        f"{line.name} from {written(line.points[0][1])} to {written(line.points[-1][1])}"
        for line in drawn
        if line.points
    )
    return drawing(WIDTH, HEIGHT, *parts, label=f"{y_label} over {x_label}: {ends}")


def legend(entries: Mapping[str, str]) -> Markup:
    """Names and their kinds, as a list beside or under a chart."""
    items = [
        element("li", element("span", class_=f"swatch {kind}", aria_hidden="true") + element("span", name))
        for name, kind in entries.items()
    ]
    return element("ul", *items, class_="legend")


def thinned(points: Sequence[tuple[float, ...]], most: int = MOST_POINTS) -> list[tuple[float, ...]]:
    """At most about `most` of the points, evenly taken, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(index * step)] for index in range(most)]


def _path(points: Sequence[tuple[float, ...]], across: Scale, up: Scale) -> str:
    steps, pen_down = [], False
    for x, y in points:
        if math.isfinite(y):
            steps.append(f"{'L' if pen_down else 'M'}{number(across(x))} {number(up(y))}")
        pen_down = math.isfinite(y)
    return "".join(steps)


def _band(points: Sequence[tuple[float, ...]], across: Scale, up: Scale) -> str:
    above = [f"{number(across(x))} {number(up(high))}" for x, _, high in points]
    below = [f"{number(across(x))} {number(up(low))}" for x, low, _ in reversed(points)]
    return f"M{'L'.join([*above, *below])}Z"
