"""`rfteval grade` as a person uses it: files, pipes, any size, bad lines, a service of one's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Command

ROWS = [
    {"id": "free", "response": r"We get \boxed{42}.", "gold": "42"},
    {"response": "Answer: B", "gold": "B", "choices": ["red", "blue", "green"]},
    {"id": 7, "response": "Answer: B", "gold": "red", "choices": {"A": "red", "B": "blue"}},
    {"response": "1/2", "gold": 0.5, "kind": "expression"},
    {"response": "I cannot tell.", "gold": ["42", "43"]},
    {"response": r"\boxed{43}", "gold": ["42", "43"], "answer_type": "number", "question": "How many?"},
    {"response": "x", "gold": ""},
    {"response": "Answer: A", "gold": "purple", "choices": ["red", "blue"], "answer_type": "mcq"},
    {"response": "\ud800 \u202e \x00 \\boxed{42}", "gold": "42"},
    {"response": r"\boxed{9**9**9**9**9}", "gold": "42"},
]
FIELDS = ["id", "status", "score", "extracted", "reason", "verifier", "digest", "tier", "elapsed_us"]


def lines(rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)  # type: ignore[attr-defined]


def test_every_row_gets_its_verdict_in_order(rfteval: Command, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(lines(ROWS))
    done = rfteval("grade", tmp_path / "in.jsonl", "--out", tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == ["free", 2, 7, 4, 5, 6, 7, 8, 9, 10]
    assert all(list(row) == FIELDS for row in rows)
    statuses = [row["status"] for row in rows]
    assert statuses[:4] == ["CORRECT", "CORRECT", "INCORRECT", "CORRECT"]
    assert statuses[4] in ("NO_ANSWER", "INCORRECT")
    assert statuses[5:9] == ["CORRECT", "INVALID_REFERENCE", "INVALID_REFERENCE", "CORRECT"]
    assert statuses[9] != "CORRECT"
    assert all((row["score"] is None) == (row["status"] in ("INVALID_REFERENCE", "REJECTED")) for row in rows)
    assert {row["verifier"] for row in rows} == {"math", "choice"}
    assert "graded 10 rows" in done.stderr and "unscored" in done.stderr
    assert done.stdout == ""


def test_pipes_give_the_same_as_files(rfteval: Command, server: str) -> None:
    through = [
        rfteval("grade", "-", "--out", "-", "--server", server, stdin=lines(ROWS)).stdout,
        rfteval("grade", "-", "--server", server, stdin=lines(ROWS)).stdout,
    ]
    rows = [[json.loads(line) for line in text.splitlines()] for text in through]
    for row in (*rows[0], *rows[1]):
        del row["elapsed_us"], row["tier"]
    assert rows[0] == rows[1]
    assert len(rows[0]) == len(ROWS)


def test_a_bad_line_stops_there_and_what_is_written_is_valid(rfteval: Command, server: str, tmp_path: Path) -> None:
    many = ROWS[:6] * 200
    text = lines(many) + '{"gold": "1"}\n' + lines(many)
    (tmp_path / "in.jsonl").write_text(text)
    arguments = ("grade", tmp_path / "in.jsonl", "--out", tmp_path / "out.jsonl", "--server", server)
    said = rfteval(*arguments, code=1).stderr
    assert said.count("\n") == 1
    assert f"{tmp_path / 'in.jsonl'}:1201: no 'response'" in said
    assert f"{tmp_path / 'out.jsonl'} holds the 1200 rows before it" in said
    assert len([json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]) == 1200
    done = rfteval(*arguments, "--force", "--skip-bad-lines")
    assert "skipped 1 unreadable lines" in done.stderr
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2400


def test_a_parameter_reaches_the_verifier(rfteval: Command, server: str) -> None:
    row = lines([{"response": "3.14159", "gold": "3.14", "kind": "expression"}])
    loose = rfteval("grade", "-", "--server", server, stdin=row).stdout
    exact = rfteval("grade", "-", "--server", server, "--param", "rounding=exact", stdin=row).stdout
    assert [json.loads(text)["status"] for text in (loose, exact)] == ["CORRECT", "INCORRECT"]


def test_an_empty_file_is_no_rows_and_no_error(rfteval: Command, server: str, tmp_path: Path) -> None:
    done = rfteval("grade", "-", "--out", tmp_path / "out", "--server", server, stdin="")
    assert (tmp_path / "out").read_text() == ""
    assert "graded 0 rows" in done.stderr


def peak_kib(rows: Path, out: Path, server: str) -> int:
    """Largest resident size of the command's own process, in KiB."""
    program = (
        "import resource, sys\n"
        "from rfteval.cli.app import execute\n"
        "code = execute(sys.argv[1:])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
        "sys.exit(code)"
    )
    command = [sys.executable, "-c", program, "grade", str(rows), "--out", str(out), "--server", server]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ})
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_memory_does_not_grow_with_the_rows(server: str, tmp_path: Path) -> None:
    """Ten times the rows, 20 MB more input: less than 8 MB more memory."""
    text = lines(
        {"response": f"{'so ' * 300} \\boxed{{{n}}}", "gold": n % 7, "question": "How many?"} for n in range(2000)
    )
    (tmp_path / "few").write_text(text)
    (tmp_path / "many").write_text(text * 10)
    few = peak_kib(tmp_path / "few", tmp_path / "few_out", server)
    many = peak_kib(tmp_path / "many", tmp_path / "many_out", server)
    assert len((tmp_path / "many_out").read_bytes().splitlines()) == 20_000
    assert many - few < 8 << 10


def test_the_listing_of_a_service_is_the_listing_of_the_package(rfteval: Command, server: str) -> None:
    here = rfteval("verifiers").stdout
    assert rfteval("verifiers", "--server", server).stdout == here
    listed = json.loads(rfteval("verifiers", "--json").stdout)
    assert {"math", "choice", "mathvista_official"} <= {entry["name"] for entry in listed}
    for entry in listed:
        assert entry["version"] and len(entry["digest"]) == 12 and entry["digest"] in here
        assert entry["parameters"]["type"] == "object"
