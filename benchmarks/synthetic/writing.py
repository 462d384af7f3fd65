"""Writes synthetic questions to a folder: rows in MathVista's columns, and pairs that any trainer can read."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from random import Random

from benchmarks.synthetic.generator import problems
from benchmarks.synthetic.question import Problem
from benchmarks.synthetic.rows import png_bytes, to_row


def write_folder(folder: Path, *, split: str, seed: int, count: int, per_picture: int) -> int:
    """Write `count` questions to `folder`; the number of pictures.

    `SPLIT.jsonl` has MathVista's columns and `trace`; `SPLIT-pairs.jsonl` has `prompt`, `response` and `image`, as
    `rfteval sft` reads them. Raises OSError.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    shown: Problem | None = None
    pictures = 0
    wanted = islice(problems(Random(seed), split, questions_per_picture=per_picture), count)
    with (
        (folder / f"{split}.jsonl").open("w", encoding="utf-8") as rows,
        (folder / f"{split}-pairs.jsonl").open("w", encoding="utf-8") as pairs,
    ):
        for number, problem in enumerate(wanted, start=1):
            if shown is None or problem.picture is not shown.picture:
                shown, pictures = problem, pictures + 1
                (folder / "images" / f"{pictures}.png").write_bytes(png_bytes(problem.picture))
            image = f"images/{pictures}.png"
            row = to_row(problem, f"{split}-{seed}-{number}", split) | {"image": image, "trace": problem.trace}
            response = f"<think>{problem.trace}</think><answer>{problem.final}</answer>"
            rows.write(json.dumps(row, ensure_ascii=False) + "\n")
            pair = {"prompt": row["query"], "response": response, "image": image}
            pairs.write(json.dumps(pair, ensure_ascii=False) + "\n")
    return pictures
