"""Rows in the columns of lmms-lab/SEED-Bench; what a model says is a table of likelihoods."""

from __future__ import annotations

import json

from benchmarks.seed_bench import HUB
from benchmarks.seed_bench_likelihood import SEED_BENCH_LIKELIHOOD
from rfteval.types import Sample
from tests.benchmarks.case import Case
from tests.benchmarks.cases.seed_bench import row


def likeliest(sample: Sample) -> tuple[str, ...]:
    """Tables in which the reference's option is the likeliest by sum and by mean."""
    labels = [choice.label for choice in sample.reference.choices]
    tables = []
    for right, wrong in ((-1.0, -2.0), (-40.0, -40.001)):
        values = [right if label == sample.reference.answer else wrong for label in labels]
        tables.append({"log_likelihoods": values, "ends": [-0.5] * 4, "tokens": [3] * 4})
    return tuple(map(json.dumps, tables))


CASES = (
    Case(
        benchmark=SEED_BENCH_LIKELIHOOD,
        source=HUB,
        split="test",
        file="data/test-00000-of-00001.parquet",
        rows=[row(7, "A", 10, frames=2), row(2, "C", 5), row(2, "B", 1), row(3, "D", 9)],
        said={"": likeliest},
        prompts={
            "official": "[[7.0]][[7.1]]Question: How many towels are there?\nAnswer:",
            "official-llava": "[[7.0]][[7.1]]How many towels are there?",
        },
    ),
)
