"""Rows in the columns of VisuLogic/VisuLogic's data.jsonl, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.visulogic import HUB, VISULOGIC
from tests.benchmarks.case import Case, boxed

QUESTION = "From the four options (A, B, C, D), choose the one that follows."


def row(number: int, label: str) -> dict[str, Any]:
    return {
        **{"image_path": f"images/{number:05d}.png", "question": QUESTION, "label": label, "id": f"{number:05d}"},
        "tag": "Quantitative Reasoning",
    }


CASES = (
    Case(
        benchmark=VISULOGIC,
        source=HUB,
        split="test",
        file="data.jsonl",
        rows=[row(0, "B"), row(1, "D"), row(2, "A"), row(3, "C")],
        said={
            "": lambda sample: (
                *boxed(sample),
                f"Answer: {sample.reference.answer}",
                f"So it is {sample.reference.answer}.",
            )
        },
        prompts={
            "official": f"[[?]]{QUESTION}\nSolve the complex visual logical reasoning problem through step-by-step "
            "reasoning. Think about the reasoning process first and answer the question following this format: Answer: "
            "\\boxed{$LETTER}.",
            "vlmevalkit": f"[[?]]{QUESTION}\nSolve the complex visual logical reasoning problem through step-by-step "
            "reasoning.Think about the reasoning process first and answer the question following this format: Answer: "
            "\\boxed{$LETTER}",
        },
    ),
)
