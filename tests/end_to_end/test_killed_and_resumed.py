"""`rescore`, killed with SIGKILL wherever it is: nothing lost, nothing scored twice, the same report."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.conftest import Command


def start(out: Path, responses: Path, server: str | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "rfteval", "rescore", "--bench", "mathvista", "--split", "sample"]
    command += ["--responses", str(responses), "--out", str(out), *(["--server", server] if server else [])]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def keys(journal: Path) -> Counter[tuple[str, int]]:
    """How often each response is in the journal; every whole line must be readable."""
    if not journal.exists():
        return Counter()
    lines = journal.read_bytes().split(b"\n")[:-1]
    rows = [json.loads(line) for line in lines[1:]]
    return Counter((row["sample_id"], row["index"]) for row in rows)


@pytest.fixture(scope="module")
def undisturbed(many_responses: Path, server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run that nobody killed."""
    out = tmp_path_factory.mktemp("undisturbed")
    assert start(out, many_responses, server).wait(60) == 0
    return out


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_again_and_again_it_ends_like_a_run_that_was_not(
    seed: int, many_responses: Path, undisturbed: Path, server: str, tmp_path: Path
) -> None:
    """Each sitting is killed after a random number of further journal bytes, or in its first moments."""
    moments = random.Random(seed)
    journal = tmp_path / "journal.jsonl"
    whole = (undisturbed / "journal.jsonl").stat().st_size
    kills = 0
    for _ in range(5):
        held = keys(journal)
        size = journal.stat().st_size if journal.exists() else 0
        wanted = size + moments.randrange(1, whole // 4)
        process = start(tmp_path, many_responses, server)
        give_up = time.monotonic() + moments.choice((0.3, 60.0))
        while process.poll() is None and time.monotonic() < give_up:
            if journal.exists() and journal.stat().st_size >= wanted:
                break
            time.sleep(0.001)
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        after = keys(journal)
        assert held <= after, "a settled row was lost"
        assert max(after.values(), default=1) == 1, "a row was scored twice"
    assert kills >= 2
    assert start(tmp_path, many_responses, server).wait(60) == 0
    assert keys(journal) == keys(undisturbed / "journal.jsonl")
    assert (tmp_path / "report.json").read_bytes() == (undisturbed / "report.json").read_bytes()


def test_a_finished_run_started_again_scores_nothing_and_reports_the_same(
    many_responses: Path, undisturbed: Path, server: str
) -> None:
    before = (undisturbed / "journal.jsonl").read_bytes(), (undisturbed / "report.json").read_bytes()
    assert start(undisturbed, many_responses, server).wait(60) == 0
    assert ((undisturbed / "journal.jsonl").read_bytes(), (undisturbed / "report.json").read_bytes()) == before
    facts = json.loads((undisturbed / "run.json").read_text())
    assert facts["resumed_records"] == sum(keys(undisturbed / "journal.jsonl").values())


def test_a_journal_of_other_responses_is_refused_and_kept_aside_on_request(
    many_responses: Path, undisturbed: Path, rfteval: Command, server: str, tmp_path: Path
) -> None:
    (tmp_path / "journal.jsonl").write_bytes((undisturbed / "journal.jsonl").read_bytes())
    fewer = tmp_path / "fewer.jsonl"
    fewer.write_text("".join(many_responses.read_text().splitlines(keepends=True)[:60]))
    arguments = ("rescore", "--bench", "mathvista", "--split", "sample", "--responses", fewer, "--server", server)
    said = rfteval(*arguments, "--out", tmp_path, code=1).stderr
    assert "belongs to another run (responses_sha256 was" in said and "--fresh" in said and said.count("\n") == 1
    rfteval(*arguments, "--out", tmp_path, "--fresh", code=3)  # half of the samples have no response now
    (aside,) = tmp_path.glob("journal.2*.jsonl")
    assert keys(aside) == keys(undisturbed / "journal.jsonl")
    assert sum(keys(tmp_path / "journal.jsonl").values()) == 60


def test_a_journal_can_be_rescored_and_gives_the_same_counts(
    undisturbed: Path, rfteval: Command, server: str, tmp_path: Path
) -> None:
    journal = undisturbed / "journal.jsonl"
    arguments = ("rescore", "--bench", "mathvista", "--split", "sample", "--responses", journal, "--server", server)
    rfteval(*arguments, "--out", tmp_path)
    reports = [json.loads((folder / "report.json").read_text()) for folder in (undisturbed, tmp_path)]
    assert reports[0]["overall"] == reports[1]["overall"]
    assert reports[0]["breakdowns"] == reports[1]["breakdowns"]


def test_an_interrupt_is_one_line_and_the_run_goes_on_later(
    many_responses: Path, undisturbed: Path, server: str, tmp_path: Path
) -> None:
    for attempt in range(10):  # a run that ends before the signal reaches it shows nothing
        folder = tmp_path / str(attempt)
        process = start(folder, many_responses, server)
        while process.poll() is None and len(keys(folder / "journal.jsonl")) == 0:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        if process.returncode != 0:
            break
    assert process.returncode == 130
    assert said.decode().count("\n") == 1 and said.startswith(b"error: interrupted")
    assert start(folder, many_responses, server).wait(60) == 0
    assert (folder / "report.json").read_bytes() == (undisturbed / "report.json").read_bytes()


def test_a_killed_run_leaves_no_private_server_behind(many_responses: Path, tmp_path: Path) -> None:
    process = start(tmp_path, many_responses)
    journal = tmp_path / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and journal.stat().st_size):
        time.sleep(0.005)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
