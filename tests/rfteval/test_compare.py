"""Comparing runs: only what can be compared is, flips are counted and listed, and the words say what the numbers do."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from reward_service.types import Choice, Reference
from rfteval.compare import Comparison, compare, question_scores
from rfteval.errors import UsageError
from rfteval.report.comparison import comparison_to_json, print_comparison
from rfteval.stored_run import StoredRun, read_run
from rfteval.types import Record, Sample
from tests.rfteval.pages.stored import record, store
from tests.rfteval.small_benchmark import benchmark, sample

SUMS = dataclasses.replace(benchmark(), cluster_key="parity")
SAMPLES = [sample(number) for number in range(8)]


def stored(folder: Path, texts: Sequence[str], **settings: object) -> StoredRun:
    """A run in which sample n, whose answer is n, was answered by the n-th of `texts`."""
    records = [record(one, text) for one, text in zip(SAMPLES, texts, strict=False)]
    return made(folder, SAMPLES[: len(texts)], records, **settings)


def made(folder: Path, samples: Sequence[Sample], records: Sequence[Record], **settings: object) -> StoredRun:
    return read_run(store(folder, samples, records, **settings))  # type: ignore[arg-type]


def printed(found: Comparison, flips: int = 10) -> str:
    out = io.StringIO()
    print_comparison(found, flips, out)
    return out.getvalue()


def test_flips_are_counted_tested_and_listed(tmp_path: Path) -> None:
    first = stored(tmp_path / "one", ["0", "1", "x", "x", "4", "x", "6", "7"])
    second = stored(tmp_path / "two", ["0", "1", "2", "3", "x", "5", "6", "7"], model="another")
    found = compare([first, second])
    (pair,) = found.pairs
    assert pair.difference.estimate.mean == pytest.approx(2 / 8)
    assert pair.flips is not None
    assert (pair.flips.gained, pair.flips.lost, pair.flips.p_value) == (3, 1, 0.625)
    assert [(flip.question, flip.gained) for flip in pair.flipped] == [
        *(("s2", True), ("s3", True)),
        *(("s4", False), ("s5", True)),
    ]
    assert (pair.flipped[0].answer, pair.flipped[0].first, pair.flipped[0].second) == ("2", "x", "2")
    text = printed(found)
    assert "no difference shown" in text and "3 gained, 1 lost" in text
    assert "by hand" in text and "another" in text  # the setting in which they differ
    written = comparison_to_json(found)
    assert json.loads(json.dumps(written))["pairs"][0]["flips"]["gained"] == 3


def test_a_clear_difference_is_said_to_be_one(tmp_path: Path) -> None:
    samples = [sample(number) for number in range(60)]
    good = made(tmp_path / "good", samples, [record(one, one.reference.answer) for one in samples])
    bad = made(tmp_path / "bad", samples, [record(one, "x" if number % 2 else one.reference.answer)
                                           for number, one in enumerate(samples)])  # fmt: skip
    assert "bad is worse by 50.00 points" in printed(compare([good, bad]))
    assert "good is better by 50.00 points" in printed(compare([bad, good]))


def test_a_control_says_what_it_took(tmp_path: Path) -> None:
    base = stored(tmp_path / "base", ["0", "1", "2", "3", "4", "5", "6", "x"])
    blind = stored(tmp_path / "blind", ["0", "1", "x", "x", "x", "5", "6", "x"], control="text-only")
    found = compare([base, blind])
    assert found.pairs[0].control == "text-only"
    said = printed(found)
    assert "control text-only (the prompts without their pictures): 50.00 % instead of 87.50 %, -37.50 points [" in said
    assert "alone" not in said
    other = stored(tmp_path / "other", ["0", "1", "x", "x", "x", "5", "6", "x"], control="text-only", model="another")
    assert "other differs in model too, so the difference is not the control's alone" in printed(compare([base, other]))
    assert compare([blind, other]).pairs[0].control is None


def test_several_runs_are_tested_with_a_correction(tmp_path: Path) -> None:
    first = stored(tmp_path / "a", ["0", "1", "2", "3", "4", "5", "6", "7"])
    others = [stored(tmp_path / name, ["x", "x", "x", "3", "4", "5", "6", "7"]) for name in ("b", "c")]
    found = compare([first, *others])
    for pair in found.pairs:
        assert pair.difference.p_value is not None and pair.adjusted is not None
        assert pair.adjusted == pytest.approx(min(1.0, 2 * pair.difference.p_value))
    assert "corrected for several comparisons" in printed(found)


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    first = stored(tmp_path / "a", ["0", "1"])
    with pytest.raises(UsageError, match="at least two"):
        compare([first])
    other = dataclasses.replace(first, report={**first.report, "split": "hidden"})
    with pytest.raises(UsageError, match="split 'test'"):
        compare([first, other])
    strangers = made(tmp_path / "b", SAMPLES[4:6], [record(one, "4") for one in SAMPLES[4:6]])
    with pytest.raises(UsageError, match="no question in common"):
        compare([first, strangers])
    changed = [dataclasses.replace(one, reference=Reference(answer="9", kind="number")) for one in SAMPLES[:2]]
    renamed = made(tmp_path / "c", changed, [record(one, "9") for one in changed])
    with pytest.raises(UsageError, match="2 questions, such as 's0', are others"):
        compare([first, renamed])
    profiled = dataclasses.replace(first, report={**first.report, "profile": "stored"})
    with pytest.raises(UsageError, match="rfteval why"):
        compare([first, profiled])
    notes = compare([first, profiled], across_profiles=True).notes
    assert any("another profile" in note for note in notes)


def test_what_makes_runs_less_comparable_is_said(tmp_path: Path) -> None:
    first = stored(tmp_path / "a", ["0", "1", "hang", "3"], verifiers={"exact": "old"})
    second = stored(tmp_path / "b", ["0", "1", "2"], verifiers={"exact": "new"})
    found = compare([first, second])
    assert found.pairs[0].difference.estimate.count == 2 and found.pairs[0].left_out == 2
    said = "\n".join(found.notes)
    for part in ("1 of 4 have no score", "another version of exact (new, not old)", "lacks 1 of its"):
        assert part in said, part
    assert "2 questions are left out" in printed(found)


def test_unscored_questions_leave_both_sides(tmp_path: Path) -> None:
    """A response that timed out in one run is no loss of it."""
    first = stored(tmp_path / "a", ["0", "1"])
    second = stored(tmp_path / "b", ["0", "hang"])
    (pair,) = compare([first, second]).pairs
    assert pair.difference.estimate.mean == 0 and pair.difference.estimate.count == 1
    assert pair.flips is not None and (pair.flips.gained, pair.flips.lost) == (0, 0)


def test_several_responses_have_a_difference_but_no_flips(tmp_path: Path) -> None:
    runs = []
    for name, texts in (("a", ["0", "x"]), ("b", ["0", "0"])):
        records = [record(SAMPLES[0], text, index=index) for index, text in enumerate(texts)]
        records.append(record(SAMPLES[1], "1"))
        runs.append(made(tmp_path / name, SAMPLES[:2], records))
    (pair,) = compare(runs).pairs
    assert pair.difference.estimate.mean == pytest.approx(0.25)
    assert pair.flips is None and pair.flipped == ()


def test_questions_stand_in_the_clusters_of_the_benchmark(tmp_path: Path) -> None:
    runs = [
        made(tmp_path / name, SAMPLES, [record(one, one.reference.answer if place % divisor else "x")
                                        for place, one in enumerate(SAMPLES)], benchmark=SUMS)
        for name, divisor in (("a", 2), ("b", 3))
    ]  # fmt: skip
    (pair,) = compare(runs).pairs
    assert pair.difference.estimate.clusters == 2
    assert "8 questions in 2 clusters by parity" in printed(compare(runs))


def test_a_circular_control_is_right_where_every_rotation_is(tmp_path: Path) -> None:
    choices = tuple(Choice(label=letter, text=letter) for letter in "AB")
    plain = dataclasses.replace(sample(1), id="q", reference=Reference(answer="A", choices=choices))
    rotations = [dataclasses.replace(plain, id=f"q~{turn}", tags={**plain.tags, "rotation_of": "q"}) for turn in (0, 1)]
    once = made(tmp_path / "once", [plain], [record(plain, "A")])
    turned = made(
        tmp_path / "turned", rotations, [record(rotations[0], "A"), record(rotations[1], "B")], control="circular"
    )
    assert question_scores(turned) == {"q": 0.0}
    assert question_scores(once) == {"q": 1.0}
    missing = made(tmp_path / "missing", rotations, [record(rotations[0], "A")], control="circular")
    assert question_scores(missing) == {}


def test_controls_may_move_the_options_of_a_question(tmp_path: Path) -> None:
    choices = tuple(Choice(label=letter, text=f"option {letter}") for letter in "AB")
    plain = dataclasses.replace(sample(1), reference=Reference(answer="A", choices=choices))
    moved = dataclasses.replace(plain, reference=Reference(answer="B", choices=choices))
    first = made(tmp_path / "a", [plain], [record(plain, "A")])
    second = made(tmp_path / "b", [moved], [record(moved, "A")], control="shuffle-options")
    (pair,) = compare([first, second]).pairs
    assert pair.difference.estimate.mean == -1.0
    assert pair.adjusted is None  # one question tells no error
    assert "cannot be told" in printed(compare([first, second]))


def test_hostile_answers_do_not_steer_the_terminal(tmp_path: Path) -> None:
    found = compare([stored(tmp_path / "a", ["0", "\x1b]0;x\x07"]), stored(tmp_path / "b", ["0", "1"])])
    assert "\x1b" not in printed(found)
