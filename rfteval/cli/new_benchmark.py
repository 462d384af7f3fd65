"""`rfteval new-benchmark`: a YAML file to describe a benchmark with, and a check of one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: rfteval new-benchmark mine.yaml --data questions.jsonl"
SHOWN = 5


def new_benchmark(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The YAML file to write, or with --check to check.")],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Your rows; columns are guessed from the first.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Load it, show its first prompt, and score gold answers and wrong ones.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented YAML file that describes a benchmark without code, or check one that you have filled in."""
    if check:
        _check(file)
    else:
        _write(file, data, force)


def _write(file: Path, data: Path | None, force: bool) -> None:
    import os

    from rfteval.benchmark_template import render
    from rfteval.errors import OutputError, UsageError
    from rfteval.rows import HubSource
    from rfteval.snapshots import local_rows
    from rfteval.yaml_benchmark import SUFFIXES

    if file.suffix not in SUFFIXES:
        raise UsageError(f"{file} must end in .yaml, so that `--bench {file}` knows it for a file")
    if file.exists() and not force:
        raise OutputError(f"{file} is already there; choose another name, or --force to replace it")
    row = {}
    if data is not None:
        source = HubSource(repository=str(data), revision="", columns=())
        row = dict(next(iter(local_rows(source, "test", data))).values)
    shown = "questions.jsonl" if data is None else os.path.relpath(data, file.resolve().parent)
    name = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in file.stem.lower())
    try:
        file.write_text(render(str(file), name, shown, row), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write {file}: {error.strerror}; choose another place") from None
    typer.echo(f"wrote {file}; fill it in, then: rfteval new-benchmark {file} --check")


def _check(file: Path) -> None:
    from rfteval.benchmark import LoadRequest
    from rfteval.benchmark_check import check
    from rfteval.errors import FAILURE
    from rfteval.plain_text import plain
    from rfteval.service import Service
    from rfteval.types import TextPart
    from rfteval.yaml_benchmark import from_file

    benchmark = from_file(file)
    samples = benchmark.load(LoadRequest(split=benchmark.default_split))
    pictures = sum(len(sample.images) for sample in samples)
    typer.echo(f"{benchmark.name}: {len(samples)} samples, {pictures} pictures, split {benchmark.default_split}")
    if not samples:
        raise typer.Exit(FAILURE)
    prompt = benchmark.prompts[benchmark.default_prompt](samples[0])
    for part in prompt.messages[0].parts:
        typer.echo(plain(part.text) if isinstance(part, TextPart) else "[picture]")
    with Service().connect() as client:
        found = check(samples, benchmark.profiles[benchmark.default_profile], client)
    right = found.samples - len(found.rejected) - len(found.unusable)
    typer.echo(f"gold answers that come out right: {right} of {found.samples}")
    for sample_id, reason in found.unusable[:SHOWN]:
        typer.echo(f"  cannot be scored: {plain(sample_id)}: {plain(reason)}")
    for sample_id in found.rejected[:SHOWN]:
        typer.echo(f"  not right: {plain(sample_id)}; see rfteval explain")
    typer.echo(f"wrong answers that come out right: {len(found.accepted)} of {found.strangers}")
    for sample_id in found.accepted[:SHOWN]:
        typer.echo(f"  right by a wrong answer: {plain(sample_id)}")
    if found.rejected or found.unusable or found.accepted:
        raise typer.Exit(FAILURE)
