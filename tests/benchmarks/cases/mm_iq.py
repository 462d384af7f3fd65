"""Rows in the columns of huanqia/MM-IQ, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.mm_iq import HUB, MM_IQ
from tests.benchmarks.case import Case, picture

QUESTION = "Choose the option that fills in the question mark:"


def row(number: int, answer: str) -> dict[str, Any]:
    return {
        **{
            "category": "Mathematical",
            "question": QUESTION,
            "question_en": QUESTION,
            "question_zh": "选出最合适的一项：",
        },
        **{"image": picture(f"picture {number}"), "MD5": "0", "data_id": number, "answer": answer, "split": "test"},
    }


CASES = (
    Case(
        benchmark=MM_IQ,
        source=HUB,
        split="test",
        file="data/test-00000-of-00001.parquet",
        rows=[row(0, "B"), row(1, "D"), row(2, "A"), row(3, "C")],
        prompts={
            "official": f"[[picture 0]]{QUESTION}",
            "english": f"[[picture 0]]{QUESTION}",
            "chinese": "[[picture 0]]选出最合适的一项：",
        },
    ),
)
