"""A run with several responses to a prompt: killed at any moment it goes on, asking for nothing that it holds."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("logged_model.py")
COUNT = 60 * 4


def start(out: Path, log: Path, delay_s: float, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(SCRIPT), str(out), str(log), str(delay_s), *words]
    return subprocess.Popen(command, cwd=SCRIPT.parents[2])


def lines(path: Path) -> list[str]:
    return path.read_text().split("\n")[:-1] if path.exists() else []


def held(journal: Path) -> dict[str, dict[str, object]]:
    """The journal's records by "sample index", the last of each."""
    rows = [json.loads(line) for line in lines(journal)[1:]]
    return {f"{row['sample_id']} {row['index']}": row for row in rows}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed")
    assert start(out, out / "log", 0).wait(300) == 0
    return out


def killed_at(moments: random.Random, times: int, out: Path) -> None:
    """Start and kill the run `times` times, then let it end; nothing that was held is asked for again.

    The moments are drawn by how far the run is, not by the clock, so that a slow machine is killed in the same places:
    now and then before anything is asked, else a little after one of the next responses.
    """
    log, journal = out / "log", out / "journal.jsonl"
    for _ in range(times):
        before, asked = held(journal), len(lines(log))
        process = start(out, log, 0.002)
        wanted = asked + moments.choice((0, *range(1, 2 * COUNT // times)))
        while process.poll() is None and len(lines(log)) < wanted:
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not set(before) & set(lines(log)[asked:])
        assert before.keys() <= held(journal).keys()
    before, asked = held(journal), len(lines(log))
    assert start(out, log, 0).wait(300) == 0
    assert Counter(lines(log)[asked:]) == Counter(dict.fromkeys(held(journal).keys() - before.keys(), 1))


@pytest.mark.parametrize(("seed", "times"), [(0, 2), pytest.param(1, 20, marks=pytest.mark.slow)])
def test_killed_it_ends_like_a_run_that_was_not(seed: int, times: int, undisturbed: Path, tmp_path: Path) -> None:
    killed_at(random.Random(seed), times, tmp_path)
    assert len(held(tmp_path / "journal.jsonl")) == COUNT
    assert (tmp_path / "report.json").read_bytes() == (undisturbed / "report.json").read_bytes()
    assert (tmp_path / "samples.jsonl").read_bytes() == (undisturbed / "samples.jsonl").read_bytes()


def test_failed_responses_are_asked_for_again_and_no_others(undisturbed: Path, tmp_path: Path) -> None:
    log, journal = tmp_path / "log", tmp_path / "journal.jsonl"
    assert start(tmp_path, log, 0, "broken").wait(300) == 0
    failed = {key for key, row in held(journal).items() if row["scored"] is None}
    assert 0 < len(failed) < COUNT
    assert json.loads((tmp_path / "report.json").read_text())["overall"]["unscored"] == len(failed)
    asked = len(lines(log))
    assert start(tmp_path, log, 0).wait(300) == 0
    assert len(lines(log)) == asked, "without --rerun nothing is asked again"
    assert start(tmp_path, log, 0, "whole", "rerun").wait(300) == 0
    assert set(lines(log)[asked:]) == failed
    assert (tmp_path / "report.json").read_bytes() == (undisturbed / "report.json").read_bytes()


def test_another_prompt_is_another_run(undisturbed: Path, tmp_path: Path) -> None:
    """The journal's settings fit, but a picture or a word of a prompt has changed since."""
    rows = [json.loads(line) for line in lines(undisturbed / "journal.jsonl")]
    rows[5]["prompt_sha256"] = "0" * 64
    (tmp_path / "journal.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:20]))
    command = [sys.executable, str(SCRIPT), str(tmp_path), str(tmp_path / "log"), "0"]
    done = subprocess.run(command, cwd=SCRIPT.parents[2], capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    assert "was given to another prompt" in done.stderr


def test_the_folder_says_what_was_asked(undisturbed: Path) -> None:
    rows = [json.loads(line) for line in lines(undisturbed / "samples.jsonl")]
    assert len(rows) == 60
    for row in rows:
        assert row["prompt_sha256"] and len(row["images"]) == 1
        [part, text] = row["prompt"][0]["parts"]
        assert part == {"image_sha256": row["images"][0]["sha256"]}
        assert row["question"] in text["text"]
    facts = json.loads((undisturbed / "run.json").read_text())
    assert facts["settings"]["sampling"]["samples"] == 4 and facts["versions"]["python"]
