"""The order of `rfteval verify`: find released runs, score each, compare, and say how it went as it goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rfteval.errors import UsageError, unknown_name
from rfteval.scoring import Scorer
from rfteval.verification.agreement import RowAgreement, compare_rows
from rfteval.verification.check import RunCheck, check_run, score_run
from rfteval.verification.release import Release, ReleasedRun

Started = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came of one run; `agreement` is there for runs whose answers a model extracted."""

    title: str
    check: RunCheck
    agreement: RowAgreement | None


def chosen(releases: Sequence[Release], titles: Collection[str]) -> list[Release]:
    """The releases of those folders' names, or all. Raises UnknownNameError."""
    known = {release.folder: release for release in releases}
    for title in titles:
        if title not in known:
            raise unknown_name("release", title, known)
    return [release for release in releases if not titles or release.folder in titles]


def folder_of(release: Release, data: Path) -> Path:
    """Where the release's runs are: in its folder below `data`, or in `data` itself where that is it."""
    return data if data.name == release.folder and (data / "outputs").is_dir() else data / release.folder


def verify(
    data: Path,
    releases: Sequence[Release],
    scorer: Scorer,
    *,
    judge_free: bool = True,
    started: Started = lambda name: None,
) -> Iterator[Finding]:
    """Each run found below `data`, scored again. Raises UsageError where there is none, InputFileError and others."""
    if not data.is_dir():
        raise UsageError(f"no such folder: {data}; --data names a folder of released outputs")
    found = False
    for release in releases:
        for run in release.runs(folder_of(release, data)):
            found = True
            started(f"{release.title}: {run.name}")
            yield _finding(release, run, scorer, judge_free)
    if not found:
        wanted = ", ".join(f"{release.folder}/outputs/*.jsonl" for release in releases)
        raise UsageError(f"{data} holds no released outputs; looked for {wanted}")


def _finding(release: Release, run: ReleasedRun, scorer: Scorer, judge_free: bool) -> Finding:
    check = check_run(run, score_run(run, run.benchmark.profiles[run.profile], scorer))
    agreement = None
    if judge_free and release.judge_free is not None:
        rule = release.judge_free
        profiles = run.benchmark.profiles
        agreement = compare_rows(
            run.name,
            score_run(run, profiles[rule.ours], scorer),
            score_run(run, profiles[rule.theirs], scorer),
            rule.readings.get(run.name, {}),
            check.ours,
        )
    return Finding(title=release.title, check=check, agreement=agreement)
