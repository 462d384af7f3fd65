"""Scales to read: a ruler under a rod, a thermometer, a dial with a pointer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from random import Random

from benchmarks.synthetic.canvas import BLACK, COLOURS, PAPERS, WHITE, Canvas, Colour
from benchmarks.synthetic.question import Family, Question

SKILLS = ("numeric commonsense",)
COMPUTING = ("numeric commonsense", "arithmetic reasoning")
CENTIMETRE = 12.0
# instrument → (largest reading in halves of a mark's number, what one number on it stands for, unit)
NUMBERS = {"ruler": (14, 1, "cm"), "thermometer": (12, 5, "degrees"), "dial": (20, 1, "kg")}


@dataclass(frozen=True, slots=True)
class Scale:
    """What is seen: the reading runs from `start` to `end`, in halves of a number on the scale."""

    instrument: str
    start: int
    end: int
    colour: str
    paper: Colour
    place: int


def plan(random: Random, level: int) -> Scale:
    instrument = random.choice(tuple(NUMBERS))
    largest = NUMBERS[instrument][0]
    halves = 2 if level == 1 else 1
    start = halves * random.randint(1, largest // halves // 2) if instrument == "ruler" and level > 1 else 0
    end = halves * random.randint(start // halves + 1, largest // halves)
    return Scale(
        instrument=instrument,
        start=start,
        end=end,
        colour=random.choice(("red", "blue", "green", "orange", "purple", "brown")),
        paper=random.choice(PAPERS),
        place=0 if instrument == "dial" else random.randint(0, 2),
    )


def draw(scene: Scale, canvas: Canvas) -> None:
    canvas.paint(scene.paper)
    {"ruler": _draw_ruler, "thermometer": _draw_thermometer, "dial": _draw_dial}[scene.instrument](scene, canvas)


def _draw_ruler(scene: Scale, canvas: Canvas) -> None:
    left, top = 9.0, 36.0 + 12 * scene.place
    canvas.box((left - 6, top), (left + CENTIMETRE * 7 + 2, top + 24), (250, 235, 190), BLACK)
    for half in range(15):
        across = left + CENTIMETRE * half / 2
        canvas.line([(across, top), (across, top + (9 if half % 2 == 0 else 5))])
        if half % 2 == 0:
            canvas.text((across, top + 11), str(half // 2), anchor="mt")
    begin, finish = (left + CENTIMETRE * half / 2 for half in (scene.start, scene.end))
    canvas.box((begin, top - 14), (finish, top - 3), COLOURS[scene.colour], BLACK)


def _draw_thermometer(scene: Scale, canvas: Canvas) -> None:
    middle, bottom, part = 30.0 + 12 * scene.place, 78.0, 6.0
    canvas.box((middle - 4, 4), (middle + 4, bottom), WHITE, BLACK)
    canvas.circle((middle, bottom + 6), 9, COLOURS[scene.colour], BLACK)
    canvas.box((middle - 2, bottom - part * scene.end), (middle + 2, bottom + 2), COLOURS[scene.colour])
    for half in range(13):
        height = bottom - part * half
        canvas.line([(middle + 5, height), (middle + (11 if half % 2 == 0 else 8), height)])
        if half % 4 == 0:
            canvas.text((middle + 12, height), str(half // 2 * 5), anchor="lm")


def _draw_dial(scene: Scale, canvas: Canvas) -> None:
    centre, radius = (48.0, 48.0), 45.0
    canvas.circle(centre, radius, WHITE, BLACK)
    for half in range(20):
        turn = 2 * pi * half / 20
        outer, inner = radius - 1, radius - (6 if half % 2 == 0 else 4)
        canvas.line(
            [(centre[0] + reach * sin(turn), centre[1] - reach * cos(turn)) for reach in (outer, inner)],
        )
        if half % 2 == 0:
            place = (centre[0] + (radius - 12) * sin(turn), centre[1] - (radius - 12) * cos(turn))
            canvas.text(place, str(half // 2), placed=True)
    turn = 2 * pi * scene.end / 20
    tip = (centre[0] + radius * 0.62 * sin(turn), centre[1] - radius * 0.62 * cos(turn))
    canvas.line([centre, tip], COLOURS[scene.colour], 3)
    canvas.circle(centre, 3, BLACK)


def _number(scene: Scale, halves: int) -> int | float:
    """A reading in its unit: whole where it is."""
    doubled = halves * NUMBERS[scene.instrument][1]
    return doubled // 2 if doubled % 2 == 0 else doubled / 2


def ask(scene: Scale, random: Random) -> Sequence[Question]:
    if scene.instrument == "ruler":
        return _ask_ruler(scene, random)
    return _ask_pointer(scene, random)


def _ask_ruler(scene: Scale, random: Random) -> list[Question]:
    begin, finish = _number(scene, scene.start), _number(scene, scene.end)
    length = _number(scene, scene.end - scene.start)
    ends = f"The rod goes from {begin} to {finish}."
    difference = f"{finish} - {begin} = {length}."
    steps = (ends,) if scene.start == 0 else (ends, difference)
    limit = random.randint(1, 7)
    rods = random.randint(2, 4)
    whole = _number(scene, rods * (scene.end - scene.start))
    return [
        Question(
            text=random.choice(("How long is the rod?", f"What is the length of the {scene.colour} rod?")),
            answer=length,
            unit="cm",
            steps=steps,
            level=1 if scene.start == 0 else 2,
            others=(str(finish),) if finish != length and type(finish) is type(length) else (),
            skills=SKILLS if scene.start == 0 else COMPUTING,
        ),
        Question(
            text="Where does the rod begin and where does it end, as a list?",
            answer=(begin, finish),
            unit="cm",
            steps=(ends,),
            level=1,
            skills=SKILLS,
        ),
        Question(
            text=f"Is the rod longer than {limit} cm?",
            answer=length > limit,
            steps=steps,
            level=1 if scene.start == 0 else 2,
            skills=SKILLS,
        ),
        Question(
            text=f"How long are {rods} such rods laid end to end?",
            answer=whole,
            unit="cm",
            steps=(*steps, f"{rods} * {length} = {whole}."),
            level=3,
            skills=COMPUTING,
        ),
        Question(
            text="Which colour has the rod?",
            answer=scene.colour,
            others=tuple(name for name in COLOURS if name != scene.colour),
            steps=(f"The rod is {scene.colour}.",),
            level=1,
            skills=SKILLS,
        ),
    ]


def _ask_pointer(scene: Scale, random: Random) -> list[Question]:
    unit = NUMBERS[scene.instrument][2]
    reading = _number(scene, scene.end % 20 if scene.instrument == "dial" else scene.end)
    what = "temperature" if scene.instrument == "thermometer" else "weight"
    said = f"The {'column' if what == 'temperature' else 'pointer'} is at {reading}."
    limit = random.randint(1, 8) * (5 if what == "temperature" else 1)
    change = random.randint(1, 3) * (5 if what == "temperature" else 1)
    more = reading + change
    grows = "rises" if what == "temperature" else "grows"
    return [
        Question(
            text=random.choice((f"What {what} is shown?", f"Which {what} does the {scene.instrument} show?")),
            answer=reading,
            unit=unit,
            steps=(said,),
            level=1,
            skills=SKILLS,
        ),
        Question(
            text=f"Is the {what} above {limit} {unit}?",
            answer=reading > limit,
            steps=(said,),
            level=1,
            skills=SKILLS,
        ),
        Question(
            text=f"The {what} {grows} by {change} {unit}. What is it then?",
            answer=more,
            unit=unit,
            steps=(said, f"{reading} + {change} = {more}."),
            level=2,
            skills=COMPUTING,
        ),
        Question(
            text=f"What is half of the {what} that is shown?",
            answer=round(reading / 2, 2),
            decimals=2,
            unit=unit,
            steps=(said, f"{reading} / 2 = {round(reading / 2, 2)}."),
            level=3,
            skills=COMPUTING,
        ),
        Question(
            text=f"What are the {what} and the double of it, as a list?",
            answer=(reading, 2 * reading if isinstance(reading, int) else int(2 * reading)),
            unit=unit,
            steps=(said, f"2 * {reading} = {2 * reading if isinstance(reading, int) else int(2 * reading)}."),
            level=2,
            skills=COMPUTING,
        ),
    ]


FAMILY = Family(
    name="scales",
    context="scientific figure",
    task="visual question answering",
    category="math-targeted-vqa",
    grade="elementary school",
    plan=plan,
    draw=draw,
    ask=ask,
)
