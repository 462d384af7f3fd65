"""A run as a table holds every response once, exactly, in each form; nothing absent becomes a 0."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet
import pytest

from reward_service.types import Choice, Reference
from rfteval.errors import UnknownNameError, UsageError
from rfteval.export.table import COLUMNS, rows, to_csv, to_frame, to_jsonl, to_parquet
from rfteval.export.write import export
from rfteval.pages.write import write_pages
from rfteval.stored_run import StoredRun, read_run
from tests.rfteval.pages.stored import record, store
from tests.rfteval.small_benchmark import sample

SAMPLES = [
    sample(0),
    sample(1),
    sample(2, reference=Reference(answer="x", choices=(Choice(label="A", text="x"), Choice(label="B", text="=1+1")))),
    sample(3),
    sample(4),
]


@pytest.fixture
def run(tmp_path: Path) -> StoredRun:
    records = [
        record(SAMPLES[0], "0", official=True),
        record(SAMPLES[0], "7", index=1, official=True),
        record(SAMPLES[1], "hang"),
        record(SAMPLES[2], "=HYPERLINK(1)\n\ud800", official=False),
        record(SAMPLES[3], "", error='refused, with "quotes" and ,commas'),
    ]
    return read_run(store(tmp_path, SAMPLES, records, seed=5))


def test_every_response_is_one_row_and_so_is_a_sample_without_one(run: StoredRun) -> None:
    found = list(rows(run))
    assert [(row["sample_id"], row["index"], row["status"], row["score"]) for row in found] == [
        ("s0", 0, "CORRECT", 1.0),
        ("s0", 1, "INCORRECT", 0.0),
        ("s1", 0, "TIMEOUT", None),
        ("s2", 0, "INCORRECT", 0.0),
        ("s3", 0, "MODEL_ERROR", None),
        ("s4", 0, "NO_RESPONSE", None),
    ]
    assert [row["official"] for row in found] == [True, True, None, False, None, None]
    assert found[3]["gold_label"] == "A" and found[3]["choices"] == ["(A) x", "(B) =1+1"]
    assert all(set(COLUMNS) <= set(row) for row in found)


def test_json_lines_and_parquet_hold_the_same(run: StoredRun) -> None:
    lines = [json.loads(line) for line in to_jsonl(run).splitlines()]
    table = pyarrow.parquet.read_table(io.BytesIO(to_parquet(run))).to_pylist()
    assert len(lines) == len(table) == 6
    for line, row in zip(lines, table, strict=True):
        for name in COLUMNS:
            expected = line[name].replace("\ud800", "\ufffd") if isinstance(line[name], str) else line[name]
            assert row[name] == expected, name
        assert row["tag_skills"] == line["tag_skills"] and row["tag_parity"] == line["tag_parity"]


def test_a_data_frame_has_the_same_mean_as_the_report(run: StoredRun) -> None:
    frame = to_frame(run)
    assert frame["score"].isna().sum() == 3
    assert frame.groupby("sample_id")["score"].mean().mean() == pytest.approx(run.report["overall"]["accuracy"])


def test_csv_runs_nothing_in_a_spreadsheet(run: StoredRun) -> None:
    found = list(csv.DictReader(io.StringIO(to_csv(run).decode())))
    assert len(found) == 6
    assert found[3]["response"].startswith("'=HYPERLINK(1)\n")
    assert found[3]["choices"] == "(A) x; (B) =1+1"
    assert found[4]["error"] == 'refused, with "quotes" and ,commas'
    assert found[2]["score"] == "" and found[1]["score"] == "0.0"
    assert not [cell for row in found for cell in row.values() if cell.startswith(("=", "+", "@", "\t", "\r"))]


@pytest.mark.parametrize(
    ("text", "cell"), [("-5", "-5"), ("+1,000.5e-3", "+1,000.5e-3"), ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0")]
)
def test_a_number_stays_a_number_in_csv(text: str, cell: str, tmp_path: Path) -> None:
    stored = read_run(store(tmp_path, [SAMPLES[0]], [record(SAMPLES[0], text)]))
    (row,) = csv.DictReader(io.StringIO(to_csv(stored).decode()))
    assert row["response"] == cell


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("parquet", "responses.parquet"),
        ("csv", "responses.csv"),
        ("jsonl", "responses.jsonl"),
        ("markdown", "report.md"),
    ],
)
def test_each_form_lands_in_the_run_or_where_it_is_sent(form: str, name: str, run: StoredRun, tmp_path: Path) -> None:
    assert export(run.directory, form).paths == (run.directory / name,)
    (run.directory / "elsewhere").mkdir()
    there = export(run.directory, form, run.directory / "elsewhere").paths[0]
    assert there == run.directory / "elsewhere" / name
    assert there.read_bytes() == (run.directory / name).read_bytes()


def test_a_page_made_again_is_the_same(run: StoredRun) -> None:
    write_pages(run.directory)
    first = (run.directory / "report.html").read_bytes()
    export(run.directory, "html")
    assert (run.directory / "report.html").read_bytes() == first


def test_an_unknown_form_or_a_folder_without_a_run_is_named(run: StoredRun, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown format 'parket'; did you mean parquet"):
        export(run.directory, "parket")
    with pytest.raises(UsageError, match=r"has no report\.json; name a folder that"):
        export(tmp_path / "nowhere", "csv")


def test_markdown_shows_texts_as_they_are_and_unscored_beside_accuracy(run: StoredRun) -> None:
    text = export(run.directory, "markdown").paths[0].read_text()
    line = next(line for line in text.splitlines() if line.startswith("| all |"))
    assert line.startswith("| all | 25.00 % |")
    assert "3 (MODEL\\_ERROR 1, NO\\_RESPONSE 1, TIMEOUT 1)" in line
