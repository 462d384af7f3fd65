"""Rows in the columns of jonathan-roberts1/zerobench, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.zerobench import HUB, ZEROBENCH
from rfteval.types import Sample
from tests.benchmarks.case import Case, picture


def row(name: str, answer: str, pictures: int = 1) -> dict[str, Any]:
    return {
        **{"question_id": name, "question_text": f"Question {name}?"},
        **{"question_images": [f"images/{name}_{place}.png" for place in range(pictures)], "question_answer": answer},
        "question_images_decoded": [picture(f"{name}_{place}") for place in range(pictures)],
        **{"question_images_attributions": ["Own"], "image_attribution": "Own"},
    }


def said(sample: Sample) -> tuple[str, ...]:
    answer = sample.reference.answer
    return f"I count.\nThe final answer is {{{answer}}}.", f"{{1}} or rather\n{{{answer}}}"


CASES = (
    Case(
        benchmark=ZEROBENCH,
        source=HUB,
        split="zerobench",
        file="data/zerobench-00000-of-00001.parquet",
        rows=[row("1", "11.90", pictures=2), row("2", "37"), row("3", "Paris"), row("4", "ECBAD")],
        said={"": said},
        prompts={
            "official": "[[1_0]][[1_1]]Question 1?\n\n\nLet's think step by step and give the final answer in curly "
            "braces,\nlike this: {final answer}"
        },
    ),
)
