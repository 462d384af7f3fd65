"""Questions about a row of labelled values, which bar charts, line charts and tables with one column have in common.

Only questions with one right answer are asked: no largest bar where two are equally large.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from benchmarks.synthetic.question import Question
from benchmarks.synthetic.wording import COUNTED, NAMES, listing, plus

STATISTICAL = ("statistical reasoning",)
BOTH = ("statistical reasoning", "arithmetic reasoning")


def ask_series(labels: Sequence[str], values: Sequence[int], mark: str, random: Random) -> list[Question]:
    """Every question about labelled values. `mark` is what shows one of them: "bar", "point", "row"."""
    people = labels[0] in NAMES
    noun, how_many = random.choice(COUNTED) if people else ("units", "")
    first, second = random.sample(range(len(labels)), 2)
    return [
        *_reading(labels, values, mark, how_many, first, second, random),
        *_two_values(labels, values, noun if people else "", first, second, random),
        *_all_values(labels, values, mark, noun if people else "", random),
    ]


def _said(labels: Sequence[str], values: Sequence[int]) -> str:
    """All values, as the first step of reasoning."""
    return ", ".join(f"{label} is {value}" for label, value in zip(labels, values, strict=True)) + "."


def _reading(
    labels: Sequence[str], values: Sequence[int], mark: str, how_many: str, first: int, second: int, random: Random
) -> list[Question]:
    label, value = labels[first], values[first]
    plain = random.choice((f"What is the value of {label}?", f"What value does the {mark} {label} show?"))
    questions = [
        Question(
            text=how_many.format(label) if how_many and random.random() < 0.7 else plain,
            answer=value,
            steps=(f"{label} is {value}.",),
            level=1,
            skills=STATISTICAL,
            others=tuple(map(str, values)),
        )
    ]
    if values[first] != values[second]:
        larger = values[first] > values[second]
        questions.append(
            Question(
                text=f"Is {label} {'larger' if (asked := random.random() < 0.5) else 'smaller'} than {labels[second]}?",
                answer=larger is asked,
                steps=(f"{label} is {value}, {labels[second]} is {values[second]}.",),
                level=1,
                skills=STATISTICAL,
            )
        )
    for extreme, word in ((max(values), "largest"), (min(values), "smallest")):
        if list(values).count(extreme) == 1:
            best = labels[list(values).index(extreme)]
            questions.append(
                Question(
                    text=random.choice((f"Which {mark} is the {word}?", f"Which one has the {word} value?")),
                    answer=best,
                    others=tuple(other for other in labels if other != best),
                    steps=(_said(labels, values), f"The {word} is {extreme}: {best}."),
                    level=1,
                    skills=STATISTICAL,
                )
            )
    return questions


def _two_values(
    labels: Sequence[str], values: Sequence[int], noun: str, first: int, second: int, random: Random
) -> list[Question]:
    if values[first] < values[second]:
        first, second = second, first
    high, low = values[first], values[second]
    both = f"{labels[first]} is {high}, {labels[second]} is {low}."
    more = f"How many more {noun} does {labels[first]} have than {labels[second]}?"
    difference = f"What is the difference between {labels[first]} and {labels[second]}?"
    total = random.choice(("What is the sum of {} and {}?", "How much are {} and {} together?"))
    questions = [
        Question(
            text=more if noun and high > low and random.random() < 0.5 else difference,
            answer=high - low,
            steps=(both, f"{high} - {low} = {high - low}."),
            level=2,
            skills=BOTH,
        ),
        Question(
            text=total.format(labels[first], labels[second]),
            answer=high + low,
            steps=(both, f"{plus((high, low))}."),
            level=2,
            skills=BOTH,
        ),
        Question(
            text=f"What are the values of {labels[first]} and {labels[second]}, as a list?",
            answer=(high, low),
            steps=(both,),
            level=1,
            skills=STATISTICAL,
        ),
    ]
    if low and (high % low == 0 or low in (2, 4, 5, 10)):  # a quotient that people find in their heads
        questions.append(
            Question(
                text=f"What is {labels[first]} divided by {labels[second]}?",
                answer=round(high / low, 2),
                decimals=2,
                steps=(both, f"{high} / {low} = {round(high / low, 2)}."),
                level=3,
                skills=BOTH,
            )
        )
    return questions


def _all_values(labels: Sequence[str], values: Sequence[int], mark: str, noun: str, random: Random) -> list[Question]:
    said, total, count = _said(labels, values), sum(values), len(values)
    ordered = tuple(sorted(values, reverse=random.random() < 0.5))
    order = "largest to smallest" if ordered[0] >= ordered[-1] else "smallest to largest"
    limit = random.choice([value for value in values if value < max(values)])
    over = [label for label, value in zip(labels, values, strict=True) if value > limit]
    mean = round(total / count, 1)
    everyone = f"How many {noun} do all of them have together?" if noun else f"What is the sum of all {mark}s?"
    return [
        Question(text=everyone, answer=total, steps=(said, f"{plus(values)}."), level=3, skills=BOTH),
        Question(
            text=random.choice(("What is the mean of the values?", f"What is the average of all {mark}s?")),
            answer=mean,
            steps=(said, f"{plus(values)}.", f"{total} / {count} = {mean}."),
            level=3,
            skills=BOTH,
        ),
        Question(
            text=random.choice((f"How many {mark}s are larger than {limit}?", f"How many values are above {limit}?")),
            answer=len(over),
            steps=(said, f"{len(over)} above {limit}: {listing(over)}."),
            level=2,
            skills=STATISTICAL,
        ),
        Question(text=f"How many {mark}s are there?", answer=count, steps=(f"{listing(labels)}: {count}.",), level=1),
        Question(
            text=f"What are all values from {order}, as a list?",
            answer=ordered,
            steps=(said, f"In order: {', '.join(map(str, ordered))}."),
            level=3,
            skills=STATISTICAL,
        ),
        Question(
            text="What is the difference between the largest and the smallest value?",
            answer=max(values) - min(values),
            steps=(said, f"{max(values)} - {min(values)} = {max(values) - min(values)}."),
            level=2,
            skills=BOTH,
        ),
    ]
