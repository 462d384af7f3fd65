"""MathVista's released runs on testmini, with the extractions that GPT-4 made, and the authors' verdicts.

Published accuracies: lupantech/MathVista, README.md and the paper (arXiv:2310.02255), table 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.mathvista import MATHVISTA
from benchmarks.released.files import responses_of, run_files, verdicts_of
from benchmarks.released.mathvista_readings import READINGS
from rfteval.benchmark import LoadRequest
from rfteval.verification.release import JudgeFree, Release, ReleasedRun

PUBLISHED = {
    "bard": 34.8,
    "chatgpt": 23.5,
    "chatgpt_2shot_solution": 26.8,
    "gpt4_2shot_solution": 29.2,
    "idefics_9b_instruct": 19.8,
    "llava_llama2_13b": 26.1,
    "llavar": 25.2,
    "minigpt4_llama2": 23.1,
}
LONG_DECIMAL = (
    "the extraction is 0.999... with hundreds of digits and an integer was asked for: the run was scored when the "
    "script said int(x), which refuses it, while int(float(x)) makes 1 of it, the gold answer"
)
EXPLAINED = {"idefics_9b_instruct": {"189": LONG_DECIMAL, "729": LONG_DECIMAL}}


def runs(folder: Path) -> Iterator[ReleasedRun]:
    """The runs in `folder`, over testmini beside them."""
    files = run_files(folder)
    samples = MATHVISTA.load(LoadRequest(split="testmini", data=str(folder))) if files else ()
    for path in files:
        yield ReleasedRun(
            name=path.stem,
            benchmark=MATHVISTA,
            profile="official-extraction",
            samples=samples,
            responses=responses_of(path, MATHVISTA.outputs),
            verdicts=verdicts_of(path, "pid", "official_correct"),
            published=PUBLISHED.get(path.stem),
            explained=EXPLAINED.get(path.stem, {}),
        )


RELEASE = Release(
    title="MathVista",
    folder="mathvista",
    runs=runs,
    judge_free=JudgeFree(ours="rules", theirs="official-strict", readings=READINGS),
)
