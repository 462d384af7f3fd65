"""Runs one peer verifier over rows from standard input, one JSON line in, one out. For the peers' own interpreter.

    python peers.py math-verify|mathruler|inspect-ai

Each peer is called in the mode its own documentation gives for the kind of row; see the function of each. Imports
nothing of this repository, so that the peers' pinned dependencies and ours never meet.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from typing import Any

Judge = Callable[[dict[str, Any]], bool]


def main() -> None:
    """Answer rows until standard input ends; `cpu_s` and `wall_s` are of the check alone."""
    judge = _JUDGES[sys.argv[1]]()
    out = sys.stdout
    sys.stdout = sys.stderr  # what a peer prints must not mix with the answers
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        row = json.loads(line)
        cpu, wall = time.process_time(), time.perf_counter()
        try:
            correct: bool | None = any(bool(judge({**row, "gold": gold})) for gold in row["golds"])
            error = ""
        except Exception as caught:
            correct, error = None, f"{type(caught).__name__}: {str(caught)[:200]}"
        answer = {
            "correct": correct,
            "error": error,
            "cpu_s": time.process_time() - cpu,
            "wall_s": time.perf_counter() - wall,
        }
        print(json.dumps(answer), file=out, flush=True)


def _letter(row: dict[str, Any]) -> str:
    """The label of the gold option, since the peers know letters only."""
    for label, text in row["choices"]:
        if text.strip() == row["gold"].strip():
            return str(label)
    return str(row["gold"])


def _math_verify() -> Judge:
    """Math-Verify: LaTeX and expression extraction; letters as strings; bare golds and answers wrapped as LaTeX."""
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, StringExtractionConfig, parse, verify

    def wrapped(text: str) -> str:
        return text if "$" in text or "\\boxed" in text or "\\(" in text or "\\[" in text else f"${text}$"

    def judge(row: dict[str, Any]) -> bool:
        if row["choices"]:
            letters = tuple(label for label, _ in row["choices"])
            configs = [StringExtractionConfig(strings=letters)]
            return verify(parse(_letter(row), configs), parse(row["response"], configs))
        configs = [LatexExtractionConfig(), ExprExtractionConfig()]
        gold = parse(wrapped(row["gold"]), configs)
        if row["kind"] == "expression":
            answer = parse(row["response"], configs)
            return verify(gold, answer) or verify(gold, parse(wrapped(row["response"]), configs))
        return verify(gold, parse(row["response"], configs))

    return judge


def _marked_answer(response: str) -> str:
    """The text behind the last "answer is", "A:" or "####", else the last number, else the response."""
    marked = re.findall(r"(?:answer is|[Aa]nswer:|\bA:|####)\s*([^\n]{1,200}?)\.?\s*(?:\n|$)", response)
    if marked:
        return str(marked[-1])
    numbers = re.findall(r"-?\d[\d,]*(?:\.\d+)?", response)
    return str(numbers[-1]) if numbers else response


def _mathruler() -> Judge:
    """mathruler (the PRM800K grader): it takes answers out of boxes only, so elsewhere the usual markers help it."""
    from mathruler.grader import extract_boxed_content, grade_answer

    def judge(row: dict[str, Any]) -> bool:
        answer = row["response"]
        if "\\boxed" in answer:
            answer = extract_boxed_content(answer)
        elif row["kind"] == "full_response":
            answer = _marked_answer(answer)
        return bool(grade_answer(answer, _letter(row) if row["choices"] else row["gold"]))

    return judge


def _inspect_ai() -> Judge:
    """inspect-ai: the public scorer `math()`, with a task state that holds the response."""
    import asyncio

    from inspect_ai.model import ChatMessageUser, ModelOutput
    from inspect_ai.scorer import CORRECT, Target, math
    from inspect_ai.solver import TaskState

    loop = asyncio.new_event_loop()
    scorer = math()

    def judge(row: dict[str, Any]) -> bool:
        question = row["question"] or "?"
        state = TaskState(
            model="replay/replay",
            sample_id=1,
            epoch=1,
            input=question,
            messages=[ChatMessageUser(content=question)],
            output=ModelOutput.from_content("replay", row["response"]),
        )
        target = Target(_letter(row) if row["choices"] else row["gold"])
        score = loop.run_until_complete(scorer(state, target))
        return score is not None and score.value == CORRECT

    return judge


_JUDGES: dict[str, Callable[[], Judge]] = {
    "math-verify": _math_verify,
    "mathruler": _mathruler,
    "inspect-ai": _inspect_ai,
}


if __name__ == "__main__":
    main()
