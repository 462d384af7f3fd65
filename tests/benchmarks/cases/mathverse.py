"""Rows in the columns of AI4Math/MathVerse, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.mathverse import HUB, MATHVERSE
from rfteval.types import Sample
from tests.benchmarks.case import Case, picture, usual


def row(index: int, version: str, question: str, answer: str, kind: str, asked: str = "") -> dict[str, Any]:
    letter = "the correct option letter, e.g., A, B, C, D"
    what = letter if kind == "multi-choice" else "the final value, e.g., 1, 2.5, 300"
    lead = "Please first conduct reasoning, and then answer the question and provide"
    return {
        "sample_index": str(index),
        "problem_index": str(index // 5),
        "problem_version": version,
        "question": question,
        "image": picture(f"{version} {index // 5}"),
        "answer": answer,
        "question_type": kind,
        "metadata": {
            "split": "testmini",
            "source": "synthetic",
            "subject": "Plane Geometry",
            "subfield": "Angle",
        },
        "query_wo": f"Please directly answer the question and provide {what}.\nQuestion: {question}",
        "query_cot": f"{lead} {what}, at the end.\nQuestion: {question}",
        "question_for_eval": asked or question,
    }


OPTIONS = "How large is angle CED? ()\nChoices:\nA:40°\nB:60°\nC:120°\nD:140°"
ROWS = [
    row(5, "Text Dominant", OPTIONS, "D", "multi-choice"),
    row(6, "Vision Only", "", "B", "multi-choice", OPTIONS),
    row(10, "Vision Dominant", "Find L.", "14", "free-form"),
    row(15, "Text Lite", "Which interval?", "(-2,1]", "free-form"),
    row(20, "Text Lite", "Which two? (A) 1 (B) 2 (C) 3", "A\nC", "multi-choice"),
]


def quick(sample: Sample) -> tuple[str, ...]:
    """The extraction, which the script compares as it is."""
    return (sample.reference.answer,)


LETTER = "the correct option letter, e.g., A, B, C, D"


CASES = (
    Case(
        benchmark=MATHVERSE,
        source=HUB,
        split="testmini",
        file="testmini.parquet",
        rows=ROWS,
        said={"": usual, "official-quick-match": quick},
        field="extraction",
        elsewhere=frozenset({"judge"}),
        prompts={
            "official": "[[Text Dominant 1]]Please first conduct reasoning, and then answer the question and provide "
            f"{LETTER}, at the end.\nQuestion: {OPTIONS}",
            "official-direct": "[[Text Dominant 1]]Please directly answer the question and provide "
            f"{LETTER}.\nQuestion: {OPTIONS}",
        },
    ),
)
