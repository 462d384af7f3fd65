"""The released runs, found and scored again by `rfteval verify`; rows of each rule are held in that rule's own test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.released import RELEASES
from benchmarks.released.mathvista_readings import READINGS as MATHVISTA_READINGS
from rfteval import registry as installed
from rfteval.verification.release import READINGS
from rfteval.verification.session import Finding, chosen, verify
from tests.rfteval.in_process import InProcess

# Folder → runs below it in the data beside the repository.
RUNS = {"mathvista": 8, "mmmu": 1, "mmmu_pro": 2, "mathvision": 10, "emma_mini": 19}


def found(shared_data: Path, folders: Sequence[str], *, judge_free: bool = False) -> list[Finding]:
    return list(verify(shared_data, chosen(RELEASES, folders), InProcess(), judge_free=judge_free))


def test_the_releases_are_installed() -> None:
    assert {release.folder for release in RELEASES} == set(RUNS)
    assert [release.folder for release in installed.releases()][: len(RELEASES)] == list(RUNS)


def test_readings_are_of_a_known_kind_and_of_known_runs() -> None:
    for readings in MATHVISTA_READINGS.values():
        assert set(readings.values()) <= set(READINGS)
    kinds = [kind for readings in MATHVISTA_READINGS.values() for kind in readings.values()]
    assert len(kinds) == 151 and kinds.count("ours") == 20


@pytest.mark.data
def test_drawn_options_are_an_expectation_and_a_range(shared_data: Path) -> None:
    qwen, standard, vision = found(shared_data, ["mmmu", "mmmu_pro"])
    assert [each.check.state for each in (qwen, standard, vision)] == ["exact", "exact", "explained"]
    assert qwen.check.draws is not None and vision.check.draws is not None
    assert (qwen.check.draws.rows, qwen.check.draws.expected, qwen.check.draws.replayed) == (48, 323.25, 325)
    assert (vision.check.draws.rows, vision.check.draws.official_right) == (47, 9)
    assert standard.check.draws is None and standard.check.ours == 952


@pytest.mark.data
@pytest.mark.slow
def test_every_run_is_as_released(shared_data: Path) -> None:
    findings = found(shared_data, [])
    assert [sum(each.title == release.title for each in findings) for release in RELEASES] == list(RUNS.values())
    states = {each.check.name: each.check.state for each in findings if each.check.state != "exact"}
    assert states == {
        "idefics_9b_instruct": "explained",
        "gpt-4o_vision_direct": "explained",
        "Gemini-Pro": "explained",
        "Llava_CoT": "judged",
    }
    published = [each.check for each in findings if each.check.published is not None]
    assert len(published) == 21
    for check in published:
        assert check.official is not None and check.published is not None
        assert abs(100 * check.official / check.rows - check.published) < 0.006, check.name


@pytest.mark.data
@pytest.mark.slow
def test_our_rule_agrees_with_the_stored_extractions_about_as_often_as_the_page_says(shared_data: Path) -> None:
    """Looser than the numbers in docs/verify.md: a change of the verifier may move a row, but not a class of rows."""
    for finding in found(shared_data, ["mathvista"], judge_free=True):
        agreement = finding.agreement
        assert agreement is not None and agreement.rows == 1000
        assert agreement.share > 0.95 and agreement.share_read > 0.98, agreement.name
        assert abs(agreement.points_read) < 1.0, agreement.name
