"""MATH-500, GSM8K and AIME from rows in their repositories' columns, written for this test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import BENCHMARKS
from benchmarks.aime import AIME24, AIME25
from benchmarks.gsm8k import GSM8K
from benchmarks.math500 import MATH500
from reward_service.limits import Budget
from reward_service.types import Status, Verdict
from reward_service.verifiers import registry
from rfteval.benchmark import Benchmark, LoadRequest
from rfteval.errors import InputFileError, SourceError
from rfteval.types import Sample, TextPart

# Answers as MATH writes them: integers, fractions, tuples, intervals, radicals, expressions, texts, degrees, money.
MATH_ANSWERS = (
    *("42", "-7", "\\frac{14}{3}", "\\left( 3, \\frac{\\pi}{2} \\right)", "p - q", "3\\sqrt{13}", "\\text{Evelyn}"),
    *("90^\\circ", "11\\sqrt2", "x^2+2x+1", "[-2,7]", "\\frac{\\sqrt{3}}{3}", "6 - 5i", "1.25", "\\$18.90", "10\\%"),
)
ROWS: dict[str, list[dict[str, Any]]] = {
    "math500": [
        {
            "problem": f"Problem {number}?",
            "solution": f"So it is $\\boxed{{{answer}}}$.",
            "answer": answer,
            "subject": "Algebra" if number % 2 else "Geometry",
            "level": number % 5 + 1,
            "unique_id": f"test/algebra/{number}.json",
        }
        for number, answer in enumerate(MATH_ANSWERS)
    ],
    "gsm8k": [
        {"question": f"Question {number}?", "answer": f"First <<{number}+1={number + 1}>>.\n#### {number + 1:,}"}
        for number in (3, 41, 1999, 2_000_000)
    ],
    "aime24": [
        {"id": number, "problem": f"Find {number}.", "answer": answer, "year": "2024"}
        for number, answer in ((60, "204"), (61, "025"), (62, "0"))
    ],
    "aime25": [{"id": str(number), "problem": f"Find {number}.", "answer": f"{70 + number}"} for number in range(3)],
}
TEXT_BENCHMARKS = (MATH500, GSM8K, AIME24, AIME25)
EACH = pytest.mark.parametrize("benchmark", TEXT_BENCHMARKS, ids=[benchmark.name for benchmark in TEXT_BENCHMARKS])


def loaded(benchmark: Benchmark, folder: Path, rows: list[dict[str, Any]] | None = None) -> list[Sample]:
    path = folder / f"{benchmark.default_split}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows or ROWS[benchmark.name]))
    return list(benchmark.load(LoadRequest(split=benchmark.default_split, data=str(folder))))


def score(benchmark: Benchmark, sample: Sample, text: str) -> Verdict:
    (component,) = benchmark.profiles["rules"].components(sample)
    verifier = registry.resolve(component.verifier, sample.reference)
    return registry.run(verifier, text, sample.reference, registry.parameters_for(verifier, {}), Budget())


def test_they_are_listed() -> None:
    assert {benchmark.name for benchmark in TEXT_BENCHMARKS} <= {benchmark.name for benchmark in BENCHMARKS}


@EACH
def test_the_reference_in_a_box_is_right_and_anothers_is_not(benchmark: Benchmark, tmp_path: Path) -> None:
    samples = loaded(benchmark, tmp_path)
    assert len(samples) == len(ROWS[benchmark.name])
    for sample, other in zip(samples, samples[1:] + samples[:1], strict=True):
        verdict = score(benchmark, sample, f"We compute. So the answer is \\boxed{{{sample.reference.answer}}}.")
        assert verdict.correct, (sample.reference.answer, verdict)
        verdict = score(benchmark, sample, f"So the answer is \\boxed{{{other.reference.answer}}}.")
        assert verdict.status is Status.INCORRECT, (sample.reference.answer, other.reference.answer, verdict)


@EACH
def test_the_prompt_asks_for_a_box(benchmark: Benchmark, tmp_path: Path) -> None:
    sample = loaded(benchmark, tmp_path)[0]
    (part,) = benchmark.prompts[benchmark.default_prompt](sample).messages[0].parts
    assert isinstance(part, TextPart)
    assert (
        part.text == f"{sample.question}\n\nPlease reason step by step, and put your final answer within \\boxed{{}}."
    )
    (plain,) = benchmark.prompts["plain"](sample).messages[0].parts
    assert isinstance(plain, TextPart) and plain.text == sample.question


@EACH
def test_a_missing_column_and_an_unreachable_hub_are_named(
    benchmark: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceError, match="no column"):
        loaded(benchmark, tmp_path, [{"unrelated": 1}])
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    with pytest.raises(SourceError, match="--data DIR"):
        benchmark.load(LoadRequest(split=benchmark.default_split))


def test_tags_of_math500(tmp_path: Path) -> None:
    assert dict(loaded(MATH500, tmp_path)[3].tags) == {"subject": "Algebra", "level": "4"}


def test_the_answer_of_gsm8k_is_what_follows_the_mark(tmp_path: Path) -> None:
    samples = loaded(GSM8K, tmp_path)
    assert [sample.reference.answer for sample in samples] == ["4", "42", "2000", "2000001"]
    assert [sample.id for sample in samples] == ["test-0", "test-1", "test-2", "test-3"]
    for bad in ("no mark", "nothing after it ####  "):
        with pytest.raises(InputFileError, match=r"test\.jsonl:1: 'answer' must end in '####'"):
            loaded(GSM8K, tmp_path, [{"question": "?", "answer": bad}])


def test_answers_of_aime_are_integers_without_leading_zeros(tmp_path: Path) -> None:
    assert [sample.reference.answer for sample in loaded(AIME24, tmp_path)] == ["204", "25", "0"]
    for bad in ("1000", "-1", "3.5", "x"):
        with pytest.raises(InputFileError, match=r"train\.jsonl:1: 'answer' must be an integer from 0 to 999"):
            loaded(AIME24, tmp_path, [{"id": 1, "problem": "?", "answer": bad}])
    with pytest.raises(InputFileError, match="id '1' is already in"):
        loaded(AIME25, tmp_path, [{"id": "1", "problem": "?", "answer": "1"}] * 2)
