"""The nouns of the generator: a family draws scenes and asks questions; a posed question is a problem.

A scene is a frozen dataclass with everything that can be seen in its picture and nothing else, so two scenes that
differ look different, and a scene decides which split it belongs to (see generator.py).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from PIL import Image

from benchmarks.synthetic.canvas import Canvas

Number = int | float
Answer = bool | int | float | str | tuple[Number, ...]

# What a question asks for: MathVista's answer types, with multiple choice split by what the options are.
FORMS = ("integer", "float", "list", "choice", "yes_no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question about a scene, before it is decided whether options are shown.

    `answer`: a bool is asked as yes or no, a text always with options, numbers and lists freely or with options.
    `decimals` rounds a float. `steps` is the reasoning: what is read off the picture, then what is computed. `others`
    are tempting wrong options: the answer itself and repetitions among them are harmless, and their order must not be
    a set's, which differs from process to process. `level` is 1 for reading, 2 for one step of computing, 3 for more.
    """

    text: str
    answer: Answer
    steps: tuple[str, ...]
    level: int
    others: tuple[str, ...] = ()
    decimals: int = 1
    unit: str = ""
    skills: tuple[str, ...] = ("arithmetic reasoning",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of picture. `plan` invents a scene of a level, `draw` is a function of the scene alone, `ask` gives every
    question it knows about a scene, in words chosen by the generator. `context`, `task`, `category` and `grade` are
    MathVista's words for it."""

    name: str
    context: str
    task: str
    category: str
    grade: str
    plan: Callable[[Random, int], Any]
    draw: Callable[[Any, Canvas], None]
    ask: Callable[[Any, Random], Sequence[Question]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A posed question with its picture. `answer` is as MathVista has it: an option's text, or the value as a text.

    `trace` is short reasoning that ends before the final answer; `final` is what is to be answered: the letter with
    options, else the value.
    """

    family: Family
    picture: Image.Image
    question: str
    form: str
    choices: tuple[str, ...]
    answer: str
    answer_type: str
    precision: int | None
    unit: str
    level: int
    skills: tuple[str, ...]
    trace: str

    @property
    def final(self) -> str:
        return chr(ord("A") + self.choices.index(self.answer)) if self.choices else self.answer


def scene_key(family: Family, scene: Any) -> int:
    """A number that only the family and the scene decide, the same in every process."""
    return zlib.crc32(f"{family.name} {scene!r}".encode())
