"""Function plots on squared paper: lines, parabolas and absolute values whose telling points lie on grid crossings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.synthetic.canvas import COLOURS, PALE, PAPERS, Canvas, Colour
from benchmarks.synthetic.question import Family, Question

REACH = 4  # the axes run from -4 to 4
PART = 11.0
SKILLS = ("algebraic reasoning",)
COMPUTING = ("algebraic reasoning", "arithmetic reasoning")
SLOPES = ((1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2), (3, 1), (-3, 1))


@dataclass(frozen=True, slots=True)
class Plot:
    """What is seen: shape "line" is y = slope x + height, "parabola" y = slope (x - side)^2 + height, "corner" the
    same with |x - side|. `slope` is a fraction (numerator, denominator)."""

    shape: str
    slope: tuple[int, int]
    side: int
    height: int
    colour: Colour
    paper: Colour
    numbered: bool

    def value(self, x: float) -> float:
        """y at x."""
        rate = self.slope[0] / self.slope[1]
        if self.shape == "line":
            return rate * x + self.height
        away = x - self.side
        return rate * (away * away if self.shape == "parabola" else abs(away)) + self.height


def plan(random: Random, level: int) -> Plot:
    shape = "line" if level == 1 else random.choice(("line", "parabola", "corner"))
    line = shape == "line"
    slope = random.choice(SLOPES[: 4 if level == 1 else 8]) if line else (random.choice((1, -1)), 1)
    return Plot(
        shape=shape,
        slope=slope,
        side=0 if line else random.randint(-2, 2),
        height=random.randint(-3, 3) if line else -slope[0] * random.choice((0, 1, 4, 4, 1, 3)),
        colour=random.choice([COLOURS[name] for name in ("red", "blue", "green", "purple", "orange")]),
        paper=random.choice(PAPERS),
        numbered=random.random() < 0.8,
    )


def _at(x: float, y: float) -> tuple[float, float]:
    return 48 + PART * x, 48 - PART * y


def draw(scene: Plot, canvas: Canvas) -> None:
    canvas.paint(scene.paper)
    for line in range(-REACH, REACH + 1):
        canvas.line([_at(line, -REACH), _at(line, REACH)], PALE)
        canvas.line([_at(-REACH, line), _at(REACH, line)], PALE)
    canvas.line([_at(-REACH, 0), _at(REACH, 0)])
    canvas.line([_at(0, -REACH), _at(0, REACH)])
    xs = [step / 8 for step in range(-8 * REACH, 8 * REACH + 1)]
    places = [_at(x, scene.value(x)) for x in xs if abs(scene.value(x)) <= REACH + 0.3]
    canvas.line(places, scene.colour, 1.6)
    for number in (-3, -1, 1, 3) if scene.numbered else (1,):
        canvas.text((_at(number, 0)[0], _at(number, 0)[1] + 2), str(number), anchor="mt", placed=True)
        canvas.text((_at(0, number)[0] - 2, _at(0, number)[1]), str(number), anchor="rm", placed=True)


def ask(scene: Plot, random: Random) -> Sequence[Question]:
    common = _values(scene, random)
    return [*common, *(_line(scene, random) if scene.shape == "line" else _curve(scene, random))]


def _whole(value: float) -> int | None:
    return int(value) if value == int(value) and abs(value) <= REACH else None


def _values(scene: Plot, random: Random) -> list[Question]:
    """Reading y at some x where the curve passes a crossing, and comparing two of them."""
    seen = [(x, y) for x in range(-4, 5) if (y := _whole(scene.value(x))) is not None]
    x, y = random.choice(seen)
    questions = [
        Question(
            text=random.choice((f"What is y when x = {x}?", f"What is the value of the function at x = {x}?")),
            answer=y,
            steps=(f"At x = {x} the curve is at y = {y}.",),
            level=1,
            skills=SKILLS,
            others=(str(-y), str(x)),
        ),
        Question(
            text=f"Is the function {'positive' if (positive := random.random() < 0.5) else 'negative'} at x = {x}?",
            answer=(y > 0) if positive else (y < 0),
            steps=(f"At x = {x} the curve is at y = {y}.",),
            level=1,
            skills=SKILLS,
        ),
    ]
    if len(seen) > 1:
        (a, b), (c, d) = random.sample(seen, 2)
        questions.append(
            Question(
                text=f"What is f({a}) + f({c})?",
                answer=b + d,
                steps=(f"f({a}) = {b}, f({c}) = {d}.", f"{b} + {_bracketed(d)} = {b + d}."),
                level=3,
                skills=COMPUTING,
            )
        )
        questions.append(
            Question(
                text=f"What are f({a}) and f({c}), as a list?",
                answer=(b, d),
                steps=(f"f({a}) = {b}, f({c}) = {d}.",),
                level=2,
                skills=SKILLS,
            )
        )
    return questions


def _bracketed(number: int) -> str:
    return f"({number})" if number < 0 else str(number)


def _formula(slope: tuple[int, int], height: int) -> str:
    top, bottom = slope
    rate = ("-" if top < 0 else "") + ("x" if abs(top) == 1 else f"{abs(top)}x") + (f"/{bottom}" if bottom > 1 else "")
    return f"y = {rate}" + (f" {'+' if height > 0 else '-'} {abs(height)}" if height else "")


def _line(scene: Plot, random: Random) -> list[Question]:
    top, bottom = scene.slope
    crossing = f"It crosses the y-axis at {scene.height}."
    run = "1 step" if bottom == 1 else f"{bottom} steps"
    rise = f"{run} to the right it goes {'up' if top > 0 else 'down'} by {abs(top)}."
    formula = _formula(scene.slope, scene.height)
    others = (
        *(_formula((-top, bottom), scene.height), _formula(scene.slope, -scene.height)),
        *(_formula((-top, bottom), -scene.height), _formula(scene.slope, scene.height + 1)),
        _formula(random.choice(SLOPES), scene.height),
    )
    rate: int | float = top if bottom == 1 else top / bottom
    return [
        Question(
            text=random.choice(("What is the y-intercept of the line?", "Where does the line cross the y-axis?")),
            answer=scene.height,
            steps=(crossing,),
            level=1,
            skills=SKILLS,
        ),
        Question(
            text="What is the slope of the line?",
            answer=rate,
            steps=(rise, f"{top} / {bottom} = {rate}."),
            level=2,
            skills=SKILLS,
            others=(str(-rate), str(2 * rate)) if bottom == 1 else (str(-rate), str(round(1 / rate))),
        ),
        Question(
            text="Which equation does the line have?",
            answer=formula,
            others=others,
            steps=(crossing, rise, f"So it is {formula}."),
            level=3,
            skills=SKILLS,
        ),
        Question(
            text=f"Is the function {'increasing' if (up := random.random() < 0.5) else 'decreasing'}?",
            answer=(top > 0) is up,
            steps=(f"The line goes {'up' if top > 0 else 'down'}.",),
            level=1,
            skills=SKILLS,
        ),
    ]


def _curve(scene: Plot, random: Random) -> list[Question]:
    opens_up = scene.slope[0] > 0
    extreme = "minimum" if opens_up else "maximum"
    turn = f"The {'lowest' if opens_up else 'highest'} point is at x = {scene.side}, y = {scene.height}."
    roots = tuple(x for x in range(-REACH, REACH + 1) if scene.value(x) == 0)
    questions = [
        Question(
            text=f"At which x is the {extreme} of the function?",
            answer=scene.side,
            steps=(turn,),
            level=2,
            skills=SKILLS,
        ),
        Question(
            text=f"What is the {extreme} value of the function?",
            answer=scene.height,
            steps=(turn,),
            level=2,
            skills=SKILLS,
        ),
        Question(
            text=f"What are x and y of the {'lowest' if opens_up else 'highest'} point, as a list?",
            answer=(scene.side, scene.height),
            steps=(turn,),
            level=2,
            skills=SKILLS,
        ),
        Question(
            text=f"Does the curve open {'upwards' if (up := random.random() < 0.5) else 'downwards'}?",
            answer=opens_up is up,
            steps=(turn,),
            level=1,
            skills=SKILLS,
        ),
    ]
    if len(roots) == 2:
        crossing = f"It crosses the x-axis at {roots[0]} and {roots[1]}."
        questions += [
            Question(
                text="Where does the curve cross the x-axis? Give the smaller x first, as a list.",
                answer=roots,
                steps=(crossing,),
                level=2,
                skills=SKILLS,
            ),
            Question(
                text="How far apart are the two points where the curve crosses the x-axis?",
                answer=roots[1] - roots[0],
                steps=(crossing, f"{roots[1]} - {_bracketed(roots[0])} = {roots[1] - roots[0]}."),
                level=3,
                skills=COMPUTING,
            ),
        ]
    return questions


FAMILY = Family(
    name="plots",
    context="function plot",
    task="textbook question answering",
    category="math-targeted-vqa",
    grade="high school",
    plan=plan,
    draw=draw,
    ask=ask,
)
