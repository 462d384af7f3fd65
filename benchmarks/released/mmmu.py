"""MMMU's released run of Qwen-VL-Chat: responses with their options, no verdicts, a published count.

Published: 325 of 900 (36.11), the validation score in MMMU-Benchmark/MMMU, mmmu/example_outputs/qwen_vl.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.mmmu import DOMAIN_OF, MMMU, subject_of
from benchmarks.released.files import responses_of, rows_of, run_files
from reward_service.types import Choice, Reference
from rfteval.errors import InputFileError
from rfteval.types import Sample
from rfteval.verification.release import Release, ReleasedRun

CORRECT = {"qwen_vl": 325}
PUBLISHED = {"qwen_vl": 36.11}
SEED = 42  # of the module `random` in mmmu/utils/eval_utils.py, for a whole evaluation, subject by subject


def runs(folder: Path) -> Iterator[ReleasedRun]:
    """The runs in `folder`; each holds its own questions' options and answers."""
    for path in run_files(folder):
        yield ReleasedRun(
            name=path.stem,
            benchmark=MMMU,
            profile="official",
            samples=[sample_of(place, row) for place, row in rows_of(path)],
            responses=responses_of(path, MMMU.outputs),
            correct=CORRECT.get(path.stem),
            published=PUBLISHED.get(path.stem),
            seed=SEED,
        )


def sample_of(place: str, row: Mapping[str, object]) -> Sample:
    """The sample that a row of a released run describes; the question's text is not in it."""
    answer, options, name = row.get("answer"), row.get("index2ans") or {}, row.get("id")
    given = answer if isinstance(answer, list) else [answer]
    answers = [each for each in given if isinstance(each, str)]
    if not (isinstance(name, str) and isinstance(options, dict) and answers and len(answers) == len(given)):
        raise InputFileError(f"{place}: expected 'id', 'answer' and 'index2ans' as MMMU's example outputs have them")
    choices = tuple(Choice(label=str(label), text=str(text)) for label, text in options.items())
    kind = "choice" if choices else "auto"
    subject = subject_of(name)
    return Sample(
        id=name,
        question="",
        reference=Reference(answer=answers[0], alternatives=tuple(answers[1:]), kind=kind, choices=choices),
        tags={"subject": subject, "domain": DOMAIN_OF.get(subject, "other")},
    )


RELEASE = Release(title="MMMU", folder="mmmu", runs=runs)
