"""Clocks with two hands, on which minutes are multiples of five."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from random import Random

from benchmarks.synthetic.canvas import BLACK, COLOURS, PAPERS, WHITE, Canvas, Colour, Point
from benchmarks.synthetic.question import Family, Question

MIDDLE, RADIUS = 48.0, 45.0
COMMON_SENSE = ("numeric commonsense",)
COUNTING = ("numeric commonsense", "arithmetic reasoning")


@dataclass(frozen=True, slots=True)
class Clock:
    """What is seen: the time, and the face's looks."""

    hour: int
    minute: int
    every_number: bool
    hands: str
    rim: str
    face: Colour
    square: bool


def plan(random: Random, level: int) -> Clock:
    minutes = (0, 30) if level == 1 else (0, 15, 30, 45) if level == 2 else tuple(range(0, 60, 5))
    return Clock(
        hour=random.randint(1, 12),
        minute=random.choice(minutes),
        every_number=random.random() < 0.6,
        hands=random.choice(("black", "blue", "red", "green")),
        rim=random.choice(tuple(COLOURS)),
        face=random.choice(PAPERS),
        square=random.random() < 0.3,
    )


def draw(scene: Clock, canvas: Canvas) -> None:
    rim = COLOURS[scene.rim]
    if scene.square:
        canvas.box((MIDDLE - RADIUS, MIDDLE - RADIUS), (MIDDLE + RADIUS, MIDDLE + RADIUS), scene.face, rim, 2)
    else:
        canvas.circle((MIDDLE, MIDDLE), RADIUS, scene.face, rim, 2)
    for mark in range(12):
        inner = RADIUS - (5 if mark % 3 == 0 else 4)
        canvas.line([_at(mark / 12, inner), _at(mark / 12, RADIUS - 2)], BLACK)
    for number in range(1, 13) if scene.every_number else (3, 6, 9, 12):
        canvas.text(_at(number / 12, RADIUS - 11), str(number), placed=True)
    hand = COLOURS[scene.hands]
    short = _at((scene.hour + scene.minute / 60) / 12, RADIUS * 0.45)
    long = _at(scene.minute / 60, RADIUS * 0.84)
    canvas.line([(MIDDLE, MIDDLE), long], hand, 2)
    canvas.line([(MIDDLE, MIDDLE), short], hand, 5)
    canvas.circle((MIDDLE, MIDDLE), 2.5, WHITE, BLACK)


def _at(turn: float, reach: float) -> Point:
    """The place `turn` of a full turn after twelve, `reach` from the middle."""
    return MIDDLE + reach * sin(2 * pi * turn), MIDDLE - reach * cos(2 * pi * turn)


def _time(hour: int, minute: int) -> str:
    return f"{(hour - 1) % 12 + 1}:{minute % 60:02d}"


def _shifted(scene: Clock, minutes: int) -> tuple[int, int]:
    total = (scene.hour % 12 * 60 + scene.minute + minutes) % 720
    return total // 60 or 12, total % 60


def ask(scene: Clock, random: Random) -> Sequence[Question]:
    return [*_reading(scene, random), *_computing(scene, random)]


def _reading(scene: Clock, random: Random) -> list[Question]:
    hour, minute = scene.hour, scene.minute
    hands = f"The short hand is at {'' if minute == 0 else 'or after '}{hour}, the long hand at {minute // 5 or 12}."
    swapped = _time(minute // 5 or 12, hour % 12 * 5)
    wrong = (
        _time(hour + 1, minute),
        _time(hour - 1, minute),
        swapped,
        _time(hour, minute + 15),
        _time(hour, minute + 30),
    )
    questions = [
        Question(
            text=random.choice(("What time does the clock show?", "What time is it?")),
            answer=_time(hour, minute),
            others=wrong,
            steps=(hands, f"It is {_time(hour, minute)}."),
            level=1,
            skills=COMMON_SENSE,
        ),
        Question(
            text="What are the hour and the minutes that the clock shows, as a list?",
            answer=(hour, minute),
            steps=(hands, f"It is {_time(hour, minute)}."),
            level=1,
            skills=COMMON_SENSE,
        ),
        Question(
            text=random.choice(("How many minutes past the hour is it?", "How many minutes past the full hour is it?")),
            answer=minute,
            steps=(hands, f"{minute // 5} * 5 = {minute}."),
            level=1,
            skills=COMMON_SENSE,
        ),
    ]
    if minute == 0:
        questions.append(
            Question(text="Which hour does the clock show?", answer=hour, steps=(hands,), level=1, skills=COMMON_SENSE)
        )
    limit = random.randint(2, 11)
    if (hour % 12, minute) != (limit, 0):
        before = hour % 12 < limit
        questions.append(
            Question(
                text=f"The hands started at 12:00. Has the clock reached {limit}:00 yet?",
                answer=not before,
                steps=(hands, f"It is {_time(hour, minute)}."),
                level=2,
                skills=COMMON_SENSE,
            )
        )
    return questions


def _computing(scene: Clock, random: Random) -> list[Question]:
    hour, minute = scene.hour, scene.minute
    now = f"It is {_time(hour, minute)}."
    hours, minutes = random.randint(1, 5), random.choice((15, 30, 45))
    later, later_minute = _shifted(scene, hours * 60)
    soon = _time(*_shifted(scene, minutes))
    wrong = tuple(_time(*_shifted(scene, minutes + shift)) for shift in (-15, 15, 30, 60, -2 * minutes))
    questions = [
        Question(
            text=f"What time will it be in {hours} hour{'s' * (hours > 1)}?",
            answer=_time(later, later_minute),
            others=(_time(later + 1, minute), _time(later - 1, minute), _time(hour, minute)),
            steps=(now, f"{hours} hour{'s' * (hours > 1)} later it is {_time(later, later_minute)}."),
            level=2,
            skills=COUNTING,
        ),
        Question(
            text=f"What time will it be in {minutes} minutes?",
            answer=soon,
            others=wrong,
            steps=(now, f"{minutes} minutes later it is {soon}."),
            level=3,
            skills=COUNTING,
        ),
    ]
    if minute:
        questions.append(
            Question(
                text="How many minutes is it until the next full hour?",
                answer=60 - minute,
                steps=(now, f"60 - {minute} = {60 - minute}."),
                level=2,
                skills=COUNTING,
            )
        )
    if minute % 15 == 0:
        questions.append(
            Question(
                text="How many hours have passed since 12:00, as a decimal number?",
                answer=round(hour % 12 + minute / 60, 2),
                decimals=2,
                steps=(
                    now,
                    f"{minute} / 60 = {minute / 60}.",
                    f"{hour % 12} + {minute / 60} = {hour % 12 + minute / 60}.",
                ),
                level=3,
                skills=COUNTING,
            )
        )
    return questions


FAMILY = Family(
    name="clocks",
    context="abstract scene",
    task="visual question answering",
    category="general-vqa",
    grade="elementary school",
    plan=plan,
    draw=draw,
    ask=ask,
)
