"""The generator as an endless training set, with several questions to each picture."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from benchmarks.mathvista import ask_query
from benchmarks.synthetic.canvas import COLOURS
from benchmarks.synthetic.families.counting import SHAPES
from benchmarks.synthetic.families.tables import GOODS
from benchmarks.synthetic.generator import PARTS, problems
from benchmarks.synthetic.question import Problem
from benchmarks.synthetic.rows import to_samples
from benchmarks.synthetic.wording import COUNTED, DAYS, NAMES, SHORT_DAYS
from rfteval.dataset import Dataset
from rfteval.types import Sample

QUESTIONS_PER_PICTURE = 4


def stream(split: str, seed: int) -> Iterator[Sample]:
    """Samples of a split without end, up to four about each picture. Raises ValueError for an unknown split."""
    about: list[Problem] = []
    count = 0
    for problem in problems(Random(f"{split} {seed}"), split, questions_per_picture=QUESTIONS_PER_PICTURE):
        if about and problem.picture is not about[0].picture:
            yield from to_samples(about, f"{split}-{seed}-{count}", split)
            about = []
            count += 1
        about.append(problem)


SYNTHETIC = Dataset(
    name="synthetic",
    summary="small pictures of nine families with questions in MathVista's form and reasoning, without end",
    licence="Apache-2.0",
    splits=tuple(PARTS),
    stream=stream,
    prompt=ask_query,
    words=(
        *(*NAMES, *DAYS, *SHORT_DAYS, *COLOURS, *SHAPES, *GOODS, *(noun for noun, _ in COUNTED)),
        *("acute", "obtuse", "right", "Yes", "No"),
    ),
    whole=(r"Hint: [^\n]*\nQuestion: ", r"\nChoices:\n\(", r" \(Unit: "),
)
