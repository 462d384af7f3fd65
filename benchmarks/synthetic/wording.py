"""Words that pictures are labelled with and questions speak of: few, short, and shared by all families."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from random import Random

NAMES = ("Ann", "Bob", "Eva", "Max", "Kim", "Leo", "Tom", "Zoe", "Ida", "Sam")
SHORT_DAYS = ("Mo", "Tu", "We", "Th", "Fr")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
# Not from A on: those letters name the options of a multiple-choice question.
LETTERS = ("P", "Q", "R", "S", "T", "U", "V", "W")

# (what is counted, how a question asks for the number of one person)
COUNTED = (
    ("books", "How many books did {} read?"),
    ("goals", "How many goals did {} score?"),
    ("apples", "How many apples did {} pick?"),
    ("cards", "How many cards does {} have?"),
    ("points", "How many points did {} get?"),
    ("coins", "How many coins does {} have?"),
)


def label_set(random: Random, count: int, room_for: int) -> tuple[str, ...]:
    """`count` different labels of one sort: names or days, of which there is only `room_for` so many, or letters."""
    if count <= room_for and random.random() < 0.6:
        if random.random() < 0.7:
            return tuple(random.sample(NAMES, count))
        return DAYS[:count]
    return LETTERS[:count]


def listing(parts: Sequence[object]) -> str:
    """ "1, 2 and 3"."""
    texts = [str(part) for part in parts]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def plus(values: Sequence[int]) -> str:
    """ "1 + 2 = 3" for two values; for more the sum as it grows, "Added up: 1, 3, 6"."""
    if len(values) == 2:
        return f"{values[0]} + {values[1]} = {sum(values)}"
    return f"Added up: {', '.join(map(str, accumulate(values)))}"
