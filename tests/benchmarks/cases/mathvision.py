"""Rows in the columns of MathLLMs/MathVision, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.mathvision import HUB, MATHVISION
from tests.benchmarks.case import Case, picture


def row(number: int, answer: str, options: list[str]) -> dict[str, Any]:
    return {
        **{"id": str(number), "question": f"Problem {number}?\n<image1>", "options": options},
        **{"image": f"images/{number}.jpg", "decoded_image": picture(f"picture {number}"), "answer": answer},
        **{"solution": None, "level": number % 5 + 1, "subject": "counting"},
    }


ROWS = [
    row(1, "D", ["$1: 4$", "$\\frac{1}{3}$", "12 cm", "$2\\sqrt{3}$", "none"]),
    row(2, "6", []),
    row(3, "B", ["A", "B", "C", "D", "E"]),
    row(4, "$4 \\pi$", []),
    row(5, "2.5", []),
]
OPTIONS = "(A) $1: 4$\n(B) $\\frac{1}{3}$\n(C) 12 cm\n(D) $2\\sqrt{3}$\n(E) none\n"
CASES = (
    Case(
        benchmark=MATHVISION,
        source=HUB,
        split="testmini",
        file="data/testmini-00000-of-00001.parquet",
        rows=ROWS,
        prompts={
            "direct": f"[[picture 1]]Problem 1?\n<image1>\n{OPTIONS}\n"
            "Answer the question using a single word or phrase.",
            "step-by-step": "[[picture 1]]"
            'Please solve the problem step by step and put your answer in one "\\boxed{}". '
            'If it is a multiple choice question, only one letter is allowed in the "\\boxed{}".\n'
            f"Problem 1?\n<image1>\n{OPTIONS}",
            "lmms-eval": "[[picture 1]]"
            'Please solve the problem step by step and put your answer in one "\\boxed{}".Problem 1?\n<image1>\n'
            "Choices: A. $1: 4$\nB. $\\frac{1}{3}$\nC. 12 cm\nD. $2\\sqrt{3}$\nE. none\n"
            "Answer the question with the option's letter from the given choices directly.",
        },
    ),
)
