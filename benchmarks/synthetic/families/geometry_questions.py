"""Questions about geometry figures, from the measures written on them alone."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from benchmarks.synthetic.question import Question

SKILLS = ("geometry reasoning",)
COMPUTING = ("geometry reasoning", "arithmetic reasoning")


def ask_figure(kind: str, measures: tuple[int, ...], random: Random) -> Sequence[Question]:
    """Every question about a figure of that kind; `measures` are in the order in which `plan` makes them."""
    askers = {
        "rectangle": _ask_rectangle,
        "line angles": _ask_line_angles,
        "angles": _ask_angles,
        "right triangle": _ask_right_triangle,
        "circle": _ask_circle,
        "cut rectangle": _ask_cut_rectangle,
    }
    return askers[kind](measures, random)


def _ask_rectangle(measures: tuple[int, ...], random: Random) -> list[Question]:
    width, height = measures
    sides = f"The sides are {width} and {height}."
    area, around = width * height, 2 * (width + height)
    ratio = round(width / height, 2)
    return [
        Question(
            text=random.choice(("What is the area of the rectangle?", "Find the area of the figure.")),
            answer=area,
            others=(str(around), str(width + height)),
            steps=(sides, f"{width} * {height} = {area}."),
            level=2,
            skills=SKILLS,
        ),
        Question(
            text=random.choice(("What is the perimeter of the rectangle?", "How long is the line around the figure?")),
            answer=around,
            others=(str(area), str(width + height)),
            steps=(sides, f"2 * {width} + 2 * {height} = {around}."),
            level=2,
            skills=SKILLS,
        ),
        Question(text="How long is the longer side?", answer=width, steps=(sides,), level=1, skills=SKILLS),
        Question(
            text="What are the lengths of the longer and the shorter side, as a list?",
            answer=(width, height),
            steps=(sides,),
            level=1,
            skills=SKILLS,
        ),
        Question(text="Is the figure a square?", answer=width == height, steps=(sides,), level=1, skills=SKILLS),
        Question(
            text="How many times as long as the shorter side is the longer side?",
            answer=ratio,
            decimals=2,
            steps=(sides, f"{width} / {height} = {ratio}."),
            level=3,
            skills=COMPUTING,
        ),
    ]


def _ask_line_angles(measures: tuple[int, ...], random: Random) -> list[Question]:
    (angle,) = measures
    given = f"The given angle is {angle}."
    rest = 180 - angle
    straight = f"180 - {angle} = {rest}."
    kind = "acute" if rest < 90 else "obtuse" if rest > 90 else "right"
    return [
        Question(
            text=random.choice(("How many degrees is the angle x?", "Find x in degrees.")),
            answer=rest,
            others=(str(abs(90 - angle)), str(360 - angle), str(angle)),
            steps=(given, straight),
            level=2,
            skills=SKILLS,
        ),
        Question(
            text="What are the two angles at the line, the given one first, as a list?",
            answer=(angle, rest),
            steps=(given, straight),
            level=2,
            skills=SKILLS,
        ),
        Question(
            text="What kind of angle is x?",
            answer=kind,
            others=tuple(other for other in ("acute", "obtuse", "right") if other != kind),
            steps=(given, straight, f"{rest} degrees is {kind}."),
            level=3,
            skills=SKILLS,
        ),
        Question(
            text="Is the angle x larger than the given angle?",
            answer=rest > angle,
            steps=(given, straight),
            level=2,
            skills=SKILLS,
        ),
        Question(
            text="How many degrees is half of the given angle?",
            answer=angle / 2,
            steps=(given, f"{angle} / 2 = {angle / 2}."),
            level=2,
            skills=COMPUTING,
        ),
        Question(text="How many degrees is the given angle?", answer=angle, steps=(given,), level=1, skills=SKILLS),
    ]


def _ask_angles(measures: tuple[int, ...], random: Random) -> list[Question]:
    first, second = measures
    third = 180 - first - second
    given = f"The angles are {first} and {second}."
    rest = f"180 - {first} - {second} = {third}."
    return [
        Question(
            text=random.choice(("What is the size of the angle x?", "Find the angle x in degrees.")),
            answer=third,
            others=(str(180 - first), str(180 - second), str(first + second)),
            steps=(given, rest),
            level=2,
            skills=SKILLS,
        ),
        Question(
            text="What are the three angles from smallest to largest, as a list?",
            answer=tuple(sorted((first, second, third))),
            steps=(given, rest),
            level=3,
            skills=SKILLS,
        ),
        Question(
            text="Is the angle x the largest angle of the triangle?",
            answer=third > max(first, second),
            steps=(given, rest),
            level=2,
            skills=SKILLS,
        ),
        Question(
            text="What is the mean of the two given angles?",
            answer=(first + second) / 2,
            steps=(given, f"{first} + {second} = {first + second}.", f"{first + second} / 2 = {(first + second) / 2}."),
            level=3,
            skills=COMPUTING,
        ),
        Question(
            text="How many degrees are the two given angles together?",
            answer=first + second,
            steps=(given, f"{first} + {second} = {first + second}."),
            level=1,
            skills=SKILLS,
        ),
        Question(
            text="Are the two given angles equal?", answer=first == second, steps=(given,), level=1, skills=SKILLS
        ),
    ]


def _ask_right_triangle(measures: tuple[int, ...], random: Random) -> list[Question]:
    across, up = measures
    sides = f"The short sides are {across} and {up}."
    square = across * across + up * up
    squares = f"{across} * {across} + {up} * {up} = {square}."
    exact = round(square**0.5) ** 2 == square
    length = round(square**0.5) if exact else round(square**0.5, 2)
    area: int | float = across * up // 2 if across * up % 2 == 0 else across * up / 2
    return [
        Question(
            text=random.choice(("How long is the side x?", "Find the length of the hypotenuse x.")),
            answer=length,
            decimals=2,
            others=(str(across + up),) if exact else (),
            steps=(sides, squares, f"The root of {square} is {length}."),
            level=3,
            skills=SKILLS,
        ),
        Question(
            text="What is the area of the triangle?",
            answer=area,
            steps=(sides, f"{across} * {up} / 2 = {area}."),
            level=2,
            skills=SKILLS,
        ),
        Question(
            text="What is the square of the length x?", answer=square, steps=(sides, squares), level=2, skills=SKILLS
        ),
        Question(
            text="How long are the horizontal and the vertical side, as a list?",
            answer=(across, up),
            steps=(sides,),
            level=1,
            skills=SKILLS,
        ),
    ]


def _ask_circle(measures: tuple[int, ...], random: Random) -> list[Question]:
    (radius,) = measures
    given = f"The radius is {radius}."
    area, around = round(3.14 * radius * radius, 2), round(2 * 3.14 * radius, 2)
    limit = random.randint(2, 18)
    return [
        Question(
            text="What is the area of the circle? Use 3.14 for pi.",
            answer=area,
            decimals=2,
            others=(str(around),) if around != area else (),
            steps=(given, f"3.14 * {radius} * {radius} = {area}."),
            level=3,
            skills=COMPUTING,
        ),
        Question(
            text="How long is the line around the circle? Use 3.14 for pi.",
            answer=around,
            decimals=2,
            others=(str(area),) if around != area else (),
            steps=(given, f"2 * 3.14 * {radius} = {around}."),
            level=3,
            skills=COMPUTING,
        ),
        Question(
            text="What is the diameter of the circle?",
            answer=2 * radius,
            steps=(given, f"2 * {radius} = {2 * radius}."),
            level=2,
            skills=SKILLS,
        ),
        Question(text="What is the radius of the circle?", answer=radius, steps=(given,), level=1, skills=SKILLS),
        Question(
            text="What are the radius and the diameter, as a list?",
            answer=(radius, 2 * radius),
            steps=(given, f"2 * {radius} = {2 * radius}."),
            level=2,
            skills=SKILLS,
        ),
        Question(
            text=f"Is the diameter of the circle larger than {limit}?",
            answer=2 * radius > limit,
            steps=(given, f"2 * {radius} = {2 * radius}."),
            level=2,
            skills=SKILLS,
        ),
    ]


def _ask_cut_rectangle(measures: tuple[int, ...], random: Random) -> list[Question]:
    long, high, top, right = measures
    whole, missing = long * high, (long - top) * (high - right)
    sides = f"The sides are {long}, {high}, {top} and {right}."
    return [
        Question(
            text=random.choice(("What is the area of the figure?", "How large is the figure's area?")),
            answer=whole - missing,
            others=(str(whole),),
            steps=(
                sides,
                f"{long} * {high} = {whole}.",
                f"{long - top} * {high - right} = {missing}.",
                f"{whole} - {missing} = {whole - missing}.",
            ),
            level=3,
            skills=COMPUTING,
        ),
        Question(
            text="What is the perimeter of the figure?",
            answer=2 * (long + high),
            steps=(sides, f"2 * {long} + 2 * {high} = {2 * (long + high)}."),
            level=3,
            skills=SKILLS,
        ),
        Question(text="How long is the bottom side?", answer=long, steps=(sides,), level=1, skills=SKILLS),
        Question(
            text="How wide and how high is the piece that was cut off, as a list?",
            answer=(long - top, high - right),
            steps=(sides, f"{long} - {top} = {long - top}, {high} - {right} = {high - right}."),
            level=3,
            skills=SKILLS,
        ),
        Question(
            text="Is the figure wider than it is high?", answer=long > high, steps=(sides,), level=1, skills=SKILLS
        ),
    ]
