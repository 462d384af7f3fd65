"""The report is a function of the records alone, shows what is unscored beside every accuracy, and hides no misfit."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.types import ScoreItem, VerifierInfo
from rfteval.errors import OutputError
from rfteval.plain_text import plain
from rfteval.report.build import Report, build_report
from rfteval.report.files import report_to_json, write_json
from rfteval.report.terminal import print_report
from rfteval.rescore import Matching
from rfteval.types import Record, Response
from tests.rfteval.small_benchmark import DIGEST, benchmark, sample, scored

SUMS = benchmark()
SAMPLES = [sample(number) for number in range(10)]
VERIFIERS = [
    VerifierInfo(name=name, version="1", digest=DIGEST, summary="", parameters_schema="{}")
    for name in ("exact", "other")
]


def record(number: int, text: str, *, official: object = None, error: str | None = None) -> Record:
    extras = {} if official is None else {"official": official}
    response = Response(sample_id=f"s{number}", text=text, extras=extras, error=error)
    item = ScoreItem(id=f"s{number}:0", response=text, reference=SAMPLES[number].reference)
    return Record(sample_id=f"s{number}", index=0, response=response, scored=None if error else scored(item))


def report(records: list[Record], **intake: tuple[str, ...]) -> Report:
    answered = {record.sample_id for record in records}
    missing = tuple(sample.id for sample in SAMPLES if sample.id not in answered)
    return build_report(
        benchmark=SUMS,
        profile=SUMS.profiles["rules"],
        settings={"split": "test"},
        samples=SAMPLES,
        records=records,
        verifiers=VERIFIERS,
        matching=Matching(responses=(), unknown=intake.get("unknown", ()), missing=missing),
        duplicates=intake.get("duplicates", ()),
    )


MIXED = [
    record(0, "0", official=True),
    record(1, "9", official=True),
    record(2, "hang", official=False),
    record(3, "", official=False),
    record(4, "", error="refused by the endpoint"),
    record(5, "5", official=False),
]


@given(st.permutations(MIXED))
def test_the_order_of_records_changes_nothing(shuffled: list[Record]) -> None:
    assert report_to_json(report(shuffled)) == report_to_json(report(MIXED))


def test_every_sample_is_counted_and_every_unscored_one_listed() -> None:
    found = report_to_json(report(MIXED, unknown=("x", "y"), duplicates=("s0",)))
    overall = found["overall"]
    assert isinstance(overall, dict)
    assert overall["accuracy"] == pytest.approx(2 / 4)
    assert overall["items"] == 10 and overall["scored"] == 4 and overall["unscored"] == 6
    assert overall["unscored_by_status"] == {"MODEL_ERROR": 1, "NO_RESPONSE": 4, "TIMEOUT": 1}
    listed = found["unscored_items"]
    assert isinstance(listed, list)
    assert [entry["id"] for entry in listed] == ["s2", "s4", "s6", "s7", "s8", "s9"]
    assert [entry["reason"] for entry in listed][:2] == ["took too long", "refused by the endpoint"]
    assert found["intake"] == {
        "missing_responses": {"count": 4, "ids": ["s6", "s7", "s8", "s9"]},
        "unknown_ids": {"count": 2, "ids": ["x", "y"]},
        "duplicate_ids": {"count": 1, "ids": ["s0"]},
    }
    assert found["verifiers"] == [{"name": "exact", "version": "1", "digest": DIGEST}]
    assert json.loads(json.dumps(found)) == found


def test_each_differing_row_is_listed_with_both_sides() -> None:
    agreement = report(MIXED).agreement
    assert agreement is not None
    assert (agreement.compared, agreement.agreeing) == (5, 2)
    assert (agreement.ours_correct, agreement.official_correct) == (2, 2)
    sides = [(entry.sample_id, entry.ours, entry.official, entry.extracted) for entry in agreement.differences]
    assert sides == [("s1", False, True, "9"), ("s2", None, False, None), ("s5", True, False, "5")]


def test_without_official_verdicts_there_is_no_comparison() -> None:
    assert report([record(0, "0"), record(1, "1", official="yes")]).agreement is None


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_no_accuracy_is_printed_without_its_unscored_count(
    stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    out = stream()
    print_report(report(MIXED, unknown=("zz",), duplicates=("s0",)), out)
    text = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    for line in text.splitlines():
        if re.search(r"\d+\.\d\d\b", line):
            assert re.search(r"\b\d+( \([A-Z_]+ \d+|\s*[│|]|$)", line), line
    assert "accuracy 50.00 % [15.00, 85.00] over 4 scored; unscored 6 (MODEL_ERROR 1, NO_RESPONSE 4, TIMEOUT 1)" in text
    assert "responses to unknown samples (not scored): 1 (zz)" in text
    assert "duplicate responses (the first one counts): 1 (s0)" in text
    assert "official verdicts: 2 of 5 agree" in text
    assert "parity: even" in text and "skills: (untagged)" in text


@given(st.text(max_size=20))
def test_no_text_of_a_model_steers_the_terminal(hostile: str) -> None:
    """What a response says reaches the terminal as visible characters; everything that is visible stays as it is."""
    shown = plain(hostile)
    assert shown.isprintable()
    shown.encode()
    assert not hostile.isprintable() or shown == hostile


def test_a_hostile_reason_is_printed_with_its_escapes_visible() -> None:
    odd = record(1, "\x1b]0;owned\x07\ud800", official=True)
    out = io.StringIO()
    print_report(report([odd]), out)
    assert "\x1b" not in out.getvalue() and "\x07" not in out.getvalue()


def test_nothing_scored_prints_no_number_for_the_accuracy() -> None:
    out = io.StringIO()
    print_report(report([]), out)
    assert "accuracy: none, as nothing was scored; unscored 10 (NO_RESPONSE 10)" in out.getvalue()


def test_a_report_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, {"a": 1})
    write_json(path, {"a": 2})
    assert json.loads(path.read_text()) == {"a": 2}
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="the journal is safe"):
        write_json(tmp_path / "folder", {"a": 3})
