"""Rows of the benchmarks without pictures, in their hubs' columns, written for these tests."""

from __future__ import annotations

from benchmarks import aime, gsm8k, math500
from rfteval.rows import HubSource
from tests.benchmarks.case import Case

BOXED = "Please reason step by step, and put your final answer within \\boxed{}."


def prompts(problem: str) -> dict[str, str]:
    return {"boxed": f"{problem}\n\n{BOXED}", "plain": problem}


def year(name: str) -> HubSource:
    revisions = {
        "HuggingFaceH4/aime_2024": "2fe88a2f1091d5048c0f36abc874fb997b3dd99a",
        "math-ai/aime25": "563bb8404243c5f09de6ec262f2db674fe5bce9b",
    }
    return HubSource(repository=name, revision=revisions[name], columns=("id", "problem", "answer"))


CONTEST = [
    {"problem": "Find m+n.", "answer": "033", "id": "60"},
    {"problem": "Find k.", "answer": "204", "id": "61"},
]
CASES = (
    Case(
        benchmark=math500.MATH500,
        source=math500.HUB,
        split="test",
        file="test.jsonl",
        rows=[
            {
                "problem": f"Solve {i}.",
                "answer": answer,
                "subject": "Algebra",
                "level": i,
                "unique_id": f"test/{i}.json",
            }
            for i, answer in enumerate(["\\frac{3}{5}", "(3, \\frac{\\pi}{2})", "x^2+1", "[2,5)"])
        ],
        prompts=prompts("Solve 0."),
    ),
    Case(
        benchmark=gsm8k.GSM8K,
        source=gsm8k.HUB,
        split="test",
        file="main/test-00000-of-00001.parquet",
        rows=[
            {"question": "How many eggs?", "answer": "9 * 2 = <<9*2=18>>18\n#### 18"},
            {"question": "How much?", "answer": "A lot.\n#### 70,000"},
        ],
        prompts=prompts("How many eggs?"),
    ),
    *(
        Case(
            benchmark=benchmark,
            source=year(name),
            split=benchmark.default_split,
            file=f"{benchmark.default_split}.jsonl",
            rows=CONTEST,
            prompts=prompts("Find m+n."),
        )
        for benchmark, name in ((aime.AIME24, "HuggingFaceH4/aime_2024"), (aime.AIME25, "math-ai/aime25"))
    ),
)
