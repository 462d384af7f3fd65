"""Rows in the columns of lmms-lab/MME, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.mme import HUB, MME
from rfteval.types import Sample
from tests.benchmarks.case import Case, picture


def row(name: str, category: str, question: str, answer: str) -> dict[str, Any]:
    return {
        **{"question_id": f"{category}/{name}", "image": picture(name), "category": category, "answer": answer},
        "question": f"{question} Please answer yes or no.",
    }


def said(sample: Sample) -> tuple[str, ...]:
    answer = sample.reference.answer
    return answer, f"{answer}, there is one.", f"{answer.lower()}."


CASES = (
    Case(
        benchmark=MME,
        source=HUB,
        split="test",
        file="data/test-00000-of-00001.parquet",
        rows=[
            row("0001.png", "existence", "Is there a dog?", "Yes"),
            row("0001.png", "existence", "Is there a cat?", "No"),
            row("0002.png", "code_reasoning", "Does it print 3?", "Yes"),
            row("0002.png", "code_reasoning", "Does it print 4?", "No"),
        ],
        said={"": said},
        prompts={
            "official": "[[0001.png]]Is there a dog? Please answer yes or no.",
            "lmms-eval": "[[0001.png]]Is there a dog?\nAnswer the question using a single word or phrase.",
        },
    ),
)
