"""The runs in a folder, found anew each time they are asked for. What is damaged is listed with its reason."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rfteval.errors import InputFileError
from rfteval.report.files import PAGE_FILE, REPORT_FILE, RUN_FILE
from rfteval.stored_run import read_object

DEEPEST = 4  # folders below the one that is served
NEEDED = ("benchmark", "split", "profile", "settings", "samples", "overall")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRun:
    """A run by its name, which is its folder relative to the one that is served ("." for that one itself).

    `problem` says why it cannot be shown; then `report` and `facts` are empty.
    """

    name: str
    directory: Path
    report: Mapping[str, Any]
    facts: Mapping[str, Any]
    problem: str = ""

    @property
    def page(self) -> Path | None:
        """The run's page, where there is one."""
        path = self.directory / PAGE_FILE
        return path if path.is_file() and not path.is_symlink() else None


def find_runs(root: Path) -> list[FoundRun]:
    """Every run in `root` and below, newest first. Symbolic links are not followed, so nothing else is ever served."""
    found = [_read(root, directory) for directory in _directories(root)]
    return sorted(found, key=lambda run: (-float(run.facts.get("began_unix_s") or 0), run.name))


def _directories(root: Path) -> Iterator[Path]:
    for folder, below, files in os.walk(root):
        here = Path(folder)
        below[:] = sorted(name for name in below if not name.startswith("."))
        if len(here.relative_to(root).parts) >= DEEPEST:
            below.clear()
        if REPORT_FILE in files:
            yield here


def _read(root: Path, directory: Path) -> FoundRun:
    name = directory.relative_to(root).as_posix()
    try:
        path = directory / REPORT_FILE
        if path.is_symlink():
            raise InputFileError(f"{path} is a symbolic link")
        report = read_object(path)
        lacking = [key for key in NEEDED if key not in report]
        if lacking:
            raise InputFileError(f"{path} is no report of rfteval: it has no {', '.join(lacking)}")
        facts_path = directory / RUN_FILE
        facts = read_object(facts_path) if facts_path.is_file() and not facts_path.is_symlink() else {}
    except InputFileError as error:
        return FoundRun(name=name, directory=directory, report={}, facts={}, problem=str(error))
    return FoundRun(name=name, directory=directory, report=report, facts=facts)
