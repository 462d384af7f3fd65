"""`rfteval data preview` and `rfteval data write`: synthetic pictures and questions to look at and to train on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rfteval.errors import OutputError, UsageError, unknown_name

PREVIEW_EXAMPLE = "Example: rfteval data preview --family clocks --out clocks.png"
WRITE_EXAMPLE = "Example: rfteval data write --count 10000 --out data/synthetic"

Split = Annotated[str, typer.Option("--split", metavar="NAME", help="train, validation or sample; none overlap.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Decides which of a split's pictures.")]


def preview(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="PNG to write.")] = Path("preview.png"),
    count: Annotated[int, typer.Option("--count", metavar="N", min=1, max=500, help="How many questions.")] = 36,
    family: Annotated[
        str | None, typer.Option("--family", metavar="NAME", help="Only this kind of picture; default: all in turn.")
    ] = None,
    split: Split = "train",
    seed: Seed = 0,
    enlarge: Annotated[int, typer.Option("--enlarge", metavar="N", min=1, max=8, help="Times as large.")] = 2,
) -> None:
    """Draw questions with their pictures, answers and reasoning on one page."""
    from itertools import islice
    from random import Random

    from benchmarks.synthetic.generator import FAMILIES, PARTS, problems
    from benchmarks.synthetic.preview import contact_sheet

    by_name = {one.name: one for one in FAMILIES}
    if family is not None and family not in by_name:
        raise unknown_name("family", family, by_name)
    if split not in PARTS:
        raise unknown_name("split", split, PARTS)
    chosen = FAMILIES if family is None else (by_name[family],)
    page = contact_sheet(islice(problems(Random(seed), split, families=chosen), count), enlarge=enlarge)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        page.save(out, "PNG")
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror}; choose another --out") from None
    typer.echo(f"{count} questions in {out}")


def write(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A folder that is empty or not there yet.")],
    count: Annotated[int, typer.Option("--count", metavar="N", min=1, help="How many questions.")] = 1000,
    split: Split = "train",
    seed: Seed = 0,
    per_picture: Annotated[
        int, typer.Option("--per-picture", metavar="N", min=1, max=8, help="Questions about a picture, at most.")
    ] = 1,
) -> None:
    """Write questions in MathVista's columns, with pictures beside them, and reasoning as `trace` and `response`."""
    from benchmarks.synthetic.generator import PARTS
    from benchmarks.synthetic.writing import write_folder

    if split not in PARTS:
        raise unknown_name("split", split, PARTS)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder; choose another --out")
    try:
        pictures = write_folder(out, split=split, seed=seed, count=count, per_picture=per_picture)
    except OSError as error:
        raise OutputError(f"cannot write to {out}: {error.strerror}; choose another --out") from None
    typer.echo(
        f"{count} questions about {pictures} pictures in {out}; ask them with: "
        f"rfteval run --bench mathvista --split {split} --data {out}"
    )
