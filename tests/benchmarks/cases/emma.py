"""Rows in the columns of luckychao/EMMA, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.emma import EMMA, EMMA_MINI, _source
from tests.benchmarks.case import Case


def row(pid: str, subject: str, answer: str, options: list[str], **others: Any) -> dict[str, Any]:
    return {
        **{"pid": pid, "question": f"<image_1> What is {pid}?", "options": options, "answer": answer, "solution": None},
        **{"task": "task", "category": "Path Tracing", "source": "synthetic", "context": "", "subject": subject},
        "type": "Multiple Choice" if options else "Open-ended",
        **others,
    }


ROWS = [
    row("phy_1", "Physics", "C", ["<image_2>", "<image_3>", "<image_2>"], context="A ray <image_4> enters."),
    row("Math_1", "Math", "5", []),
    row("Math_2", "Math", "B", ["$\\frac{1}{2}$", "$50(5-\\sqrt{5})$", "3"]),
    row("chem_1", "Chemistry", "12", []),
]
# Without pictures: those are in test_emma.py, one file a subject. A token without a picture is dropped.
QUESTION = (
    "A ray  enters.\n What is phy_1?\nA: \nB: \nC: \n\nAnswer with the option's letter from the given choices and "
)
BOX = 'put the letter in one "\\boxed{}". '
PROMPTS = {
    "step-by-step": f"{QUESTION}{BOX}Please solve the problem step by step.",
    "direct": f"{QUESTION}{BOX}Please ensure that your output only contains the final answer without any additional "
    "content (such as intermediate reasoning steps).",
}
CASES = tuple(
    Case(
        benchmark=benchmark,
        source=_source("luckychao/EMMA", "6c87aec9048c489108170088e50b768646b5bcf9"),
        split="test",
        file="test.jsonl",
        rows=ROWS,
        prompts=PROMPTS,
    )
    for benchmark in (EMMA, EMMA_MINI)
)
