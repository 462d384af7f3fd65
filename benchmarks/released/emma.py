"""EMMA-mini's released runs, scored by the fast rule of the time; one was judged by GPT instead.

Published accuracies (mini, in percent): the leaderboard in EMMA-Bench/EMMA, README.md, where a run is whole there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.emma import EMMA_MINI, sample_of
from benchmarks.released.files import responses_of, rows_of, run_files, verdicts_of
from rfteval.rows import Row
from rfteval.verification.release import Release, ReleasedRun

PUBLISHED = {"Qwen2.5-VL-72B-Instruct_Coding_Chemistry_Physics_Math_Direct": 40.5, "gpt_CoT": 36.0}
JUDGED_BY = {"Llava_CoT": "GPT"}


def runs(folder: Path) -> Iterator[ReleasedRun]:
    """The runs in `folder`; each holds its own questions."""
    for path in run_files(folder):
        yield ReleasedRun(
            name=path.stem,
            benchmark=EMMA_MINI,
            profile="official-2024",
            samples=[sample_of(Row(place=place, values=row)) for place, row in rows_of(path)],
            responses=responses_of(path, EMMA_MINI.outputs),
            verdicts=verdicts_of(path, "pid", "official_correct"),
            published=PUBLISHED.get(path.stem),
            judged_by=JUDGED_BY.get(path.stem, ""),
        )


RELEASE = Release(title="EMMA-mini", folder="emma_mini", runs=runs)
