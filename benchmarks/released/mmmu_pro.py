"""MMMU-Pro's released runs of GPT-4o, with verdicts; where the rule draws an option, the draw had no seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.mmmu_pro import MMMU_PRO_STANDARD4, MMMU_PRO_STANDARD10, MMMU_PRO_VISION, sample_of
from benchmarks.released.files import responses_of, rows_of, run_files, verdicts_of
from rfteval.rows import Row
from rfteval.verification.release import Release, ReleasedRun

SETTINGS = {"standard10": MMMU_PRO_STANDARD10, "standard4": MMMU_PRO_STANDARD4, "vision": MMMU_PRO_VISION}
EXPLAINED = {
    "validation_Accounting_29": "its options are a list inside a list: the authors' script knows one option, so that "
    "no response can be right; here it has its three options"
}


def runs(folder: Path) -> Iterator[ReleasedRun]:
    """The runs in `folder`, named MODEL_SETTING_PROMPT; each holds its own questions."""
    for path in run_files(folder):
        benchmark = next((each for name, each in SETTINGS.items() if f"_{name}_" in path.stem), None)
        if benchmark is None:
            continue
        yield ReleasedRun(
            name=path.stem,
            benchmark=benchmark,
            profile="official",
            samples=[sample_of(Row(place=place, values=row)) for place, row in rows_of(path)],
            responses=responses_of(path, benchmark.outputs),
            verdicts=verdicts_of(path, "id", "if_right"),
            explained=EXPLAINED,
        )


RELEASE = Release(title="MMMU-Pro", folder="mmmu_pro", runs=runs)
