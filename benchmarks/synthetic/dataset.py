"""The generator as an endless training set, with several questions to each picture."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from benchmarks.mathvista import ask_query
from benchmarks.synthetic.canvas import COLOURS
from benchmarks.synthetic.families.counting import SHAPES
from benchmarks.synthetic.families.tables import GOODS
from benchmarks.synthetic.generator import FAMILIES, PARTS, problems
from benchmarks.synthetic.question import Problem
from benchmarks.synthetic.rows import to_samples
from benchmarks.synthetic.wording import COUNTED, DAYS, NAMES, SHORT_DAYS
from rfteval.dataset import Dataset
from rfteval.types import Sample

QUESTIONS_PER_PICTURE = 4

# In training, kinds that are hard to read come twice as often as clocks, geometry and scales.
HARD = ("bars", "tables", "plots", "counting", "lines", "pies")
TRAINED = (*FAMILIES, *(family for family in FAMILIES if family.name in HARD))


def stream(split: str, seed: int) -> Iterator[Sample]:
    """Samples of a split without end, up to four about each picture. Raises ValueError for an unknown split."""
    about: list[Problem] = []
    count = 0
    families = TRAINED if split == "train" else FAMILIES
    made = problems(Random(f"{split} {seed}"), split, families=families, questions_per_picture=QUESTIONS_PER_PICTURE)
    for problem in made:
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
    # An option is one token up to its text, so that its letter stands right before what it is the letter of.
    whole=(r"Hint: [^\n]*\nQuestion: ", r"\nChoices:\n\(A\) ", r"\n\([A-Z]\) ", r" \([A-Z]\)\.", r" \(Unit: "),
)
