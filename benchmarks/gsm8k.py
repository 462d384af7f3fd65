"""GSM8K: 1319 grade-school word problems with whole-number answers, and 7473 of the same kind for training."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.profiles import RULES
from benchmarks.text_prompts import ask_boxed, ask_plain
from reward_service.types import Reference
from rfteval.benchmark import Benchmark, LoadRequest
from rfteval.errors import InputFileError
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split
from rfteval.types import Sample

HUB = HubSource(
    repository="openai/gsm8k",
    revision="e53f048856ff4f594e959d75785d2c2d37b678ee",
    columns=("question", "answer"),
    config="main",
)
MARK = "####"  # the written solution ends in this mark and the answer


def load(request: LoadRequest) -> Sequence[Sample]:
    """The problems of a split, numbered from 0 in its order, since the rows have no identifiers.

    Raises SourceError and InputFileError, see `rfteval.sources.read_split`.
    """
    rows = read_split(HUB, request, "give a local snapshot with --data DIR")
    return [sample_of(row, f"{request.split}-{number}") for number, row in enumerate(rows)]


def sample_of(row: Row, sample_id: str) -> Sample:
    """The sample of one row. Raises InputFileError for a solution that does not end in an answer."""
    solution, mark, answer = row.text("answer").rpartition(MARK)
    if not mark or not answer.strip():
        raise InputFileError(f"{row.place}: 'answer' must end in {MARK!r} and a number, found {solution[-40:]!r}")
    question = row.text("question")
    reference = Reference(answer=answer.strip().replace(",", ""), kind="number", question=question)
    return Sample(id=sample_id, question=question, reference=reference, fields={"solution": solution.strip()})


GSM8K = Benchmark(
    name="gsm8k",
    title="GSM8K",
    homepage="https://github.com/openai/grade-school-math",
    licence="MIT",
    citation="Cobbe et al., Training Verifiers to Solve Math Word Problems, arXiv:2110.14168",
    splits=("test", "train"),
    default_split="test",
    load=load,
    prompts={"boxed": ask_boxed, "plain": ask_plain},
    default_prompt="boxed",
    profiles={"rules": RULES},
    default_profile="rules",
)
