"""Rows in the columns of lmms-lab/SEED-Bench, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.seed_bench import HUB, SEED_BENCH
from rfteval.types import Sample
from tests.benchmarks.case import Case, picture


def row(number: int, answer: str, dimension: int, frames: int = 1) -> dict[str, Any]:
    return {
        **{"answer": answer, "choice_a": "One", "choice_b": "Two", "choice_c": "Three", "choice_d": "Four"},
        **{"data_id": f"{number}", "data_type": "image" if frames == 1 else "video", "segment": None},
        **{
            "image": [picture(f"{number}.{frame}") for frame in range(frames)],
            "question": "How many towels are there?",
        },
        **{"question_id": str(number), "question_type_id": dimension},
    }


def letter_first(sample: Sample) -> tuple[str, ...]:
    return sample.reference.answer, f"{sample.reference.answer}. I counted them."


CASES = (
    Case(
        benchmark=SEED_BENCH,
        source=HUB,
        split="test",
        file="data/test-00000-of-00001.parquet",
        rows=[row(7, "A", 10, frames=2), row(2, "C", 5), row(2, "B", 1), row(3, "D", 9)],
        said={"": letter_first},
        prompts={
            "lmms-eval": "[[7.0]][[7.1]]How many towels are there?\nA. One\nB. Two\nC. Three\nD. Four\n"
            "Answer with the option's letter from the given choices directly."
        },
    ),
)
