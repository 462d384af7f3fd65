"""The generator as a training set: nothing held out in it, one picture for its questions, the benchmark's prompts."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from itertools import groupby, islice

import pytest

from benchmarks.synthetic.benchmark import SYNTHETIC as BENCHMARK
from benchmarks.synthetic.dataset import QUESTIONS_PER_PICTURE, SYNTHETIC
from benchmarks.synthetic.generator import PARTS
from rfteval.benchmark import LoadRequest
from rfteval.errors import UsageError
from rfteval.registry import dataset, datasets
from rfteval.types import Sample, TextPart


def some(split: str, seed: int, count: int) -> list[Sample]:
    return list(islice(SYNTHETIC.stream(split, seed), count))


def picture(sample: Sample) -> bytes:
    data = sample.images[0].data
    assert data is not None
    return hashlib.sha256(data).digest()


def asked(sample: Sample) -> str:
    part = SYNTHETIC.prompt(sample).messages[-1].parts[-1]
    assert isinstance(part, TextPart)
    return part.text


def test_no_held_out_picture_or_question_occurs_in_training() -> None:
    """A question is its picture with its words: the words alone are few and occur everywhere."""
    training = {(picture(sample), asked(sample)) for seed in range(2) for sample in some("train", seed, 700)}
    held_out = [sample for split in ("validation", "sample") for sample in some(split, 7, 300)]
    held_out += BENCHMARK.load(LoadRequest(split="validation", limit=100))
    assert not {seen for seen, _ in training} & {picture(sample) for sample in held_out}
    assert not training & {(picture(sample), asked(sample)) for sample in held_out}


def test_questions_about_one_picture_follow_each_other_and_share_it() -> None:
    runs = [list(run) for _, run in groupby(some("train", 3, 400), key=lambda sample: id(sample.images[0]))]
    assert all(len({picture(sample) for sample in run}) == 1 for run in runs)
    assert len({picture(run[0]) for run in runs}) > 0.95 * len(runs)
    assert max(map(len, runs)) == QUESTIONS_PER_PICTURE
    assert all(len({asked(sample) for sample in run}) == len(run) for run in runs)


def test_equal_seeds_give_equal_samples_in_any_process() -> None:
    code = (
        "import hashlib; from itertools import islice; from benchmarks.synthetic.dataset import SYNTHETIC\n"
        "found = [(s.id, s.question, s.fields['trace']) for s in islice(SYNTHETIC.stream('train', 4), 200)]\n"
        "print(hashlib.sha256(repr(found).encode()).hexdigest())"
    )
    here = [(s.id, s.question, s.fields["trace"]) for s in some("train", 4, 200)]
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert hashlib.sha256(repr(here).encode()).hexdigest() == there
    assert [sample.question for sample in some("train", 5, 50)] != [sample.question for sample in some("train", 4, 50)]


def test_ids_are_unique_and_the_final_answer_is_the_reference() -> None:
    samples = some("train", 1, 800)
    assert len({sample.id for sample in samples}) == len(samples)
    for sample in samples:
        options = {choice.label: choice.text for choice in sample.reference.choices}
        final = str(sample.fields["final"])
        assert options.get(final, final) == sample.reference.answer
        assert sample.fields["trace"]


def test_it_is_found_by_name() -> None:
    assert datasets()["synthetic"] is dataset("synthetic") is SYNTHETIC
    assert set(SYNTHETIC.splits) == set(BENCHMARK.splits) == set(PARTS)


def test_the_benchmark_draws_a_picture_for_each_question() -> None:
    """Families with few looks, such as dials, repeat a picture now and then; intervals group by picture."""
    samples = BENCHMARK.load(LoadRequest(split="validation", limit=200))
    assert len(samples) == 200 and len({picture(sample) for sample in samples}) > 190
    assert [sample.id for sample in BENCHMARK.load(LoadRequest(split="validation", limit=5))] == [
        sample.id for sample in samples[:5]
    ]
    for tag in BENCHMARK.breakdowns:
        assert len({str(sample.tags[tag]) for sample in samples}) > 1
    with pytest.raises(UsageError, match="leave out --data"):
        BENCHMARK.load(LoadRequest(split="validation", data="somewhere"))
