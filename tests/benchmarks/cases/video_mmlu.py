"""Rows in the fields of Enxin/Video-MMLU's video_mmlu.jsonl with their disciplines, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.video_mmlu import HUB, VIDEO_MMLU
from tests.benchmarks.case import Case


def pair(question: str, answer: str) -> dict[str, str]:
    return {"question": question, "answer": answer}


def row(name: str, discipline: str, *quiz: dict[str, str], notes: int = 2) -> dict[str, Any]:
    return {
        "video_id": name,
        "discipline": discipline,
        "caption": "A ball rolls.",
        "captions_qa": [pair(f"What is shown {place}?", f"Ball {place}") for place in range(1, notes + 1)],
        "reasoning_qa": list(quiz),
    }


BRIEFLY = "Answer briefly and directly in one sentence."
SEEN = "What\\'s the sum of the series?"

CASES = (
    Case(
        benchmark=VIDEO_MMLU,
        source=HUB,
        split="quiz",
        file="video_mmlu.jsonl",
        rows=[
            row("a-1", "Math", pair(SEEN, "2")),
            row("b_2", "Physics", pair("How fast is it?", "3 m/s")),
            row("c", "Chemistry", pair("Which value results?", "$x^2 + 1$")),
        ],
        elsewhere=frozenset({"judge"}),
        prompts={
            **{
                f"official{name}": "[[?]]" * frames + f"What's the sum of the series?\n{BRIEFLY}"
                for name, frames in (("", 16), ("-1", 1), ("-8", 8), ("-32", 32), ("-64", 64))
            },
            "lmms-eval": "[[?]]" * 16 + f"What's the sum of the series?\n\n {BRIEFLY}",
        },
    ),
)
