"""Rows in the columns of Hothan/OlympiadBench, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.olympiadbench import HUB, OLYMPIADBENCH
from rfteval.types import Sample
from tests.benchmarks.case import Case, boxed, picture


def row(number: int, answer: str, answer_type: str, **others: Any) -> dict[str, Any]:
    return {
        **{"id": number, "question": f"Problem {number} <image_1> ?", "solution": ["..."], "final_answer": [answer]},
        **{"context": None, "image_1": picture(f"picture {number}"), "modality": "Multimodal"},
        **{"difficulty": "Competition", "is_multiple_answer": False, "unit": None, "answer_type": answer_type},
        **{"error": None, "question_type": "Open-ended", "subfield": "Algebra", "subject": "Maths"},
        "language": "English",
        **others,
    }


ROWS = [
    row(1, "$5.2$", "Numerical", unit="m", error="1e-1", subject="Physics", context="A ball <image_1> falls."),
    row(2, "2", "Numerical"),
    row(3, "(2,1),(3,1)", "Tuple", is_multiple_answer=True),
    row(4, "$y^{2}=4x$", "Equation", language="Chinese", modality="Text-only", image_1=None),
    row(5, "[1,3)", "Interval", language="Chinese", difficulty="College Entrance Exam"),
    row(6, "$\\frac{n(n+1)}{2}$", "Expression"),
    row(7, "1, -2", "Numerical", is_multiple_answer=True),
]
INSTRUCTION = (
    "The following is an open-ended problem from an International Physics competition. The answer of The problem "
    "should be a numerical value. Please calculate the answer according to the given requirements and the information "
    "provided. Please use LaTeX format to represent the variables and formulas used in the solution process and "
    'results. Please end your solution with "So the final answer is \\boxed{answer}(unit)." and give the result '
    "explicitly, note that the unit of the answer should not be included in \\boxed{}."
)
ASKED = f"{INSTRUCTION}\nA ball[[picture 1]]falls.\nProblem 1[[picture 1]]?"
SYSTEM = "You are an AI assistant. Please answer the following Physics competition problems as required."


def closing(sample: Sample) -> tuple[str, ...]:
    """The closing sentence that was asked for."""
    answer = sample.reference.answer.strip("$")
    if sample.tags["language"] == "zh":
        return (f"解。\n所以最终答案是\\boxed{{{answer}}}。",)
    return (f"Since 1 < 2.\nSo the final answer is \\boxed{{{answer}}}.",)


CASES = (
    Case(
        benchmark=OLYMPIADBENCH,
        source=HUB,
        split="all",
        file="train.parquet",
        rows=ROWS,
        said={"": closing, "rules": boxed},
        prompts={"official": f"<system>{SYSTEM}<user>{ASKED}", "official-without-system": ASKED},
    ),
)
