"""MM-IQ on what its authors released: a hundred responses of one model, the answer key, and five pictures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.mm_iq import MM_IQ
from rfteval.benchmark import LoadRequest
from rfteval.types import Sample
from tests.benchmarks.case import score, shown, write
from tests.benchmarks.cases.mm_iq import CASES, QUESTION

CASE = CASES[0]

pytestmark = pytest.mark.data


def lines(path: Path) -> dict[int, Mapping[str, Any]]:
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["data_id"]: row for row in rows}


def keyed(shared_data: Path, folder: Path) -> dict[str, Sample]:
    """The answer key as samples, in the hub's columns, with the pictures that are there."""
    key = lines(shared_data / "mm_iq" / "MMIQ_benchmark_answer_dict.jsonl")
    pictures = {int(path.stem): path.read_bytes() for path in (shared_data / "mm_iq" / "samples").glob("*.png")}
    assert len(pictures) == 5 and set(pictures) <= set(key)
    rows = [
        {
            **row,
            **dict.fromkeys(("question", "question_en", "question_zh"), QUESTION),
            "image": {"bytes": pictures.get(number), "path": None},
            "split": "test",
        }
        for number, row in key.items()
    ]
    write(folder, CASE, rows)
    samples = MM_IQ.load(LoadRequest(split="test", data=str(folder)))
    asked = [shown_picture(sample) for sample in samples if sample.images]
    assert sorted(asked) == sorted(pictures.values())
    return {sample.id: sample for sample in samples}


def shown_picture(sample: Sample) -> bytes:
    (image,) = sample.images
    assert image.data is not None and image.data.startswith(b"\x89PNG")
    return image.data


def test_the_answer_key_is_the_published_one(shared_data: Path, tmp_path: Path) -> None:
    samples = keyed(shared_data, tmp_path)
    assert len(samples) == 2710
    assert Counter(sample.reference.answer for sample in samples.values()) == {"C": 696, "B": 690, "D": 684, "A": 640}
    assert Counter(sample.tags["category"] for sample in samples.values()) == {
        **{"Mathematical": 936, "Temporal Movement": 415, "3D-Geometry": 398, "Logical Operation": 393},
        **{"2D-Geometry": 365, "Spatial Relationship": 118, "Visual Instruction": 47, "Concrete Object": 38},
    }
    plain = next(sample for sample in samples.values() if not sample.images)
    assert shown(MM_IQ.prompts["official"](plain)) == QUESTION


def test_the_released_responses_are_read_as_the_authors_read_them(shared_data: Path, tmp_path: Path) -> None:
    """Only 5 of the 100 parsed answers that were released belong to the 100 responses that were."""
    samples = keyed(shared_data, tmp_path)
    outputs = shared_data / "mm_iq" / "example_outputs"
    responses = lines(outputs / "example_model_output" / "output_example.jsonl")
    parsed = lines(outputs / "example_output_parsed.jsonl")
    verdicts = {
        number: score(CASE, samples[str(number)], row["response"], "official") for number, row in responses.items()
    }
    assert len(verdicts) == 100 and sum(verdict.correct for verdict in verdicts.values()) == 27
    both = set(responses) & set(parsed)
    assert len(both) == 5
    assert {number: verdicts[number].extracted for number in both} == {
        number: parsed[number]["parsed_pred"] for number in both
    }


def test_the_rules_read_most_of_them_alike(shared_data: Path, tmp_path: Path) -> None:
    """92 of 100 alike. Seven name no option by the rules' reading; one has its letter in an earlier sentence."""
    samples = keyed(shared_data, tmp_path)
    responses = lines(shared_data / "mm_iq" / "example_outputs" / "example_model_output" / "output_example.jsonl")
    alike = sum(
        score(CASE, samples[str(number)], row["response"], "official").extracted
        == score(CASE, samples[str(number)], row["response"], "rules").extracted
        for number, row in responses.items()
    )
    assert alike >= 92
