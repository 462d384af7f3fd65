"""Write the packaged sample split: `python -m benchmarks.synthetic.build_sample [FOLDER]`.

Everything follows from the two seeds below; a test regenerates the files and compares. Pictures are compared by their
pixels, since how well a PNG is packed depends on the library that packs it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from benchmarks.mathvista import PACKAGED
from benchmarks.synthetic.generator import FAMILIES, problems
from benchmarks.synthetic.question import Problem
from benchmarks.synthetic.responder import SCRIPTS, respond
from benchmarks.synthetic.rows import png_bytes, to_row

PROBLEM_SEED = 20261121
RESPONSE_SEED = 20261122

# How many questions of each form; families get equal shares of all of them.
FORMS = {"choice": 90, "yes_no": 45, "integer": 90, "float": 38, "list": 37}
COUNT = sum(FORMS.values())


def sample_problems() -> Iterator[tuple[str, Problem]]:
    """(pid, problem) of the packaged split: no form or family over its share, no picture and no question twice."""
    forms: Counter[str] = Counter()
    families: Counter[str] = Counter()
    share = -(-COUNT // len(FAMILIES))
    seen: set[bytes] = set()
    for problem in problems(Random(PROBLEM_SEED), "sample"):
        pixels = problem.picture.tobytes()
        full = forms[problem.form] >= FORMS[problem.form] or families[problem.family.name] >= share
        if full or pixels in seen:
            continue
        seen.add(pixels)
        forms[problem.form] += 1
        families[problem.family.name] += 1
        yield f"s{len(seen)}", problem
        if len(seen) == COUNT:
            return


def recorded(pairs: list[tuple[str, Problem]]) -> Iterator[dict[str, str]]:
    """The scripted response to each problem, with the script that it followed; the scripts in exactly their shares."""
    random = Random(RESPONSE_SEED)
    scripts = [script for script, share in SCRIPTS.items() for _ in range(round(share * len(pairs) / 100))]
    random.shuffle(scripts)
    for (pid, problem), script in zip(pairs, scripts, strict=True):
        yield {"pid": pid, "response": respond(problem, random, script), "script": script}


def write(folder: Path) -> int:
    """Write sample.jsonl, replay.jsonl and the pictures into `folder`; the number of bytes written."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    pairs = list(sample_problems())
    files = {f"images/{pid}.png": png_bytes(problem.picture) for pid, problem in pairs}
    files["sample.jsonl"] = _lines([to_row(problem, pid, "sample") for pid, problem in pairs])
    files["replay.jsonl"] = _lines(list(recorded(pairs)))
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return sum(map(len, files.values()))


def _lines(rows: list[dict[str, object]] | list[dict[str, str]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGED
    print(f"{COUNT} questions, {write(target)} bytes in {target}")
