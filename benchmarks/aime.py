"""AIME 2024 and AIME 2025: the 30 problems of each year's two contests; every answer is an integer from 0 to 999.

One problem is 3.3 points, so a single response each says little: the usual figure is the mean over 16 to 64 samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.profiles import RULES
from benchmarks.text_prompts import ask_boxed, ask_plain
from reward_service.types import Reference
from rfteval.benchmark import Benchmark, LoadRequest
from rfteval.errors import InputFileError
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Sample


def sample_of(row: Row) -> Sample:
    """The sample of one row. Raises InputFileError for an answer that is no integer from 0 to 999."""
    answer = row.identifier("answer").strip()
    if not (answer.isdecimal() and int(answer) <= 999):
        raise InputFileError(f"{row.place}: 'answer' must be an integer from 0 to 999, found {answer!r}")
    problem = row.text("problem")
    reference = Reference(answer=str(int(answer)), kind="number", question=problem)
    return Sample(id=row.identifier("id"), question=problem, reference=reference)


def _loader(source: HubSource) -> Callable[[LoadRequest], Sequence[Sample]]:
    def load(request: LoadRequest) -> Sequence[Sample]:
        rows = read_split(source, request, "give a local snapshot with --data DIR")
        return [sample_of(row) for row in unique(rows, "id")]

    return load


def _year(year: int, source: HubSource, split: str) -> Benchmark:
    return Benchmark(
        name=f"aime{year % 100}",
        title=f"AIME {year}",
        homepage=f"https://huggingface.co/datasets/{source.repository}",
        licence="none stated; the problems are the Mathematical Association of America's",
        citation=f"Mathematical Association of America, American Invitational Mathematics Examination {year}, I and II",
        splits=(split,),
        default_split=split,
        load=_loader(source),
        prompts={"boxed": ask_boxed, "plain": ask_plain},
        default_prompt="boxed",
        profiles={"rules": RULES},
        default_profile="rules",
    )


AIME24 = _year(
    2024,
    HubSource(
        repository="HuggingFaceH4/aime_2024",
        revision="2fe88a2f1091d5048c0f36abc874fb997b3dd99a",
        columns=("id", "problem", "answer"),
    ),
    "train",  # the only split of that repository, in spite of its name the whole contest
)
AIME25 = _year(
    2025,
    HubSource(
        repository="math-ai/aime25",
        revision="563bb8404243c5f09de6ec262f2db674fe5bce9b",
        columns=("id", "problem", "answer"),
    ),
    "test",
)
