"""Coloured shapes scattered over a field: counting, comparing, and shares of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.synthetic.canvas import COLOURS, PAPERS, Canvas, Colour
from benchmarks.synthetic.question import Family, Question
from benchmarks.synthetic.wording import listing, plus

SHAPES = ("circle", "square", "triangle", "star")
FIELDS = 4
PALETTE = ("red", "blue", "green", "orange", "purple", "black")
COUNTING = ("arithmetic reasoning",)


@dataclass(frozen=True, slots=True)
class Thing:
    """One shape, its colour, its place and its radius."""

    shape: str
    colour: str
    x: int
    y: int
    radius: int


@dataclass(frozen=True, slots=True)
class Scatter:
    """What is seen: the things, in reading order, on their paper."""

    things: tuple[Thing, ...]
    paper: Colour


def plan(random: Random, level: int) -> Scatter:
    count = random.randint(2, 6) if level == 1 else random.randint(4, 8) if level == 2 else random.randint(6, 12)
    shapes = random.sample(SHAPES, random.randint(1, 2) if level == 1 else random.randint(2, 3))
    colours = random.sample(PALETTE, 2 if level == 1 else 3)
    cells = sorted(random.sample(range(FIELDS * FIELDS), count))
    width = 96 / FIELDS
    things = tuple(
        Thing(
            shape=random.choice(shapes),
            colour=random.choice(colours),
            x=round(width * (cell % FIELDS + 0.5)) + random.randint(-2, 2),
            y=round(width * (cell // FIELDS + 0.5)) + random.randint(-2, 2),
            radius=random.randint(7, 8),
        )
        for cell in cells
    )
    return Scatter(things=things, paper=random.choice(PAPERS))


def draw(scene: Scatter, canvas: Canvas) -> None:
    canvas.paint(scene.paper)
    for thing in scene.things:
        x, y, r, fill = thing.x, thing.y, thing.radius, COLOURS[thing.colour]
        if thing.shape == "circle":
            canvas.circle((x, y), r, fill)
        elif thing.shape == "square":
            canvas.box((x - r * 0.85, y - r * 0.85), (x + r * 0.85, y + r * 0.85), fill)
        elif thing.shape == "triangle":
            canvas.polygon([(x, y - r), (x + r, y + r * 0.8), (x - r, y + r * 0.8)], fill)
        else:
            inner = r * 0.35
            points = [(x, y - r - 1), (x + inner, y - inner), (x + r + 1, y), (x + inner, y + inner)]
            points += [(x, y + r + 1), (x - inner, y + inner), (x - r - 1, y), (x - inner, y - inner)]
            canvas.polygon(points, fill)


def _tally(names: Sequence[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}


def _plural(name: str, count: int) -> str:
    return f"{count} {name}{'s' * (count != 1)}"


def ask(scene: Scatter, random: Random) -> Sequence[Question]:
    colours = _tally([thing.colour for thing in scene.things])
    shapes = _tally([thing.shape for thing in scene.things])
    return [
        *_whole(scene, colours, shapes, random),
        *_groups(scene, colours, random),
        *_kinds(scene, shapes, random),
    ]


def _whole(scene: Scatter, colours: dict[str, int], shapes: dict[str, int], random: Random) -> list[Question]:
    total = len(scene.things)
    thing = random.choice(scene.things)
    same = [other for other in scene.things if (other.shape, other.colour) == (thing.shape, thing.colour)]
    parts = listing([f"{count} {colour}" for colour, count in colours.items()])
    return [
        Question(
            text=random.choice(("How many shapes are there?", "How many things are in the picture?")),
            answer=total,
            steps=(f"{parts}.", *((f"{plus(list(colours.values()))}.",) if len(colours) > 1 else ())),
            level=1 if total <= 6 else 2,
            skills=COUNTING,
        ),
        Question(
            text=f"How many {thing.colour} {thing.shape}s are there?",
            answer=len(same),
            steps=(f"{_plural(thing.shape, len(same))} that are {thing.colour}.",),
            level=1,
            skills=COUNTING,
        ),
        Question(
            text=f"Subtract all {thing.colour} {thing.shape}s. How many shapes are left?",
            answer=total - len(same),
            steps=(
                f"{total} shapes, {len(same)} are {thing.colour} {thing.shape}s.",
                f"{total} - {len(same)} = {total - len(same)}.",
            ),
            level=3,
            skills=COUNTING,
        ),
        Question(
            text="How many different colours do the shapes have?",
            answer=len(colours),
            steps=(f"{listing(list(colours))}: {len(colours)}.".capitalize(),),
            level=1,
            skills=COUNTING,
        ),
    ]


def _groups(scene: Scatter, colours: dict[str, int], random: Random) -> list[Question]:
    """Questions about colours."""
    colour, count = random.choice(list(colours.items()))
    total = len(scene.things)
    said = f"{listing([f'{many} {name}' for name, many in colours.items()])}."
    share = round(count / total, 2)
    questions = [
        Question(
            text=random.choice((f"How many {colour} shapes are there?", f"How many shapes are {colour}?")),
            answer=count,
            steps=(f"{count} {'is' if count == 1 else 'are'} {colour}.",),
            level=1,
            skills=COUNTING,
        ),
        Question(
            text=f"What fraction of the shapes is {colour}, as a decimal number?",
            answer=share,
            decimals=2,
            steps=(f"{count} of {total} are {colour}.", f"{count} / {total} = {share}."),
            level=3,
            skills=COUNTING,
        ),
    ]
    if len(colours) > 1:
        (one, many), (two, few) = random.sample(list(colours.items()), 2)
        questions += [
            Question(
                text=f"Are there more {one} shapes than {two} shapes?",
                answer=many > few,
                steps=(f"{many} {one}, {few} {two}.",),
                level=1,
                skills=COUNTING,
            ),
            Question(
                text=f"How many {one} and how many {two} shapes are there, as a list?",
                answer=(many, few),
                steps=(f"{many} {one}, {few} {two}.",),
                level=2,
                skills=COUNTING,
            ),
            Question(
                text=f"How many {one} and {two} shapes are there together?",
                answer=many + few,
                steps=(f"{many} {one}, {few} {two}.", f"{plus((many, few))}."),
                level=2,
                skills=COUNTING,
            ),
        ]
        most = max(colours.values())
        if list(colours.values()).count(most) == 1:
            best = max(colours, key=lambda name: colours[name])
            questions.append(
                Question(
                    text="Which colour do most of the shapes have?"
                    if most * 2 > total
                    else "Which colour is the most frequent?",
                    answer=best,
                    others=tuple(name for name in PALETTE if name != best),
                    steps=(said,),
                    level=2,
                    skills=COUNTING,
                )
            )
    return questions


def _kinds(scene: Scatter, shapes: dict[str, int], random: Random) -> list[Question]:
    """Questions about shapes."""
    shape, count = random.choice(list(shapes.items()))
    missing = [name for name in SHAPES if name not in shapes]
    asked = random.choice(missing) if missing and random.random() < 0.5 else shape
    said = f"{listing([_plural(name, many) for name, many in shapes.items()])}."
    questions = [
        Question(
            text=f"How many {shape}s are there?",
            answer=count,
            steps=(f"{_plural(shape, count)}.",),
            level=1,
            skills=COUNTING,
        ),
        Question(
            text=f"Is there a {asked} in the picture?",
            answer=asked in shapes,
            steps=(said,),
            level=1,
            skills=COUNTING,
        ),
    ]
    if len(shapes) > 1:
        (one, many), (two, few) = sorted(random.sample(list(shapes.items()), 2), key=lambda pair: -pair[1])
        questions.append(
            Question(
                text=f"How many more {one}s than {two}s are there?",
                answer=many - few,
                steps=(f"{_plural(one, many)}, {_plural(two, few)}.", f"{many} - {few} = {many - few}."),
                level=2,
                skills=COUNTING,
            )
        )
        corners = 3 * shapes.get("triangle", 0) + 4 * shapes.get("square", 0)
        if set(shapes) <= {"triangle", "square"}:
            questions.append(
                Question(
                    text="How many corners do all shapes have together?",
                    answer=corners,
                    steps=(
                        said,
                        f"3 * {shapes.get('triangle', 0)} + 4 * {shapes.get('square', 0)} = {corners}.",
                    ),
                    level=3,
                    skills=("geometry reasoning", "arithmetic reasoning"),
                )
            )
    return questions


FAMILY = Family(
    name="counting",
    context="synthetic scene",
    task="visual question answering",
    category="math-targeted-vqa",
    grade="elementary school",
    plan=plan,
    draw=draw,
    ask=ask,
)
