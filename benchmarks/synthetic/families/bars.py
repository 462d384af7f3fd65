"""Bar charts: upright or lying, with an axis to read from or the value beside each bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.synthetic.canvas import BLACK, COLOURS, PALE, PAPERS, Canvas, Colour
from benchmarks.synthetic.families.series import ask_series
from benchmarks.synthetic.question import Family, Question
from benchmarks.synthetic.wording import label_set

STEPS = (1, 1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bars:
    """What is seen: labels and values, `step` units of value to one of the ten parts of the axis."""

    labels: tuple[str, ...]
    values: tuple[int, ...]
    step: int
    upright: bool
    valued: bool
    colours: tuple[Colour, ...]
    paper: Colour


def plan(random: Random, level: int) -> Bars:
    upright = random.random() < 0.6
    count = random.randint(3, 4) if level == 1 or upright else random.randint(3, 5)
    step = random.choice(STEPS) if level > 1 else 1
    parts = [random.randint(1, 10) for _ in range(count)]
    while len(set(parts)) < 2:
        parts = [random.randint(1, 10) for _ in range(count)]
    palette = list(COLOURS.values())
    several = random.random() < 0.5
    chosen = random.sample(palette, count) if several else [random.choice(palette)] * count
    return Bars(
        labels=label_set(random, count, 3 if upright else 5),
        values=tuple(part * step for part in parts),
        step=step,
        upright=upright,
        valued=random.random() < 0.5,
        colours=tuple(chosen),
        paper=random.choice(PAPERS),
    )


def draw(scene: Bars, canvas: Canvas) -> None:
    canvas.paint(scene.paper)
    (_draw_upright if scene.upright else _draw_lying)(scene, canvas)


def _draw_upright(scene: Bars, canvas: Canvas) -> None:
    left, bottom, part = 20.0, 78.0, 6.0
    for tick in range(0, 11, 2):
        height = bottom - part * tick
        canvas.line([(left, height), (94, height)], PALE)
        canvas.text((left - 1, height), str(tick * scene.step), anchor="rm")
    width = 24.0 if len(scene.values) == 3 else 18.0
    for index, (label, value) in enumerate(zip(scene.labels, scene.values, strict=True)):
        middle = 33 + width * index
        top = bottom - part * value / scene.step
        canvas.box((middle - width * 0.3, top), (middle + width * 0.3, bottom), scene.colours[index], BLACK)
        if scene.valued:
            canvas.text((middle, top), str(value), anchor="mb")
        canvas.text((middle, bottom + 4), label, anchor="mt")
    canvas.line([(left, 10), (left, bottom), (95, bottom)])


def _draw_lying(scene: Bars, canvas: Canvas) -> None:
    left, bottom, part = 24.0, 82.0, 6.0
    for tick in range(0, 11, 2):
        across = left + part * tick
        canvas.line([(across, 2), (across, bottom)], PALE)
    for tick in (0, 5, 10):
        canvas.text((left + part * tick, bottom + 2), str(tick * scene.step), anchor="mt")
    height = 24.0 if len(scene.values) == 3 else 12.0
    for index, (label, value) in enumerate(zip(scene.labels, scene.values, strict=True)):
        middle = 6 + height * (index + (0.5 if height > 12 else 0))
        right = left + part * value / scene.step
        canvas.box((left, middle - 4), (right, middle + 4), scene.colours[index], BLACK)
        if scene.valued:
            inside = right > 80
            canvas.text(
                (right - 1 if inside else right + 1, middle), str(value), _ink(scene, index, inside), _side(inside)
            )
        canvas.text((left - 3, middle), label, anchor="rm")
    canvas.line([(left, 1), (left, bottom), (95, bottom)])


def _ink(scene: Bars, index: int, inside: bool) -> Colour:
    """The colour of a number: white on a dark bar."""
    return (255, 255, 255) if inside and sum(scene.colours[index]) < 400 else BLACK


def _side(inside: bool) -> str:
    return "rm" if inside else "lm"


def ask(scene: Bars, random: Random) -> Sequence[Question]:
    return ask_series(scene.labels, scene.values, "bar", random)


FAMILY = Family(
    name="bars",
    context="bar chart",
    task="figure question answering",
    category="general-vqa",
    grade="not applicable",
    plan=plan,
    draw=draw,
    ask=ask,
)
