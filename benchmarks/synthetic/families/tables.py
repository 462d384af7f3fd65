"""Tables: a name and one to three numbers a row; prices and amounts that are to be multiplied in the harder ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.synthetic.canvas import BLACK, GREY, PAPERS, Canvas, Colour
from benchmarks.synthetic.families.series import ask_series
from benchmarks.synthetic.question import Family, Question
from benchmarks.synthetic.wording import DAYS, NAMES, listing, plus

GOODS = ("pen", "cup", "hat", "bag", "toy", "map", "pot", "jam")
STATISTICAL = ("statistical reasoning", "arithmetic reasoning")


@dataclass(frozen=True, slots=True)
class Table:
    """What is seen: `cells[row][column]`, with a name for each row and each column. Prices have columns $ and No."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[int, ...], ...]
    head: Colour
    lined: bool

    @property
    def priced(self) -> bool:
        return self.columns[0] == "$"


def plan(random: Random, level: int) -> Table:
    count = random.randint(2, 3) if level == 1 else random.randint(3, 5)
    if level > 1 and random.random() < 0.4:
        columns: tuple[str, ...] = ("$", "No")
        rows = tuple(random.sample(GOODS, count))
        prices = [(random.randint(1, 9), random.randint(1, 6)) for _ in range(count)]
        cells: tuple[tuple[int, ...], ...] = tuple(prices)
    else:
        columns = DAYS[: 1 + (level > 1) + (level == 3)]
        rows = tuple(random.sample(NAMES, count))
        top = 9 if level == 1 else 20
        cells = tuple(tuple(random.randint(1, top) for _ in columns) for _ in range(count))
    return Table(rows=rows, columns=columns, cells=cells, head=random.choice(PAPERS[1:]), lined=random.random() < 0.7)


def draw(scene: Table, canvas: Canvas) -> None:
    first, wide = 24.0, 72.0 / len(scene.columns)
    high = 12.0
    top = high * ((7 - len(scene.rows)) // 2)
    canvas.box((0, top), (95, top + high), scene.head, GREY)
    for column, name in enumerate(scene.columns):
        canvas.text((first + wide * (column + 0.5) - 1, top + high / 2), name)
    for row, (name, values) in enumerate(zip(scene.rows, scene.cells, strict=True), start=1):
        middle = top + high * (row + 0.5)
        canvas.text((3, middle), name, anchor="lm")
        for column, value in enumerate(values):
            canvas.text((first + wide * (column + 0.5), middle), str(value))
        if scene.lined:
            canvas.line([(0, middle + high / 2), (95, middle + high / 2)], GREY)
    bottom = top + high * (len(scene.rows) + 1)
    canvas.box((0, top), (95, bottom), edge=BLACK)
    for column in range(len(scene.columns)):
        canvas.line([(first + wide * column, top), (first + wide * column, bottom)], GREY)


def ask(scene: Table, random: Random) -> Sequence[Question]:
    if scene.priced:
        return _shopping(scene, random)
    if len(scene.columns) == 1:
        values = [cells[0] for cells in scene.cells]
        if len(set(values)) > 1:
            return ask_series(scene.rows, values, "row", random)
    return _lookup(scene, random)


def _shopping(scene: Table, random: Random) -> list[Question]:
    first, second = random.sample(range(len(scene.rows)), 2)
    item, (price, amount) = scene.rows[first], scene.cells[first]
    other, (price_2, amount_2) = scene.rows[second], scene.cells[second]
    costs = [price * amount for price, amount in scene.cells]
    one = f"One {item} costs {price}."
    return [
        Question(
            text=f"How much does one {item} cost?",
            answer=price,
            unit="$",
            steps=(one,),
            level=1,
            others=(str(amount),),
        ),
        Question(text=f"How many {item}s are bought?", answer=amount, steps=(f"{item}: {amount}.",), level=1),
        Question(
            text=f"How much do all {item}s cost together?",
            answer=price * amount,
            unit="$",
            steps=(f"{one} There are {amount}.", f"{price} * {amount} = {price * amount}."),
            level=2,
            others=(str(price + amount),),
        ),
        Question(
            text=f"How much do one {item} and one {other} cost together?",
            answer=price + price_2,
            unit="$",
            steps=(f"{one} One {other} costs {price_2}.", f"{plus((price, price_2))}."),
            level=2,
        ),
        Question(
            text="How much does everything in the table cost?",
            answer=sum(costs),
            unit="$",
            steps=(*(f"{p} * {n} = {p * n}." for p, n in scene.cells), f"{plus(costs)}."),
            level=3,
        ),
        Question(
            text="What is the average price of the things in the table?",
            answer=round(sum(p for p, _ in scene.cells) / len(costs), 2),
            decimals=2,
            steps=(
                f"The prices are {listing([p for p, _ in scene.cells])}.",
                f"{plus([p for p, _ in scene.cells])}.",
                f"{sum(p for p, _ in scene.cells)} / {len(costs)} = "
                f"{round(sum(p for p, _ in scene.cells) / len(costs), 2)}.",
            ),
            level=3,
        ),
        Question(
            text=f"What are the price and the number of {item}s, as a list?",
            answer=(price, amount),
            steps=(f"{one} There are {amount}.",),
            level=1,
        ),
        Question(
            text=f"Are there more {item}s than {other}s?",
            answer=amount > amount_2,
            steps=(f"{item}: {amount}, {other}: {amount_2}.",),
            level=1,
        ),
    ]


def _lookup(scene: Table, random: Random) -> list[Question]:
    row, other = random.sample(range(len(scene.rows)), 2)
    column = random.randrange(len(scene.columns))
    name, day = scene.rows[row], scene.columns[column]
    value, value_2 = scene.cells[row][column], scene.cells[other][column]
    down = tuple(cells[column] for cells in scene.cells)
    across = scene.cells[row]
    read = f"{name} on {day} is {value}."
    both = f"{name} is {value}, {scene.rows[other]} is {value_2}."
    mean = round(sum(down) / len(down), 1)
    questions = [
        Question(
            text=random.choice((f"What is the number of {name} on {day}?", f"How many does {name} have on {day}?")),
            answer=value,
            steps=(read,),
            level=1,
            others=tuple(map(str, (*across, *down))),
        ),
        Question(
            text=f"How many does {name} have on all days together?",
            answer=sum(across),
            steps=(f"{name} has {listing(across)}.", f"{plus(across)}."),
            level=2,
        ),
        Question(
            text=f"What is the total of {day}?",
            answer=sum(down),
            steps=(f"{day} has {listing(down)}.", f"{plus(down)}."),
            level=3,
            skills=STATISTICAL,
        ),
        Question(
            text=f"What is the mean of {day}?",
            answer=mean,
            steps=(f"{day} has {listing(down)}.", f"{plus(down)}.", f"{sum(down)} / {len(down)} = {mean}."),
            level=3,
            skills=STATISTICAL,
        ),
        Question(
            text=f"What is the difference between {name} and {scene.rows[other]} on {day}?",
            answer=abs(value - value_2),
            steps=(both, f"{max(value, value_2)} - {min(value, value_2)} = {abs(value - value_2)}."),
            level=2,
        ),
        Question(
            text=f"Which numbers does {day} have from top to bottom, as a list?",
            answer=down,
            steps=(f"{day} has {listing(down)}.",),
            level=2,
        ),
        Question(
            text=f"Does {name} have more than {scene.rows[other]} on {day}?",
            answer=value > value_2,
            steps=(both,),
            level=1,
        ),
    ]
    if list(down).count(max(down)) == 1:
        best = scene.rows[down.index(max(down))]
        questions.append(
            Question(
                text=f"Who has the most on {day}?",
                answer=best,
                others=tuple(person for person in scene.rows if person != best),
                steps=(f"{day} has {listing(down)}.", f"The most is {max(down)}: {best}."),
                level=2,
                skills=STATISTICAL,
            )
        )
    return questions


FAMILY = Family(
    name="tables",
    context="table",
    task="math word problem",
    category="math-targeted-vqa",
    grade="elementary school",
    plan=plan,
    draw=draw,
    ask=ask,
)
