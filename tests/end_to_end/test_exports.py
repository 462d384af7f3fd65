"""A finished run goes out in other forms from its folder alone."""

from __future__ import annotations

import json
from pathlib import Path

from tests.end_to_end.conftest import Command


def test_the_command_writes_the_layout_from_the_run_alone(rfteval: Command, server: str, tmp_path: Path) -> None:
    run = ("run", "--bench", "mathvista", "--split", "sample", "--limit", 30, "--server", server)
    rfteval(*run, "--out", tmp_path / "run")
    said = rfteval("export", tmp_path / "run", "--format", "mathvista", "--out", tmp_path / "theirs").stdout
    assert f"written: {tmp_path / 'theirs' / 'output.json'}" in said
    file = json.loads((tmp_path / "theirs" / "output.json").read_text())
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert len(file) == report["samples"]
    assert all(problem["query"].startswith("Hint: ") for problem in file.values())
    parquet = rfteval("export", tmp_path / "run", "--format", "parquet").stdout
    assert "responses.parquet" in parquet
    assert "did you mean mathvista" in rfteval("export", tmp_path / "run", "--format", "mathvist", code=2).stderr
