"""A whole run with a judge: its opinion stands beside the score in every form of the report, and is asked for once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import Command
from tests.judge_server import judging


def lenient(shown: dict[str, Any]) -> dict[str, object]:
    return {"score": 1, "reason": "<script>close enough</script>"}


def test_a_judged_run(rfteval: Command, server: str, tmp_path: Path) -> None:
    run = ("run", "--bench", "mathvista", "--split", "sample", "--model", "replay", "--limit", 12, "--server", server)
    with judging(lenient) as judge:
        said = rfteval(*run, "--out", tmp_path, "--judge", f"m@{judge.url}", "--judge-on", "wrong").stdout
    report = json.loads((tmp_path / "report.json").read_text())
    effect = report["judge"]
    assert effect["asked"] == effect["made_right"] == len(judge.seen) > 0
    assert effect["accuracy_without"] == report["overall"]["accuracy"] < effect["accuracy_with"]
    assert f"with judge m: {effect['accuracy_with'] * 100:.2f} %" in said
    assert f"With judge m: {effect['accuracy_with'] * 100:.2f} %" in (tmp_path / "report.md").read_text()
    page = (tmp_path / "report.html").read_text()
    assert "with judge m" in page and "close enough" in page and "<script>close" not in page
