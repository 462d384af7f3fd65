"""The main job: the packaged sample, a model that replays recorded responses, a report. No network, no data beside."""

from __future__ import annotations

import json
from pathlib import Path

from tests.end_to_end.conftest import Command

RUN = ("run", "--bench", "mathvista", "--split", "sample", "--model", "replay")


def test_the_main_job_starts_its_own_service_and_reports(rfteval: Command, tmp_path: Path) -> None:
    done = rfteval(*RUN, "--out", tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert report["samples"] == report["overall"]["items"] == len(lines) - 1 >= 60
    assert report["settings"]["model"] == "replay"
    assert report["overall"]["unscored"] == 0
    assert 0 < report["overall"]["accuracy"] < 1
    assert f"report: {tmp_path / 'report.json'}" in done.stdout
    facts = json.loads((tmp_path / "run.json").read_text())
    assert facts["server"] == "embedded" and facts["versions"]["sympy"] and facts["wall_s"] > 0


def test_rescoring_the_recording_is_the_same_road(rfteval: Command, server: str, tmp_path: Path) -> None:
    from rfteval import registry

    recording = registry.benchmark("mathvista").recorded["sample"]
    rfteval(*RUN, "--out", tmp_path / "run", "--server", server)
    rfteval(
        *("rescore", "--bench", "mathvista", "--split", "sample", "--responses", recording),
        *("--out", tmp_path / "rescore", "--server", server),
    )
    run, again = (json.loads((tmp_path / name / "report.json").read_text()) for name in ("run", "rescore"))
    assert run["overall"] == again["overall"]
    assert run["breakdowns"] == again["breakdowns"]


def test_a_run_goes_on_from_a_cut_journal_with_the_same_report(rfteval: Command, server: str, tmp_path: Path) -> None:
    rfteval(*RUN, "--out", tmp_path, "--server", server)
    report = (tmp_path / "report.json").read_bytes()
    journal = tmp_path / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole[: len(whole) // 2])
    rfteval(*RUN, "--out", tmp_path, "--server", server)
    assert (tmp_path / "report.json").read_bytes() == report
    assert len(journal.read_bytes().splitlines()) == len(whole.splitlines())


def test_a_limit_takes_the_first_samples(rfteval: Command, server: str, tmp_path: Path) -> None:
    rfteval(*RUN, "--out", tmp_path, "--limit", 7, "--server", server)
    assert json.loads((tmp_path / "report.json").read_text())["overall"]["items"] == 7


def test_another_model_in_the_same_folder_is_refused(rfteval: Command, server: str, tmp_path: Path) -> None:
    rfteval(*RUN, "--out", tmp_path, "--server", server)
    said = rfteval(*RUN, "--temperature", "0.5", "--out", tmp_path, "--server", server, code=1).stderr
    assert "sampling.temperature was 0.0, is now 0.5" in said
