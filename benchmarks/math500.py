"""MATH-500: 500 competition problems drawn from the test split of MATH, of seven subjects and five levels.

The 500 were chosen by Lightman et al. (Let's Verify Step by Step); the problems and answers are Hendrycks et al.'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.profiles import RULES
from benchmarks.text_prompts import ask_boxed, ask_plain
from reward_service.types import Reference
from rfteval.benchmark import Benchmark, LoadRequest
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Sample

HUB = HubSource(
    repository="HuggingFaceH4/MATH-500",
    revision="ff5b20257d8185524591543f8ff5993951537bb8",
    columns=("problem", "answer", "subject", "level", "unique_id"),
)


def load(request: LoadRequest) -> Sequence[Sample]:
    """The 500 problems. Raises SourceError and InputFileError, see `rfteval.sources.read_split`."""
    return [
        sample_of(row) for row in unique(read_split(HUB, request, "give a local snapshot with --data DIR"), "unique_id")
    ]


def sample_of(row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    problem = row.text("problem")
    return Sample(
        id=row.text("unique_id"),
        question=problem,
        reference=Reference(answer=row.text("answer"), question=problem),
        tags={"subject": row.text("subject"), "level": row.identifier("level")},
    )


MATH500 = Benchmark(
    name="math500",
    title="MATH-500",
    homepage="https://huggingface.co/datasets/HuggingFaceH4/MATH-500",
    licence="MIT",
    citation="Hendrycks et al., Measuring Mathematical Problem Solving With the MATH Dataset, NeurIPS 2021, "
    "arXiv:2103.03874; selection by Lightman et al., Let's Verify Step by Step, arXiv:2305.20050",
    splits=("test",),
    default_split="test",
    load=load,
    prompts={"boxed": ask_boxed, "plain": ask_plain},
    default_prompt="boxed",
    profiles={"rules": RULES},
    default_profile="rules",
    breakdowns=("subject", "level"),
)
