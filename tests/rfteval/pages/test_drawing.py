"""Charts are well-formed whatever the numbers and names are, and put things where they belong."""

from __future__ import annotations

import itertools
import math
import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfteval.pages.axes import Scale, around, even_ticks
from rfteval.pages.charts import Line, Segment, columns, legend, lines, share_bar, stacked_bar, thinned
from rfteval.pages.svg import element

SHARES = st.floats(0, 1)
NUMBERS = st.floats(-1e9, 1e9)
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


def parsed(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)


@given(NAMES, NAMES)
def test_no_name_breaks_out_of_its_place(name: str, value: str) -> None:
    found = parsed(element("text", name, class_=value, aria_label=name))
    assert (found.text or "") == name.replace("\r\n", "\n").replace("\r", "\n")
    assert found.attrib.keys() == {"class", "aria-label"}
    assert len(found) == 0


@given(SHARES, SHARES, SHARES)
def test_a_share_bar_is_as_long_as_its_share(value: float, one: float, other: float) -> None:
    drawn = parsed(share_bar(value, min(one, other), max(one, other)))
    track, bar = drawn.iter("rect")
    assert float(bar.attrib["width"]) == pytest.approx(value * float(track.attrib["width"]), abs=0.01)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=9).filter(any))
def test_a_stacked_bar_is_filled_in_proportion(counts: list[int]) -> None:
    drawn = parsed(stacked_bar([Segment(name=f"s{n}", number=count, kind="right") for n, count in enumerate(counts)]))
    rects = list(drawn.iter("rect"))
    assert len(rects) == sum(count > 0 for count in counts)
    starts = [float(rect.attrib["x"]) for rect in rects]
    ends = [*starts[1:], 1000.0]
    drawn_counts = [count for count in counts if count]
    for start, end, count in zip(starts, ends, drawn_counts, strict=True):
        assert end - start == pytest.approx(1000 * count / sum(counts), abs=0.02)


@given(NUMBERS, NUMBERS, st.integers(1, 12))
def test_ticks_are_round_even_and_within(one: float, other: float, about: int) -> None:
    low, high = min(one, other), max(one, other)
    if high - low < 1e-3 * max(abs(low), abs(high), 1e-3):
        return
    ticks = even_ticks(low, high, about)
    assert len(ticks) <= about + 2
    assert all(low - 1e-6 * (high - low) <= tick <= high + 1e-6 * (high - low) for tick in ticks)
    steps = {round(b - a, 9) for a, b in itertools.pairwise(ticks)}
    assert len(steps) <= 1 or max(steps) - min(steps) < 1e-6 * (high - low)


@given(st.lists(st.one_of(NUMBERS, st.just(math.nan), st.just(math.inf)), max_size=20), st.booleans())
def test_a_scale_can_be_made_around_any_numbers(values: list[float], zero: bool) -> None:
    low, high = around(values, zero=zero)
    scale = Scale(low=low, high=high, start=0, end=100)
    assert all(0 <= scale(value) <= 100 for value in values if math.isfinite(value))


@pytest.mark.parametrize("ends", [(1, 1), (2, 1), (math.nan, 1), (0, math.inf)])
def test_a_scale_without_extent_is_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="two finite ends"):
        Scale(low=ends[0], high=ends[1], start=0, end=1)
    with pytest.raises(ValueError, match="begins above 0"):
        Scale(low=0, high=1, start=0, end=1, logarithmic=True)


@given(
    st.lists(st.tuples(st.floats(0.1, 1e6), st.one_of(NUMBERS, st.just(math.nan))), max_size=40),
    st.booleans(),
    st.booleans(),
    NAMES,
)
def test_any_line_is_drawn_inside_its_picture(
    points: list[tuple[float, float]], logarithmic: bool, marks: bool, name: str
) -> None:
    points = sorted(points)
    band = [(x, y - 1, y + 1) for x, y in points if math.isfinite(y)]
    drawn = parsed(
        lines(
            [Line(name=name, points=points, band=band)],
            x_label=name,
            y_label=name,
            logarithmic=logarithmic,
            marks=marks,
        )
    )
    _, _, width, height = map(float, drawn.attrib["viewBox"].split())
    places = [float(part) for path in drawn.iter("path") for part in re.findall(r"-?[\d.]+", path.attrib["d"])]
    assert all(0 <= x <= width for x in places[::2]) and all(0 <= y <= height for y in places[1::2])


def test_a_missing_value_leaves_a_gap() -> None:
    drawn = parsed(lines([Line(name="a", points=[(0, 1), (1, math.nan), (2, 3), (3, 4)])], x_label="", y_label=""))
    (path,) = drawn.iter("path")
    assert path.attrib["d"].count("M") == 2 and path.attrib["d"].count("L") == 1


def test_many_points_are_thinned_and_keep_their_ends() -> None:
    points = [(float(x), float(x)) for x in range(100_000)]
    kept = thinned(points)
    assert len(kept) == 600 and (kept[0], kept[-1]) == (points[0], points[-1])


def test_columns_stand_on_each_other() -> None:
    drawn = parsed(columns([0, 1, 2], [("a", "right", [3, 0]), ("b", "wrong", [1, 4])], x_label="x", y_label="y"))
    first, second, third = (rect.attrib for rect in drawn.iter("rect"))
    assert float(second["y"]) + float(second["height"]) == pytest.approx(float(first["y"]), abs=0.02)
    assert float(third["height"]) == pytest.approx(4 * float(second["height"]), abs=0.05)
    with pytest.raises(ValueError, match="do not fit"):
        columns([0, 1], [("a", "right", [1, 2])], x_label="x", y_label="y")


def test_a_legend_escapes_its_names() -> None:
    assert "<script>" not in legend({"<script>": "right"})
