"""The journal loses nothing and mixes nothing, wherever a process is cut off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reward_service.types import ScoredItem, ScoreItem, Status, StepScore, Tier, Verdict
from rfteval.errors import JournalError
from rfteval.journal import FILE_NAME, Journal, first_difference, set_aside
from rfteval.record_json import record_from_json, record_to_json
from rfteval.types import Record, Response
from tests.rfteval.small_benchmark import sample, scored

SETTINGS = {"benchmark": "sums", "verifiers": {"exact": "01"}, "limit": None}


def record(number: int, text: str = "x") -> Record:
    item = ScoreItem(id=str(number), response=text, reference=sample(number).reference)
    response = Response(sample_id=f"s{number}", text=text, extras={"official": True})
    return Record(sample_id=f"s{number}", index=0, response=response, scored=scored(item))


texts = st.text(max_size=20)  # with lone surrogates and control characters
scores = st.floats(0, 1)
verdicts = st.builds(
    lambda status, score, extracted, reason, flags, steps: Verdict(
        status=status,
        score=score if status.scored else None,
        extracted=extracted,
        reason=reason,
        flags=flags,
        steps=steps,
    ),
    st.sampled_from(Status),
    scores,
    st.none() | texts,
    texts,
    st.lists(texts, max_size=2).map(tuple),
    st.lists(st.builds(StepScore, start=st.integers(0, 9), end=st.integers(9, 20), score=scores), max_size=2).map(
        tuple
    ),
)
json_values = st.recursive(st.none() | st.booleans() | st.integers() | texts, lambda inner: st.lists(inner, max_size=2))
records = st.builds(
    lambda sample_id, index, text, error, extras, scored, reasoning, seed: Record(
        sample_id=sample_id,
        index=index,
        response=Response(
            sample_id=sample_id, index=index, text=text, error=error, extras=extras, reasoning=reasoning, seed=seed
        ),
        scored=scored,
    ),
    texts,
    st.integers(0, 99),
    st.text(max_size=200),
    st.none() | texts,
    st.dictionaries(texts, json_values, max_size=3),
    st.none()
    | st.builds(
        ScoredItem,
        id=texts,
        verdicts=st.lists(verdicts, min_size=1, max_size=2).map(tuple),
        reward=st.none() | scores,
        tier=st.sampled_from(Tier),
        elapsed_us=st.integers(0, 10**9),
    ),
    st.none() | texts,
    st.none() | st.integers(0, 2**63),
)


@given(records)
def test_a_record_survives_the_journal_line(one: Record) -> None:
    assert record_from_json(json.loads(json.dumps(record_to_json(one)))) == one


def test_a_reopened_journal_holds_every_record_in_order(tmp_path: Path) -> None:
    with Journal(tmp_path, SETTINGS) as journal:
        assert not journal.records
        journal.append([record(1), record(2)])
        journal.append([])
        journal.append([record(3)])
    with Journal(tmp_path, SETTINGS) as journal:
        assert list(journal.records.values()) == [record(1), record(2), record(3)]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_cut_at_any_byte_whole_lines_stay_and_the_rest_can_be_added(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    with Journal(folder, SETTINGS) as journal:
        journal.append([record(number, "é" * number) for number in range(6)])
    path = folder / FILE_NAME
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    complete = max(whole[:cut].count(b"\n") - 1, 0)  # less the header
    with Journal(folder, SETTINGS) as journal:
        assert list(journal.records) == [(f"s{number}", 0) for number in range(complete)]
        journal.append([record(number, "é" * number) for number in range(complete, 6)])
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("now", "named"),
    [
        ({**SETTINGS, "benchmark": "products"}, "benchmark was 'sums', is now 'products'"),
        ({**SETTINGS, "verifiers": {"exact": "02"}}, "verifiers.exact was '01', is now '02'"),
        ({**SETTINGS, "limit": 3}, "limit was None, is now 3"),
        ({"benchmark": "sums", "verifiers": {"exact": "01"}, "split": "x"}, "split was None, is now 'x'"),
    ],
)
def test_a_journal_of_other_settings_is_refused_by_name(tmp_path: Path, now: dict[str, object], named: str) -> None:
    with Journal(tmp_path, SETTINGS) as journal:
        journal.append([record(1)])
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(JournalError, match="--fresh") as caught:
        Journal(tmp_path, now)
    assert named in str(caught.value)
    assert (tmp_path / FILE_NAME).read_bytes() == before


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)),
)
def test_a_difference_is_named_exactly_when_there_is_one(before: dict[str, object], now: dict[str, object]) -> None:
    assert (first_difference(before, now) is None) == (before == now)


def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    for content in (b"dear diary", b'{"pid": "1"}\n', b"\0" * 100, b'{"rfteval_journal":99,"settings":{}}\n'):
        (tmp_path / FILE_NAME).write_bytes(content)
        with pytest.raises(JournalError):
            Journal(tmp_path, SETTINGS)
        assert (tmp_path / FILE_NAME).read_bytes() == content


def test_damage_before_the_last_line_is_refused_with_its_line(tmp_path: Path) -> None:
    with Journal(tmp_path, SETTINGS) as journal:
        journal.append([record(number) for number in range(4)])
    path = tmp_path / FILE_NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b'{"sample_id": 3}\n', *lines[3:]]))
    with pytest.raises(JournalError, match=r"journal\.jsonl:3: damaged"):
        Journal(tmp_path, SETTINGS)


def test_a_second_process_is_kept_out_until_the_first_ends(tmp_path: Path) -> None:
    with Journal(tmp_path, SETTINGS), pytest.raises(JournalError, match="in use by another process"):
        Journal(tmp_path, SETTINGS)
    with Journal(tmp_path, SETTINGS):
        pass


def test_set_aside_keeps_every_old_journal(tmp_path: Path) -> None:
    assert set_aside(tmp_path) is None
    kept = []
    for number in range(3):
        with Journal(tmp_path, SETTINGS) as journal:
            journal.append([record(number)])
        kept.append((set_aside(tmp_path), number))
    assert not (tmp_path / FILE_NAME).exists()
    for path, number in kept:
        assert path is not None
        assert f'"s{number}"' in path.read_text()


FILL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.rfteval.test_journal import SETTINGS, record
from rfteval.errors import JournalError
from rfteval.journal import Journal
done = 0
try:
    with Journal(Path(sys.argv[1]), SETTINGS) as journal:
        for number in range(100000):
            journal.append([record(number), record(number + 500000)])
            done += 2
except JournalError as error:
    print(done, error)
"""


def test_a_full_disk_loses_no_record_and_says_what_to_do(tmp_path: Path, repository: Path) -> None:
    """The file-size limit stands in for the full disk: the kernel refuses the write part of the way in."""
    done = subprocess.run(
        [sys.executable, "-c", FILL.format(root=str(repository)), str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    count, message = done.stdout.split(" ", 1)
    assert "what it holds is safe" in message and "\n" not in message.strip()
    assert int(count) > 10
    with Journal(tmp_path, SETTINGS) as journal:
        assert len(journal.records) == int(count)
