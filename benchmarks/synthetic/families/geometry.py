"""Geometry figures with their measures written beside them: triangles, rectangles, circles, angles on a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, radians, sin
from random import Random

from benchmarks.synthetic.canvas import BLACK, COLOURS, PAPERS, Canvas, Colour, Point
from benchmarks.synthetic.families.geometry_questions import ask_figure
from benchmarks.synthetic.question import Family, Question

RIGHT_TRIANGLES = ((3, 4), (6, 8), (5, 12), (9, 12), (8, 15), (2, 3), (4, 6), (5, 7), (4, 5))
EASY = ("rectangle", "line angles", "angles")
FIGURES = ("rectangle", "line angles", "angles", "right triangle", "circle", "cut rectangle")


@dataclass(frozen=True, slots=True)
class Figure:
    """What is seen: the kind of figure and the measures written on it, in the order that its questions take them."""

    kind: str
    measures: tuple[int, ...]
    colour: Colour
    paper: Colour
    filled: bool
    flipped: bool


def plan(random: Random, level: int) -> Figure:
    kind = random.choice(EASY if level == 1 else FIGURES)
    return Figure(
        kind=kind,
        measures=_measures(kind, random),
        colour=random.choice(list(COLOURS.values())),
        paper=random.choice(PAPERS),
        filled=kind != "line angles" and random.random() < 0.3,
        flipped=kind in ("line angles", "right triangle", "circle") and random.random() < 0.5,
    )


def _measures(kind: str, random: Random) -> tuple[int, ...]:
    if kind == "rectangle":
        height = random.randint(2, 9)
        return (height if random.random() < 0.3 else random.randint(height + 1, 12), height)
    if kind == "line angles":
        return (random.randrange(30, 155, 5),)
    if kind == "angles":
        first = random.randrange(30, 95, 5)
        equal = random.random() < 0.3 and first < 80
        return (first, first if equal else random.randrange(30, min(95, 155 - first), 5))
    if kind == "right triangle":
        return random.choice(RIGHT_TRIANGLES)
    if kind == "circle":
        return (random.randint(1, 10),)
    long, high = random.randint(6, 12), random.randint(5, 9)
    return (long, high, random.randint(2, long - 3), random.randint(2, high - 2))


def draw(scene: Figure, canvas: Canvas) -> None:
    canvas.paint(scene.paper)
    drawers = {
        "rectangle": _draw_rectangle,
        "line angles": _draw_line_angles,
        "angles": _draw_angles,
        "right triangle": _draw_right_triangle,
        "circle": _draw_circle,
        "cut rectangle": _draw_cut_rectangle,
    }
    drawers[scene.kind](scene, canvas)


def _fill(scene: Figure) -> Colour | None:
    """A pale tint of the line's colour."""
    if not scene.filled:
        return None
    red, green, blue = scene.colour
    return ((red + 3 * 255) // 4, (green + 3 * 255) // 4, (blue + 3 * 255) // 4)


def _outline(scene: Figure, canvas: Canvas, points: Sequence[Point]) -> list[Point]:
    """Draw a closed outline, mirrored where the figure is flipped; the places as drawn."""
    places = [(96 - x, y) if scene.flipped else (x, y) for x, y in points]
    canvas.polygon(places, _fill(scene), scene.colour)
    canvas.line([*places, places[0]], scene.colour, 1.4)
    return places


def _draw_rectangle(scene: Figure, canvas: Canvas) -> None:
    width, height = scene.measures
    part = min(66 / width, 62 / height)
    half_width, half_height = part * width / 2, part * height / 2
    x, y = 52.0, 46.0
    canvas.box((x - half_width, y - half_height), (x + half_width, y + half_height), _fill(scene), scene.colour, 1.4)
    canvas.text((x, y + half_height + 3), str(width), anchor="mt")
    canvas.text((x - half_width - 3, y), str(height), anchor="rm")


def _draw_line_angles(scene: Figure, canvas: Canvas) -> None:
    (angle,) = scene.measures
    middle, base = 48.0, 66.0
    turn = radians(angle)
    side = -1 if scene.flipped else 1
    canvas.line([(4, base), (92, base)], scene.colour, 1.4)
    canvas.line([(middle, base), (middle + side * 46 * cos(turn), base - 46 * sin(turn))], scene.colour, 1.4)
    first, second = (0, -angle) if side > 0 else (180, 180 + angle)
    canvas.arc((middle, base), 12, min(first, second), max(first, second))
    label = radians(angle / 2)
    canvas.text((middle + side * 26 * cos(label), base - 22 * sin(label)), str(angle))
    other = radians(90 + angle / 2)
    canvas.text((middle + side * 24 * cos(other), base - 20 * sin(other)), "x")


def _draw_angles(scene: Figure, canvas: Canvas) -> None:
    first, second = scene.measures
    # a triangle over the base from 0 to 1: the apex follows from the two base angles
    slope_1, slope_2 = sin(radians(first)) / cos(radians(first)), sin(radians(second)) / cos(radians(second))
    apex_x = slope_2 / (slope_1 + slope_2) if first != 90 and second != 90 else (0.0 if first == 90 else 1.0)
    apex_y = slope_1 * apex_x if first != 90 else slope_2
    part = min(78.0, 66 / apex_y)
    left, base = 48 - part / 2, 84.0
    points = [(left, base), (left + part, base), (left + part * apex_x, base - part * apex_y)]
    places = _outline(scene, canvas, points)
    middle = (sum(x for x, _ in places) / 3, sum(y for _, y in places) / 3)
    for (x, y), label in zip(places, (str(first), str(second), "x"), strict=True):
        away = hypot(middle[0] - x, middle[1] - y)
        reach = min(0.62, 19 / away)
        canvas.text((x + (middle[0] - x) * reach, y + (middle[1] - y) * reach), label)


def _draw_right_triangle(scene: Figure, canvas: Canvas) -> None:
    across, up = scene.measures
    part = min(62 / across, 62 / up)
    left, base = 24.0, 78.0
    width, height = part * across, part * up
    places = _outline(scene, canvas, [(left, base), (left + width, base), (left, base - height)])
    corner = places[0]
    inward = -4 if scene.flipped else 4
    canvas.line([(corner[0] + inward, base), (corner[0] + inward, base - 4), (corner[0], base - 4)])
    canvas.text(((places[0][0] + places[1][0]) / 2, base + 3), str(across), anchor="mt")
    canvas.text((corner[0] - inward, base - height / 2), str(up), anchor="lm" if scene.flipped else "rm")
    slant = ((places[1][0] + places[2][0]) / 2, (places[1][1] + places[2][1]) / 2)
    canvas.text((slant[0] + 2 * inward, slant[1] - 4), "x")


def _draw_circle(scene: Figure, canvas: Canvas) -> None:
    (radius,) = scene.measures
    reach = 24.0 + 1.8 * radius
    canvas.circle((48, 48), reach, _fill(scene), scene.colour, 1.4)
    side = -1 if scene.flipped else 1
    canvas.line([(48, 48), (48 + side * reach, 48)])
    canvas.circle((48, 48), 1.5, BLACK)
    canvas.text((48 + side * reach / 2, 47), str(radius), anchor="mb")


def _draw_cut_rectangle(scene: Figure, canvas: Canvas) -> None:
    """A rectangle without its upper right corner."""
    long, high, top, right = scene.measures
    part = min(62 / long, 62 / high)
    left, base = 18.0, 78.0
    x_1, x_2 = left + part * top, left + part * long
    y_1, y_2 = base - part * right, base - part * high
    outline = [(left, base), (x_2, base), (x_2, y_1), (x_1, y_1), (x_1, y_2), (left, y_2)]
    canvas.polygon(outline, _fill(scene), scene.colour)
    canvas.line([*outline, outline[0]], scene.colour, 1.4)
    canvas.text(((left + x_2) / 2, base + 3), str(long), anchor="mt")
    canvas.text((left - 3, (base + y_2) / 2), str(high), anchor="rm")
    canvas.text(((left + x_1) / 2, y_2 - 2), str(top), anchor="mb")
    canvas.text((x_2 + 3, (base + y_1) / 2), str(right), anchor="lm")


def ask(scene: Figure, random: Random) -> Sequence[Question]:
    return ask_figure(scene.kind, scene.measures, random)


FAMILY = Family(
    name="geometry",
    context="geometry diagram",
    task="geometry problem solving",
    category="math-targeted-vqa",
    grade="high school",
    plan=plan,
    draw=draw,
    ask=ask,
)
