"""Rows in the columns that MDK12's scripts read, written for these tests."""

from __future__ import annotations

import base64
from typing import Any

from benchmarks.mdk12 import MDK12, TABLES
from tests.benchmarks.case import Case


def row(number: int, answer: str, **others: Any) -> dict[str, Any]:
    picture = base64.b64encode(f"picture {number} {'.' * 60}".encode()).decode()
    return {
        **{
            "index": number,
            "question": f"Which one is {number}?",
            "category": "algebra",
            "knowledge": "",
            "analysis": "",
        },
        **{"A": "one", "B": "two", "C": "three", "D": "four", "image": picture, "grade_level": "7"},
        **{"year": "2023", "difficulty_level": "easy", **others, "answer": answer},
    }


CASES = (
    Case(
        benchmark=MDK12,
        source=TABLES,
        split="multi_modal",
        file="HSMA_single_answer_choice_multi_modal.tsv",
        rows=[row(1, "B"), row(2, "D"), row(3, "A"), row(4, "C")],
        prompts={
            "official": f"[[picture 1 {'.' * 60}]]Question: Which one is 1?\nOptions:\nA. one\nB. two\nC. three\n"
            "D. four\nPlease select the correct answer from the options above. \n"
        },
    ),
)
