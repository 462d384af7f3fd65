"""An attribution as a table for a person, and as JSON values."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

from rfteval.plain_text import plain
from rfteval.why.attribution import Attribution

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA = "rfteval.why/1"
WIDTH = 110  # columns where the stream is no terminal


def attribution_to_json(found: Attribution) -> dict[str, object]:
    """Everything; scores and effects are shares."""
    return {"schema": SCHEMA, **asdict(found), "notes": list(found.notes), "names": list(found.names)}


def print_attribution(found: Attribution, stream: TextIO | None = None) -> None:
    """Print the parts of the gap, and what stays to be said."""
    from rich.console import Console

    stream = stream or sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else WIDTH, highlight=False, markup=False)
    console.print(_table(found))
    for line in lines(found):
        console.print(plain(line), soft_wrap=True)
    for note in found.notes:
        console.print(f"! {plain(note)}", style="yellow", soft_wrap=True)


def _table(found: Attribution) -> Table:
    from rich.table import Table

    first, second = found.names
    title = f"{first} {found.first * 100:.2f} % → {second} {found.second * 100:.2f} %, {found.questions} questions"
    table = Table(title=plain(title), title_justify="left", show_footer=True)
    table.add_column("what is swapped", footer="together", overflow="fold")
    table.add_column("alone, first", justify="right")
    table.add_column("after the rest", justify="right")
    table.add_column("even share", justify="right", footer=f"{found.gap * 100:+.2f}")
    table.add_column("95 % interval", justify="right")
    for effect in found.effects:
        interval = effect.share.interval
        table.add_row(
            plain(effect.name),
            f"{effect.alone * 100:+.2f}",
            f"{effect.last * 100:+.2f}",
            f"{effect.share.mean * 100:+.2f}",
            "" if interval is None else f"{interval[0] * 100:+.1f} to {interval[1] * 100:+.1f}",
        )
    return table


def lines(found: Attribution) -> Iterator[str]:
    """What the table does not say: interactions, luck, cut-off responses, and changed verifiers."""
    alone = sum(effect.alone for effect in found.effects)
    if len(found.effects) > 1:
        yield (
            f"points; swapped alone the effects add up to {alone * 100:+.2f}, so {(found.gap - alone) * 100:+.2f} come "
            "from their interactions, which the even shares divide"
        )
    if abs(found.fallback_gap) > 1e-12:
        yield f"of the gap, {found.fallback_gap * 100:+.2f} are credit by fallback, where no answer was found"
    if any(found.cut_off):
        yield (
            f"responses cut off: {found.cut_off[0]} and {found.cut_off[1]}; questions with one make out "
            f"{found.cut_off_gap * 100:+.2f} of the gap"
        )
    if abs(found.version_gap) > 1e-12:
        yield (
            f"as the runs stored their scores, the gap is {found.stored_gap * 100:+.2f}: "
            f"{found.version_gap * 100:+.2f} of it were the verifiers' versions, which differ from this installation's"
        )
