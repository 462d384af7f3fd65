"""Rows in the columns that GeoSense's own scripts read, and a question, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.geosense import GEOSENSE, HUB
from tests.benchmarks.case import Case


def row(path: str, question: str, answer: object) -> dict[str, Any]:
    principle = {"name": "Inscribed angle", "content": "It is half the central angle.", "this": "<note>ACB</note>"}
    return {"img_path": path, "question": question, "answer": answer, "knowledge_points": [principle]}


QUESTION = "Triangle ABC is inscribed in circle O and angle OAB is 35 degrees. Find angle ACB."

CASES = (
    Case(
        benchmark=GEOSENSE,
        source=HUB,
        split="en",
        file="geosense_en.jsonl",
        rows=[
            row("geos_test/official/001.png", QUESTION, "55°"),
            row("geos_test/official/002.png", "Find the perimeter of triangle LMN.", 9),
            row("GeoQA3/3.png", "How long is AC?\nA. 3\nB. 4\nC. 5\nD. 6", "B"),
            row("GeoQA3/4.png", "How long is AC? A. 3 B. 4√2 C. 5 D. 6", "4√2"),
            row("new/5.png", "Which segment is the longest?", "AB"),
            row("new/6.png", "Find the area.", "\\frac{3\\sqrt{2}}{2}"),
        ],
        elsewhere=frozenset({"judge"}),
        prompts={
            "official": "[[?]]Please reason step by step to arrive at the final answer. Note that you should clearly "
            "use theorems (or definitions) in the reasoning process, and explain how the theorem (or definition) "
            f"specifically applies to this problem.\n\nThe question to be answered is: {QUESTION}",
        },
    ),
)
