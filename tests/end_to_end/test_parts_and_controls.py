"""A run in parts gives the report of the whole; a control run says what it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Command

RUN = ("run", "--bench", "mathvista", "--split", "sample", "--model", "replay")


def test_parts_merged_are_the_whole(rfteval: Command, server: str, tmp_path: Path) -> None:
    rfteval(*RUN, "--server", server, "--out", tmp_path / "whole", "--limit", 50)
    for part in (1, 2, 3):
        rfteval(*RUN, "--server", server, "--out", tmp_path / str(part), "--limit", 50, "--shard", f"{part}/3")
    parts = [tmp_path / str(part) for part in (3, 1, 2)]
    rfteval("merge", *parts, "--out", tmp_path / "merged", "--limit", 50)
    whole, merged = [json.loads((tmp_path / name / "report.json").read_text()) for name in ("whole", "merged")]
    assert merged == whole
    assert "already" not in rfteval("merge", *parts, "--out", tmp_path / "merged", "--limit", 50).stderr


def test_parts_that_do_not_fit_are_refused(rfteval: Command, server: str, tmp_path: Path) -> None:
    for part in (1, 2):
        rfteval(*RUN, "--server", server, "--out", tmp_path / str(part), "--limit", 20, "--shard", f"{part}/2")
    said = rfteval("merge", tmp_path / "1", "--out", tmp_path / "m", code=2).stderr
    assert "1 of 2 parts are missing: 2" in said
    said = rfteval("merge", tmp_path / "1", tmp_path / "2", "--out", tmp_path / "m", "--limit", 10, code=2).stderr
    assert "samples that are not loaded" in said


@pytest.mark.parametrize("control", ["text-only", "blank-image", "shuffle-options", "circular"])
def test_a_control_is_part_of_the_settings(rfteval: Command, server: str, tmp_path: Path, control: str) -> None:
    """The rotations have no recorded response, which is said and counted."""
    code = 3 if control == "circular" else 0
    rfteval(*RUN, "--server", server, "--out", tmp_path, "--limit", 30, "--control", control, code=code)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["settings"]["control"] == control
    said = rfteval(*RUN, "--server", server, "--out", tmp_path, "--limit", 30, code=1).stderr
    assert "belongs to another run" in said


def test_a_control_and_its_baseline_are_one_command(rfteval: Command, server: str, tmp_path: Path) -> None:
    """The baseline is made where it is not there, taken as it is where it is, and refused where it is another run."""
    run = (*RUN, "--server", server, "--limit", 12, "--control", "text-only", "--baseline", tmp_path / "base")
    said = rfteval(*run, "--out", tmp_path / "blind").stdout
    assert "control text-only (the prompts without their pictures)" in said and "+0.00 points" in said
    base, blind = [json.loads((tmp_path / name / "report.json").read_text()) for name in ("base", "blind")]
    assert "control" not in base["settings"] and blind["settings"]["control"] == "text-only"
    page = (tmp_path / "blind" / "report.html").read_text()
    assert "What the control text-only changes" in page and "+0.00 to +0.00" in page
    assert "control text-only".capitalize() in (tmp_path / "blind" / "report.md").read_text().replace("\\", "")
    compared = json.loads((tmp_path / "blind" / "comparison.json").read_text())
    assert compared["pairs"][0]["control"] == "text-only"
    assert compared["pairs"][0]["difference"]["estimate"]["count"] == 12
    written = (tmp_path / "base" / "run.json").read_bytes()
    said = rfteval(*run, "--out", tmp_path / "warm", "--temperature", 0.5, code=2).stderr
    assert "other settings (sampling.temperature was 0.0, is now 0.5)" in said
    assert not (tmp_path / "warm").exists()
    assert (tmp_path / "base" / "run.json").read_bytes() == written


def test_a_baseline_needs_a_control_and_a_folder_of_its_own(rfteval: Command, tmp_path: Path) -> None:
    said = rfteval(*RUN, "--out", tmp_path / "a", "--baseline", tmp_path / "b", code=2).stderr
    assert "--baseline goes with --control" in said
