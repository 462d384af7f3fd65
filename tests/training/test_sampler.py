"""Which prompts are asked: every sample once a pass, stages, no tokens for what is known, the same after a resume."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from rfteval.errors import InputFileError, SourceError
from rfteval.types import Sample
from tests.training import tiny
from training.sampler import PromptSampler
from training.settings import DataSettings, SignalSettings
from training.sources import Source, held_out, open_source, read_samples
from training.types import Outcome


def finite(count: int = 10) -> Source:
    samples = [tiny.text_sample(number) for number in range(count)]
    return Source(
        block=lambda number: samples[number % 3 :] + samples[: number % 3], prompt=tiny.prompt_of, finite=True
    )


def sampler(source: Source, **settings: Any) -> PromptSampler:
    return PromptSampler(source, SignalSettings.model_validate(settings), group_size=8, seed=0)


def outcome(sample: Sample, accuracy: float | None, scored: int = 8) -> Outcome:
    return Outcome(sample=sample, accuracy=accuracy, scored=scored)


def test_every_sample_is_asked_once_a_pass() -> None:
    drawn = [sample.id for _ in range(5) for sample in sampler(finite()).draw(2)][:2]
    assert drawn == ["t0", "t1"]
    one = sampler(finite())
    assert sorted(sample.id for _ in range(5) for sample in one.draw(2)) == sorted(f"t{n}" for n in range(10))


def test_what_is_surely_right_or_wrong_is_asked_seldom_and_not_never() -> None:
    one = sampler(finite(), difficulty=True)
    known = {f"t{n}": accuracy for n, accuracy in enumerate([1.0, 0.0, *[0.5] * 8])}
    asked = dict.fromkeys(known, 0)
    for _ in range(200):
        for sample in one.draw(4):
            asked[sample.id] += 1
            one.observe([outcome(sample, known[sample.id])])
    assert 0 < asked["t0"] < 0.5 * asked["t5"]
    assert 0 < asked["t1"] < 0.5 * asked["t5"]
    assert one.skipped > 0


def test_unscored_groups_change_no_estimate() -> None:
    one = sampler(finite(), difficulty=True)
    one.observe([outcome(tiny.text_sample(0), None, scored=0)])
    assert one.state()["estimates"] == {}


def test_stages_choose_by_tags_and_move_on() -> None:
    stages = [{"name": "easy", "where": {"level": ["0"]}, "accuracy": 0.7}, {"name": "all"}]
    one = sampler(finite(12), stages=stages, stage_patience=3)
    for accuracy in (0.9, 0.9, 0.9):
        drawn = one.draw(3)
        assert {sample.tags["level"] for sample in drawn} == {"0"}
        one.observe([outcome(sample, accuracy) for sample in drawn])
    assert one.stage is not None and one.stage.name == "all"
    assert {sample.tags["level"] for sample in one.draw(9)} == {"0", "1", "2"}


def test_a_stage_that_matches_nothing_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"correct signal\.stages"):
        sampler(finite(), stages=[{"name": "none", "where": {"level": ["9"]}}]).draw(1)


def test_a_resumed_sampler_draws_what_the_other_would_have() -> None:
    stages = [{"name": "easy", "where": {"level": ["0", "1"]}, "steps": 3}, {"name": "all"}]
    one, other = (sampler(finite(30), difficulty=True, stages=stages) for _ in range(2))
    for step in range(8):
        drawn = one.draw(4)
        one.observe([outcome(sample, (step % 3) / 2) for sample in drawn])
        other.restore(json.loads(json.dumps(one.state())))
        assert other.state() == one.state()
        following = [sample.id for sample in other.draw(4)]
        copied = sampler(finite(30), difficulty=True, stages=stages)
        copied.restore(one.state())
        assert following == [sample.id for sample in copied.draw(4)]


def test_a_stream_mixes_pictures_and_is_the_same_every_time() -> None:
    source = open_source(DataSettings(dataset="synthetic", limit=64), seed=3)
    block = source.block(0)
    assert [sample.id for sample in block] == [sample.id for sample in source.block(0)]
    assert {sample.id for sample in block}.isdisjoint(sample.id for sample in source.block(1))
    assert sum(a.images == b.images for a, b in itertools.pairwise(block)) < len(block) / 4
    other = open_source(DataSettings(dataset="synthetic", limit=64), seed=4)
    assert {sample.id for sample in block}.isdisjoint(sample.id for sample in other.block(0))


def test_held_out_samples_are_about_different_pictures() -> None:
    samples = held_out("synthetic", "validation", 40)
    assert len({sample.images[0].data for sample in samples}) == 40
    assert [sample.id for sample in samples] == [sample.id for sample in held_out("synthetic", "validation", 40)]


def test_a_file_of_questions_is_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"question": "Which?", "answer": "B", "choices": ["x", "y"], "tags": {"level": 2}, "keys": ["k"]}\n'
    )
    (sample,) = read_samples(path)
    assert (sample.id, sample.reference.kind, sample.tags["level"]) == ("line-1", "choice", "2")
    assert [choice.label for choice in sample.reference.choices] == ["A", "B"]
    assert sample.fields["keys"] == ["k"]
    path.write_text('{"question": "Which?"}\n')
    with pytest.raises(InputFileError, match=r"a.jsonl:1: 'answer' must be a text"):
        read_samples(path)


def test_a_data_set_sorted_by_a_tag_begins_with_the_easy(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"question": str(n), "answer": "1", "tags": {"level": str((7 * n) % 11)}} for n in range(11)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = open_source(DataSettings(file=str(path)), seed=0, sort_by="level")
    assert [int(str(sample.tags["level"])) for sample in source.block(0)] == list(range(11))


def test_a_prompt_gets_the_system_message_and_the_suffix(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"question": "Which?", "answer": "1"}\n')
    source = open_source(DataSettings(file=str(path), system="Think.", suffix="\nAnswer:"), seed=0)
    messages = source.prompt(source.block(0)[0]).messages
    assert [message.role for message in messages] == ["system", "user"]
    assert [getattr(part, "text", "") for part in messages[1].parts] == ["Which?", "\nAnswer:"]
