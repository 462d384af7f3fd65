"""Pie charts: shares of a whole in steps of five percent, labelled in the slices, named in a legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin
from random import Random

from benchmarks.synthetic.canvas import BLACK, COLOURS, PAPERS, WHITE, Canvas, Colour
from benchmarks.synthetic.families.series import BOTH, STATISTICAL
from benchmarks.synthetic.question import Family, Question
from benchmarks.synthetic.wording import LETTERS, plus

CENTRE, RADIUS = (36.0, 48.0), 35.0
LIGHT = ("red", "blue", "green", "orange", "pink", "brown")


@dataclass(frozen=True, slots=True)
class Pie:
    """What is seen: percentages in order from `start` degrees on, clockwise."""

    labels: tuple[str, ...]
    shares: tuple[int, ...]
    colours: tuple[str, ...]
    start: int
    paper: Colour


def plan(random: Random, level: int) -> Pie:
    count = random.randint(2, 3) if level == 1 else random.randint(3, 5)
    spare = 20 - 2 * count
    cuts = sorted(random.sample(range(1, spare), count - 1))
    parts = [after - before for before, after in zip([0, *cuts], [*cuts, spare], strict=True)]
    return Pie(
        labels=LETTERS[:count],
        shares=tuple(5 * (part + 2) for part in parts),
        colours=tuple(random.sample(LIGHT, count)),
        start=random.randrange(0, 360, 15),
        paper=random.choice(PAPERS),
    )


def draw(scene: Pie, canvas: Canvas) -> None:
    canvas.paint(scene.paper)
    angle = float(scene.start)
    middles = []
    for share, colour in zip(scene.shares, scene.colours, strict=True):
        end = angle + 3.6 * share
        canvas.slice(CENTRE, RADIUS, angle, end, COLOURS[colour])
        middles.append(radians((angle + end) / 2))
        angle = end
    for share, middle in zip(scene.shares, middles, strict=True):
        reach = RADIUS * (0.56 if share > 20 else 0.66)
        place = (CENTRE[0] + reach * cos(middle), CENTRE[1] + reach * sin(middle))
        canvas.text(place, str(share), WHITE)
    for index, (label, colour) in enumerate(zip(scene.labels, scene.colours, strict=True)):
        height = 18.0 + 12 * index
        canvas.box((74, height - 4), (81, height + 4), COLOURS[colour], BLACK)
        canvas.text((84, height), label, anchor="lm")


def ask(scene: Pie, random: Random) -> Sequence[Question]:
    first, second = random.sample(range(len(scene.labels)), 2)
    if scene.shares[first] < scene.shares[second]:
        first, second = second, first
    return [*_reading(scene, first, second, random), *_computing(scene, first, second, random)]


def _said(scene: Pie, index: int) -> str:
    return f"{scene.labels[index]} is {scene.colours[index]}, {scene.shares[index]} percent."


def _reading(scene: Pie, first: int, second: int, random: Random) -> list[Question]:
    label, share = scene.labels[second], scene.shares[second]
    colour = scene.colours[first]
    questions = [
        Question(
            text=random.choice((f"What percentage is {label}?", f"How many percent does {label} have?")),
            answer=share,
            steps=(_said(scene, second),),
            level=1,
            others=tuple(map(str, scene.shares)),
            skills=STATISTICAL,
        ),
        Question(
            text=f"Which slice is {colour}?",
            answer=scene.labels[first],
            others=tuple(other for other in scene.labels if other != scene.labels[first]),
            steps=(f"{scene.labels[first]} is {colour}.",),
            level=1,
            skills=STATISTICAL,
        ),
        Question(
            text=f"What percentage does the {colour} slice have?",
            answer=scene.shares[first],
            steps=(f"The {colour} slice is {scene.shares[first]} percent.",),
            level=1,
            skills=STATISTICAL,
        ),
    ]
    shares = list(scene.shares)
    if shares.count(max(shares)) == 1:
        best = scene.labels[shares.index(max(shares))]
        questions.append(
            Question(
                text=random.choice(("Which slice is the largest?", "Which one has the largest share?")),
                answer=best,
                others=tuple(other for other in scene.labels if other != best),
                steps=(f"The largest share is {max(shares)}.", _said(scene, shares.index(max(shares)))),
                level=2,
                skills=STATISTICAL,
            )
        )
    return questions


def _computing(scene: Pie, first: int, second: int, random: Random) -> list[Question]:
    high, low = scene.shares[first], scene.shares[second]
    both = f"{_said(scene, first)} {_said(scene, second)}"
    whole = random.choice((20, 40, 100, 200))
    pair = f"{scene.labels[first]} and {scene.labels[second]}"
    questions = [
        Question(
            text=f"What percentage do {pair} have together?",
            answer=high + low,
            steps=(both, f"{plus((high, low))}."),
            level=2,
            skills=BOTH,
        ),
        Question(
            text=f"How many percentage points larger is {scene.labels[first]} than {scene.labels[second]}?",
            answer=high - low,
            steps=(both, f"{high} - {low} = {high - low}."),
            level=2,
            skills=BOTH,
        ),
        Question(
            text=f"{whole} people were asked. How many of them chose {scene.labels[second]}?",
            answer=whole * low // 100,
            steps=(_said(scene, second), f"{low} / 100 * {whole} = {whole * low // 100}."),
            level=3,
            skills=BOTH,
        ),
        Question(
            text=f"What fraction of the whole is {scene.labels[first]}, as a decimal number?",
            answer=high / 100,
            decimals=2,
            steps=(_said(scene, first), f"{high} / 100 = {high / 100}."),
            level=2,
            skills=BOTH,
        ),
        Question(
            text=f"What are the percentages of {pair}, as a list?",
            answer=(high, low),
            steps=(both,),
            level=1,
            skills=STATISTICAL,
        ),
        Question(
            text=f"Does {scene.labels[first]} have {'more' if (more := random.random() < 0.5) else 'less'} than half?",
            answer=(high > 50) if more else (high < 50),
            steps=(_said(scene, first),),
            level=1,
            skills=STATISTICAL,
        ),
    ]
    return questions


FAMILY = Family(
    name="pies",
    context="pie chart",
    task="figure question answering",
    category="general-vqa",
    grade="not applicable",
    plan=plan,
    draw=draw,
    ask=ask,
)
