"""Line charts: values over days or numbered weeks, read from an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.synthetic.canvas import COLOURS, PALE, PAPERS, Canvas, Colour
from benchmarks.synthetic.families.series import BOTH, STATISTICAL, ask_series
from benchmarks.synthetic.question import Family, Question
from benchmarks.synthetic.wording import LETTERS, SHORT_DAYS

LEFT, BOTTOM, PART = 20.0, 78.0, 6.0
FIRST = 30.0  # where the first point stands


@dataclass(frozen=True, slots=True)
class Lines:
    """What is seen: `values` over `labels`, `step` units of value to one of the ten parts of the axis."""

    labels: tuple[str, ...]
    values: tuple[int, ...]
    step: int
    colour: Colour
    round_marks: bool
    grid: bool
    paper: Colour


def plan(random: Random, level: int) -> Lines:
    days = random.random() < 0.5
    count = 4 if days else random.randint(4, 6)
    step = random.choice((1, 1, 2, 5)) if level > 1 else 1
    parts = [random.randint(0 if level > 1 else 1, 10) for _ in range(count)]
    while len(set(parts)) < 3:
        parts = [random.randint(1, 10) for _ in range(count)]
    return Lines(
        labels=SHORT_DAYS[:count] if days else LETTERS[:count],
        values=tuple(part * step for part in parts),
        step=step,
        colour=random.choice(list(COLOURS.values())),
        round_marks=random.random() < 0.5,
        grid=random.random() < 0.7,
        paper=random.choice(PAPERS),
    )


def draw(scene: Lines, canvas: Canvas) -> None:
    canvas.paint(scene.paper)
    width = 18.0 if len(scene.values) == 4 else 12.0
    for tick in range(0, 11, 2):
        height = BOTTOM - PART * tick
        canvas.line([(LEFT, height), (94 if scene.grid else LEFT + 2, height)], PALE if scene.grid else (90, 90, 90))
        canvas.text((LEFT - 1, height), str(tick * scene.step), anchor="rm")
    places = [(FIRST + width * index, BOTTOM - PART * value / scene.step) for index, value in enumerate(scene.values)]
    for (x, _), label in zip(places, scene.labels, strict=True):
        canvas.line([(x, BOTTOM), (x, 12)] if scene.grid else [(x, BOTTOM), (x, BOTTOM - 2)], PALE)
        canvas.text((x, BOTTOM + 4), label, anchor="mt")
    canvas.line([(LEFT, 10), (LEFT, BOTTOM), (95, BOTTOM)])
    canvas.line(places, scene.colour, 1.4)
    for x, y in places:
        if scene.round_marks:
            canvas.circle((x, y), 2.4, scene.colour)
        else:
            canvas.box((x - 2, y - 2), (x + 2, y + 2), scene.colour)


def ask(scene: Lines, random: Random) -> Sequence[Question]:
    return [*ask_series(scene.labels, scene.values, "point", random), *_steps(scene, random)]


def _steps(scene: Lines, random: Random) -> list[Question]:
    """Questions about the way from one point to the next."""
    at = random.randrange(len(scene.values) - 1)
    before, after = scene.values[at], scene.values[at + 1]
    here, there = scene.labels[at], scene.labels[at + 1]
    both = f"{here} is {before}, {there} is {after}."
    rises = sum(later > earlier for earlier, later in zip(scene.values, scene.values[1:], strict=False))
    said = ", ".join(map(str, scene.values))
    questions = [
        Question(
            text="How many times does the line go up from one point to the next?",
            answer=rises,
            steps=(f"The values are {said}.", f"It goes up {rises} times."),
            level=3,
            skills=STATISTICAL,
        )
    ]
    if before != after:
        questions += [
            Question(
                text=f"Does the line go {'up' if (up := random.random() < 0.5) else 'down'} from {here} to {there}?",
                answer=(after > before) is up,
                steps=(both,),
                level=1,
                skills=STATISTICAL,
            ),
            Question(
                text=f"By how much does the line {'rise' if after > before else 'fall'} from {here} to {there}?",
                answer=abs(after - before),
                steps=(both, f"{max(before, after)} - {min(before, after)} = {abs(after - before)}."),
                level=2,
                skills=BOTH,
            ),
        ]
    return questions


FAMILY = Family(
    name="lines",
    context="line plot",
    task="figure question answering",
    category="general-vqa",
    grade="not applicable",
    plan=plan,
    draw=draw,
    ask=ask,
)
