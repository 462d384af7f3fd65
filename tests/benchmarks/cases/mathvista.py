"""Rows in the columns of AI4Math/MathVista, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.mathvista import HUB, MATHVISTA
from rfteval.types import Sample
from tests.benchmarks.case import Case, picture, usual

METADATA = {
    **{"split": "testmini", "language": "english", "img_width": 4, "img_height": 4, "source": "synthetic"},
    **{"category": "general", "task": "figure", "context": "bar", "grade": "daily", "skills": ["arithmetic"]},
}


def row(pid: str, question: str, answer: str, answer_type: str, **others: Any) -> dict[str, Any]:
    return {
        **{"pid": pid, "question": question, "image": f"images/{pid}.jpg", "decoded_image": picture(f"picture {pid}")},
        **{"choices": None, "unit": None, "precision": None, "answer": answer, "answer_type": answer_type},
        "question_type": "multi_choice" if answer_type == "text" else "free_form",
        "metadata": METADATA,
        "query": "",
        **others,
    }


ROWS = [
    row("1", "Which is larger?", "the red one", "text", choices=["the red one", "the blue one", "neither"]),
    row("2", "How many?", "14", "integer", unit="years"),
    row("3", "How long?", "1.2", "float", precision=1.0),
    row("4", "How wide?", "6.25", "float", precision=2.0),
    row("5", "Which two?", "[3, 4]", "list"),
]
HINT = "Hint: Please answer the question and provide the correct option letter, e.g., A, B, C, D, at the end."
PROBLEM = "Question: Which is larger?\nChoices:\n(A) the red one\n(B) the blue one\n(C) neither"


def extracted(sample: Sample) -> tuple[str, ...]:
    return (sample.reference.answer,)


CASES = (
    Case(
        benchmark=MATHVISTA,
        source=HUB,
        split="testmini",
        file="data/testmini-00000-of-00001.parquet",
        rows=ROWS,
        said={"": extracted, "rules": usual},
        field="official_extraction",
        prompts={
            "query": f"[[picture 1]]{HINT}\n{PROBLEM}",
            "solution": f"[[picture 1]]{PROBLEM}\n{HINT}\nSolution:",
            "lmms-eval-cot": f"[[picture 1]]{PROBLEM}\n{HINT}",
            "lmms-eval-format": "[[picture 1]]Which is larger?\nA. the red one\nB. the blue one\nC. neither\n"
            "Answer with the option's letter from the given choices directly.",
            "vlmevalkit-qwen2-vl": f"[[picture 1]]{HINT}\n{PROBLEM}\n"
            "Please try to answer the question with short words or phrases if possible.",
        },
    ),
)
