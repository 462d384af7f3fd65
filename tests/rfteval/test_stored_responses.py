"""Reading stored responses: every line is a response, counted as a misfit, or named with file and line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfteval.benchmark import OutputFormat
from rfteval.errors import InputFileError, UsageError
from rfteval.journal import FILE_NAME, Journal
from rfteval.rescore import match, read_responses
from rfteval.types import Record, Response

FORMAT = OutputFormat(sample_id="pid", text="response", verdict="official")


def write(path: Path, *lines: object) -> str:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return str(path)


def test_fields_beside_the_text_are_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r.jsonl",
        {"pid": "1", "response": "a", "official": True, "e": None},
        "",
        {"pid": 2, "response": "b"},
    )
    stored = read_responses(path, FORMAT)
    assert stored.responses == (
        Response(sample_id="1", text="a", extras={"official": True, "e": None}),
        Response(sample_id="2", text="b"),
    )
    assert stored.sha256 == hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_the_first_of_duplicates_counts_and_an_index_tells_samples_apart(tmp_path: Path) -> None:
    rows = [{"pid": "1", "response": text, "index": index} for text, index in (("a", 0), ("b", 1), ("c", 0), ("d", 0))]
    stored = read_responses(write(tmp_path / "r.jsonl", *rows), FORMAT)
    assert [(response.index, response.text) for response in stored.responses] == [(0, "a"), (1, "b")]
    assert stored.duplicates == ("1", "1")


def test_a_null_response_is_an_error_of_the_model_not_an_empty_answer(tmp_path: Path) -> None:
    (response,) = read_responses(write(tmp_path / "r.jsonl", {"pid": "1", "response": None}), FORMAT).responses
    assert response.error is not None


def test_a_journal_can_be_scored_again(tmp_path: Path) -> None:
    kept = [
        Response(sample_id="1", index=1, text="\ud800é", extras={"official": False}),
        Response(sample_id="2", text="", error="gone"),
    ]
    with Journal(tmp_path, {"benchmark": "sums"}) as journal:
        journal.append([Record(sample_id=r.sample_id, index=r.index, response=r, scored=None) for r in kept])
    assert read_responses(str(tmp_path / FILE_NAME), FORMAT).responses == tuple(kept)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "not JSON"),
        ("[1]", "expected a JSON object, found a list"),
        ("3", "expected a JSON object, found a number"),
        ({"pid": "2"}, "no field 'response' (it has: pid)"),
        ({"response": "x"}, "no field 'pid'"),
        ({"pid": True, "response": "x"}, "'pid' must be a text or a whole number"),
        ({"pid": "2", "response": ["x"]}, "'response' must be a text"),
        ({"pid": "2", "response": "x", "index": -1}, "'index' must be a whole number from 0"),
        ('{"pid": "2", "response": ' + "[" * 100_000 + "}", "not usable JSON: nested too deep"),
        ('{"pid": ' + "9" * 5000 + "}", "not usable JSON"),
    ],
)
def test_a_bad_line_is_named_with_file_and_line(tmp_path: Path, line: object, complaint: str) -> None:
    path = write(tmp_path / "r.jsonl", {"pid": "1", "response": "a"}, line)
    with pytest.raises(InputFileError) as caught:
        read_responses(path, FORMAT)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert complaint in str(caught.value)


def test_what_is_not_text_is_named_and_a_byte_order_mark_is_not_minded(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"pid": "1", "response": "a"}\r\n{"pid": "\xff"}\n')
    with pytest.raises(InputFileError, match=r"r\.jsonl:2: not UTF-8 text \(byte 10 of the line\)"):
        read_responses(str(path), FORMAT)


def test_missing_and_empty_files_and_folders_say_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_responses(str(tmp_path / "absent"), FORMAT)
    with pytest.raises(UsageError, match="is a directory"):
        read_responses(str(tmp_path), FORMAT)
    with pytest.raises(InputFileError, match="holds no responses"):
        read_responses(write(tmp_path / "r.jsonl", "", " "), FORMAT)


ids = st.lists(st.sampled_from("abcdefgh"), max_size=8)


@given(ids, ids.map(lambda found: list(dict.fromkeys(found))), st.integers(0, 8))
def test_every_response_and_every_sample_ends_in_exactly_one_place(
    answered: list[str], every: list[str], cut: int
) -> None:
    responses = [Response(sample_id=name, text="", index=place) for place, name in enumerate(answered)]
    asked = every[:cut]
    found = match(responses, asked, set(every))
    left_out = [response for response in responses if response.sample_id in every[cut:]]
    assert len(found.responses) + len(found.unknown) + len(left_out) == len(responses)
    assert set(found.missing) | {response.sample_id for response in found.responses} == set(asked)
    assert not set(found.missing) & {response.sample_id for response in found.responses}
    assert not set(found.unknown) & set(every)
