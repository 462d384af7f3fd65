"""MATH-Vision's released runs. Published accuracies: the leaderboard in mathllm/MATH-V, README.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.mathvision import MATHVISION
from benchmarks.released.files import responses_of, run_files, verdicts_of
from rfteval.benchmark import LoadRequest
from rfteval.verification.release import Release, ReleasedRun

PUBLISHED = {
    "Gemini-Pro": 17.66,
    "Gemini-Pro-CoT": 14.34,
    "InternLM-XComposer2-VL": 14.54,
    "InternLM-XComposer2-VL-CoT": 14.38,
    "ShareGPT4V-13B": 11.88,
    "Qwen-VL-Plus": 10.72,
    "SPHINX-v2": 9.70,
    "ChatGPT3.5-CoT_Text_Image_Caption": 9.74,
    "LLaVA-v1.5-7B": 8.52,
    "Random-Chance": 7.17,
}
EXPLAINED = {
    "Gemini-Pro": {
        "3013": r"'The answer is 4/3.' against \frac{4}{3} was released as wrong; the published script with "
        "latex2sympy2 1.9.1 finds it right too"
    }
}


def runs(folder: Path) -> Iterator[ReleasedRun]:
    """The runs in `folder`, over the test split beside them."""
    files = run_files(folder)
    samples = MATHVISION.load(LoadRequest(split="test", data=str(folder))) if files else ()
    for path in files:
        yield ReleasedRun(
            name=path.stem,
            benchmark=MATHVISION,
            profile="official",
            samples=samples,
            responses=responses_of(path, MATHVISION.outputs),
            verdicts=verdicts_of(path, "id", "official_correct"),
            published=PUBLISHED.get(path.stem),
            explained=EXPLAINED.get(path.stem, {}),
        )


RELEASE = Release(title="MATH-Vision", folder="mathvision", runs=runs)
