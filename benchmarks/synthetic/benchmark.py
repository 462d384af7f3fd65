"""The generator as a benchmark: fresh pictures of a split, as many as are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from random import Random

from benchmarks.mathvista import ask_query, ask_solution
from reward_service.types import Component
from rfteval.benchmark import Benchmark, LoadRequest, Profile
from rfteval.errors import UsageError
from rfteval.types import Sample

SEED = 20261125
COUNT = 2000


def load(request: LoadRequest) -> Sequence[Sample]:
    """`limit` questions of a split, 2,000 by default, each with a picture drawn for it. Raises UsageError for data."""
    if request.data is not None:
        raise UsageError("the synthetic benchmark makes its questions itself; leave out --data")
    from benchmarks.synthetic.generator import problems  # draws, so it loads an imaging library
    from benchmarks.synthetic.rows import to_sample

    wanted = islice(problems(Random(SEED), request.split), COUNT if request.limit is None else request.limit)
    return [to_sample(problem, f"{request.split}-{number}", request.split) for number, problem in enumerate(wanted)]


PROFILES = (
    Profile(
        name="rules",
        summary="the answer found in the response, compared by the kind of the reference",
        components=lambda sample: (Component(verifier="auto"),),
    ),
    Profile(
        name="format",
        summary="only whether the response is <think>...</think><answer>...</answer> and nothing else",
        components=lambda sample: (Component(verifier="format"),),
    ),
)

SYNTHETIC = Benchmark(
    name="synthetic",
    title="Synthetic pictures",
    homepage="docs/embedded-model.md",
    licence="Apache-2.0",
    citation="This project's generator of small pictures; easy for people, and no measure of any real ability",
    splits=("train", "validation", "sample"),
    default_split="validation",
    load=load,
    prompts={"query": ask_query, "solution": ask_solution},
    default_prompt="query",
    profiles={profile.name: profile for profile in PROFILES},
    default_profile="rules",
    breakdowns=("family", "form", "level", "question_type", "answer_type"),
    cluster_key="picture",
)
