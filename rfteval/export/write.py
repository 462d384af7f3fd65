"""Writing a stored run in another form, chosen by name: a table, a page, or a layout of the benchmark's authors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rfteval import registry
from rfteval.benchmark import Answer, Layout
from rfteval.errors import OutputError, UsageError, unknown_name
from rfteval.export.markdown import report_markdown
from rfteval.export.table import to_csv, to_jsonl, to_parquet
from rfteval.metrics import first_verdict
from rfteval.stored_run import StoredRun, read_run
from rfteval.whole_file import write_whole

FORMATS = {
    "parquet": "responses.parquet",
    "csv": "responses.csv",
    "jsonl": "responses.jsonl",
    "markdown": "report.md",
    "html": "report.html",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written, and how many samples a layout has no answer to."""

    paths: tuple[Path, ...]
    left_out: int = 0


def export(directory: Path, form: str, out: Path | None = None, *, index: int = 0) -> Exported:
    """Write the run in `directory` as `form`, to `out` or beside it.

    `index` picks the response of each sample where a layout holds only one. Raises UsageError (no such form, nothing to
    write), InputFileError and OutputError.
    """
    run = read_run(directory)
    layouts = _layouts(run)
    if form in layouts:
        return _export_layout(run, layouts[form], out or directory / form, index)
    if form not in FORMATS:
        raise unknown_name("format", form, [*FORMATS, *layouts])
    target = out or directory / FORMATS[form]
    if target.is_dir():
        target = target / FORMATS[form]
    write_whole(target, _content(run, form))
    return Exported(paths=(target,))


def _content(run: StoredRun, form: str) -> str | bytes:
    if form == "html":
        from rfteval.pages.run_page import run_page

        return run_page(run)
    if form == "markdown":
        return report_markdown(run.report, run.facts, run.comparison)
    return {"parquet": to_parquet, "csv": to_csv, "jsonl": to_jsonl}[form](run)


def _layouts(run: StoredRun) -> Mapping[str, Layout]:
    """Those of the run's benchmark; none where it is not installed here."""
    benchmark = registry.benchmarks().get(run.report["benchmark"])
    return {} if benchmark is None else benchmark.layouts


def _export_layout(run: StoredRun, layout: Layout, folder: Path, index: int) -> Exported:
    answers = [
        Answer(sample=each.sample, response=record.response, verdict=first_verdict(record), asked=each.asked_text())
        for each, _, record in run.items()
        # What was not answered is not in such a file: there it would count as wrong.
        if record is not None and record.index == index and record.response.error is None
    ]
    if not answers:
        raise UsageError(f"{run.directory} has no responses with index {index}; see --index")
    paths = []
    for name, value in layout(answers).items():
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts:
            raise OutputError(f"a file of this layout would lie outside of {folder}: {name!r}; rename the subject")
        path = folder / relative
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make {path.parent}: {error.strerror}; choose another --out") from None
        write_whole(path, json.dumps(value, indent=4, ensure_ascii=True) + "\n")
        paths.append(path)
    return Exported(paths=tuple(paths), left_out=len(run.samples) - len(answers))
