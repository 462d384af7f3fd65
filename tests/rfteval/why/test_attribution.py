"""Why two runs differ: gaps that were made on purpose come out where they were put."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.mathvista import MATHVISTA
from benchmarks.mmmu import MMMU
from reward_service.types import Choice, Reference
from reward_service.verifiers import registry as verifiers
from rfteval.benchmark import Benchmark, LoadRequest
from rfteval.errors import UsageError
from rfteval.labels import gold_label
from rfteval.stored_run import StoredRun, read_run
from rfteval.types import Response, Sample
from rfteval.why.attribution import Attribution, attribute
from rfteval.why.scorings import rescored
from rfteval.why.terminal import attribution_to_json, print_attribution
from tests.rfteval.in_process import InProcess
from tests.rfteval.pages.stored import store

CHOICES = [sample for sample in MATHVISTA.load(LoadRequest(split="sample")) if sample.reference.choices][:24]


def digests(*names: str) -> dict[str, str]:
    return {name: verifiers.get(name).info().digest for name in names}


def run(
    folder: Path,
    responses: Sequence[Response],
    *,
    profile: str = "rules",
    benchmark: Benchmark = MATHVISTA,
    samples: Sequence[Sample] = CHOICES,
    **settings: Any,
) -> StoredRun:
    """A run as it would have been stored: scored by `profile` with the verifiers that are here."""
    profiled = dataclasses.replace(benchmark, default_profile=profile)
    records = rescored(responses, samples, profiled.profiles[profile], InProcess())
    used = {verdict.verifier for record in records if record.scored for verdict in record.scored.verdicts}
    settings = {"profile": profile, "verifiers": digests(*used), **settings}
    return read_run(store(folder, samples, records, benchmark=profiled, asked=False, **settings))


def right(sample: Sample) -> str:
    return f"So the answer is ({gold_label(sample.reference)})."


def wrong(sample: Sample) -> str:
    other = next(each.label for each in sample.reference.choices if each.label != gold_label(sample.reference))
    return f"So the answer is ({other})."


def answers(count: int, **fields: Any) -> list[Response]:
    """Responses to the samples, of which the first `count` are right."""
    return [
        Response(sample_id=sample.id, text=right(sample) if place < count else wrong(sample), **fields)
        for place, sample in enumerate(CHOICES)
    ]


def why(first: StoredRun, last: StoredRun, *between: StoredRun, benchmark: Benchmark = MATHVISTA) -> Attribution:
    found = attribute(first, last, between, benchmark, InProcess())
    assert sum(effect.share.mean for effect in found.effects) == pytest.approx(found.gap, abs=1e-12)
    return found


def shares(found: Attribution) -> Mapping[str, float]:
    """Effects in questions of the 24."""
    return {effect.name: round(effect.share.mean * len(CHOICES), 9) for effect in found.effects}


def test_other_responses_alone_are_the_whole_gap(tmp_path: Path) -> None:
    found = why(run(tmp_path / "a", answers(10)), run(tmp_path / "b", answers(16), prompt="other"))
    assert shares(found) == {"prompt": 6}
    assert (found.version_gap, found.fallback_gap, found.notes) == (0.0, 0.0, ())


def test_alike_runs_have_nothing_to_explain(tmp_path: Path) -> None:
    found = why(run(tmp_path / "a", answers(10)), run(tmp_path / "b", answers(10)))
    assert found.effects == () and found.gap == 0


def extracted(count: int, words: Mapping[int, str]) -> list[Response]:
    """`count` right responses, with a stored extraction that says the same, but for those in `words`."""
    return [
        dataclasses.replace(response, extras={"official_extraction": words.get(place, response.text)})
        for place, response in enumerate(answers(count))
    ]


def test_wrong_extractions_are_the_extractions_effect(tmp_path: Path) -> None:
    """The responses are the same; the stored extraction has four of the right answers as another option."""
    responses = extracted(12, {place: wrong(CHOICES[place]) for place in range(4)})
    found = why(run(tmp_path / "a", responses), run(tmp_path / "b", responses, profile="official-extraction"))
    assert shares(found) == {"extraction": -4, "comparison": 0}


def test_another_comparison_is_the_comparisons_effect(tmp_path: Path) -> None:
    """Three right answers were extracted as texts nearest to the right option: credited by luck, or not."""
    near = {place: f"{sample.reference.answer}?" for place, sample in enumerate(CHOICES[:3])}
    for place, sample in enumerate(CHOICES[:3]):
        gold = sample.reference.answer
        near[place] = f"{gold}?" if gold not in "ABCDEFGH" else f"option {gold}"
    responses = extracted(12, near)
    lucky = run(tmp_path / "a", responses, profile="official-extraction")
    strict = run(tmp_path / "b", responses, profile="official-strict")
    found = why(lucky, strict)
    credited = sum(
        record.scored is not None and "nearest-choice" in record.scored.verdicts[0].flags for record in lucky.records
    )
    assert credited == 3
    assert shares(found)["extraction"] == 0 and shares(found)["comparison"] == pytest.approx(found.gap * 24)
    assert found.fallback_gap == pytest.approx(found.gap)


def test_a_shorter_limit_is_the_limits_effect(tmp_path: Path) -> None:
    """The second run may go on for twice as long; cut at the first one's limit its late answers are gone."""
    long = [
        dataclasses.replace(
            response, text="Let me think about it for a while. " * 8 + response.text, response_tokens=80
        )
        if place >= 6
        else dataclasses.replace(response, response_tokens=10)
        for place, response in enumerate(answers(24))
    ]
    short = [
        response
        if response.response_tokens == 10
        else dataclasses.replace(response, text=response.text[:140], response_tokens=40, finish_reason="length")
        for response in long
    ]
    first = run(tmp_path / "a", short, sampling={"temperature": 0.0, "max_tokens": 40})
    second = run(tmp_path / "b", long, sampling={"temperature": 0.0, "max_tokens": 80})
    found = why(first, second)
    assert shares(found)["token limit"] == pytest.approx(found.gap * 24 / 2)  # swapped after the responses, it is all
    limit = next(effect for effect in found.effects if effect.name == "token limit")
    assert (limit.alone * 24, limit.last * 24) == pytest.approx((0, 18))
    assert any("stop at its limit of 40 tokens" in note for note in found.notes)
    assert found.cut_off == (18, 0)
    back = why(second, first)
    assert back.gap == pytest.approx(-found.gap)
    assert next(effect for effect in back.effects if effect.name == "token limit").alone * 24 == pytest.approx(-18)


def test_runs_in_between_tell_settings_apart(tmp_path: Path) -> None:
    first = run(tmp_path / "a", answers(6), model="small", prompt="plain")
    last = run(tmp_path / "b", answers(18), model="large", prompt="cot")
    between = run(tmp_path / "c", answers(15), model="large", prompt="plain")
    useless = run(tmp_path / "d", answers(0), model="third", prompt="none")
    together = why(first, last)
    assert shares(together) == {"model and prompt": 12}
    assert "--with" in together.notes[0]
    apart = why(first, last, useless, between)
    assert shares(apart) == {"model": 9, "prompt": 3} and apart.notes == ()


def test_verifiers_of_another_version_are_set_apart(tmp_path: Path) -> None:
    """The second run's stored verdicts are of a version that found nothing right; scored again, the runs are equal."""
    first = run(tmp_path / "a", answers(10))
    old = [dataclasses.replace(record, scored=dataclasses.replace(record.scored, verdicts=tuple(
        dataclasses.replace(verdict, score=0.0) for verdict in record.scored.verdicts)))
        for record in first.records if record.scored is not None]  # fmt: skip
    report = {**first.report, "settings": {**first.report["settings"], "verifiers": {"choice": "of old"}}}
    second = dataclasses.replace(first, records=tuple(old), report=report)
    found = why(first, second)
    assert found.gap == 0
    assert found.version_gap * 24 == pytest.approx(-10) and found.stored_gap == found.version_gap


def test_a_verifier_that_takes_no_extraction_leaves_the_scoring_whole(tmp_path: Path) -> None:
    choices = tuple(Choice(label=letter, text=f"thing {letter}") for letter in "ABCD")
    samples = [
        Sample(
            id=f"validation_Art_{number}", question="?", reference=Reference(answer="A", kind="choice", choices=choices)
        )
        for number in range(8)
    ]
    texts = ["(A)", "I cannot say which it is.", "(B)", "(A)", "no idea", "(A)", "(C)", "(A)"]
    responses = [Response(sample_id=one.id, text=text) for one, text in zip(samples, texts, strict=True)]
    made = [
        run(tmp_path / profile, responses, profile=profile, benchmark=MMMU, samples=samples)
        for profile in ("rules", "official")
    ]
    found = why(*made, benchmark=MMMU)
    assert [effect.name for effect in found.effects] == ["scoring"]
    assert found.gap == pytest.approx(2 * 0.25 / 8) == found.fallback_gap
    assert any("extraction and comparison are one here" in note for note in found.notes)


def test_other_questions_are_refused(tmp_path: Path) -> None:
    first = run(tmp_path / "a", answers(3))
    with pytest.raises(UsageError, match="only runs of the same questions"):
        attribute(
            first, dataclasses.replace(first, report={**first.report, "split": "test"}), (), MATHVISTA, InProcess()
        )


def test_it_is_printed_and_written(tmp_path: Path) -> None:
    found = why(run(tmp_path / "a", answers(6), prompt="x"), run(tmp_path / "b", answers(18), model="m", prompt="y"))
    out = io.StringIO()
    print_attribution(found, out)
    for said in ("a 25.00 % → b 75.00 %", "model and prompt", "+50.00", "--with"):
        assert said in out.getvalue(), said
    written = attribution_to_json(found)
    assert json.loads(json.dumps(written))["effects"][0]["share"]["mean"] == pytest.approx(0.5)
