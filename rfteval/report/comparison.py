"""A comparison of runs as tables for a person, and as JSON values."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

from rfteval import controls
from rfteval.compare import Comparison, Pair, Side
from rfteval.plain_text import plain
from rfteval.statistics.paired import Difference

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA = "rfteval.compare/1"
WIDTH = 120  # columns where the stream is no terminal
SIGNIFICANT = 0.05


def comparison_to_json(found: Comparison) -> dict[str, object]:
    """Everything; scores are shares, differences are second minus first."""
    return {
        "schema": SCHEMA,
        "benchmark": found.benchmark,
        "split": found.split,
        "cluster_key": found.cluster_key,
        "runs": [
            {"name": side.name, "settings": dict(side.settings), "overall": asdict(side.overall)}
            for side in found.sides
        ],
        "pairs": [asdict(pair) for pair in found.pairs],
        "notes": list(found.notes),
    }


def print_comparison(found: Comparison, flips: int, stream: TextIO | None = None) -> None:
    """Print the runs, the differences, and up to `flips` flipped questions of each pair."""
    from rich.console import Console

    stream = stream or sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else WIDTH, highlight=False, markup=False)
    console.print(_sides(found))
    console.print(_pairs(found))
    for note in found.notes:
        console.print(f"! {plain(note)}", style="yellow", soft_wrap=True)
    for pair in found.pairs:
        for line in verdict_lines(pair, found.cluster_key):
            console.print(plain(line), soft_wrap=True)
        if pair.flipped and flips:
            console.print(_flipped(pair, flips))


def _sides(found: Comparison) -> Table:
    from rich.table import Table

    table = Table(title=f"{found.benchmark} {found.split}", title_justify="left")
    table.add_column("run", overflow="fold")
    varying = _varying(found.sides)
    for name in varying:
        table.add_column(name, overflow="fold")
    for name in ("accuracy %", "95 % interval", "scored", "unscored"):
        table.add_column(name, justify="right")
    for side in found.sides:
        overall = side.overall
        low, high = overall.interval or (None, None)
        table.add_row(
            plain(side.name),
            *(plain(side.settings.get(name, "")) for name in varying),
            "none" if overall.accuracy is None else f"{overall.accuracy * 100:.2f}",
            "" if low is None or high is None else f"{low * 100:.1f} to {high * 100:.1f}",
            str(overall.scored),
            str(overall.items - overall.scored),
        )
    return table


def _varying(sides: tuple[Side, ...]) -> list[str]:
    """The settings in which the runs differ."""
    names = dict.fromkeys(name for side in sides for name in side.settings)
    return [name for name in names if len({side.settings.get(name) for side in sides}) > 1]


def _pairs(found: Comparison) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="each against the first, on the questions that both have a score for", title_justify="left")
    table.add_column("run", overflow="fold")
    headers = ("questions", "points", "95 % interval", "bootstrap", "p", "gained", "lost", "McNemar p", "detectable")
    for name in headers:
        table.add_column(name, justify="right")
    for pair in found.pairs:
        difference = pair.difference
        significant = pair.adjusted is not None and pair.adjusted < SIGNIFICANT
        style = "" if not significant else "green" if difference.estimate.mean > 0 else "red"
        drawn = None if difference.resampled is None else difference.resampled.interval
        table.add_row(
            plain(pair.second),
            str(difference.estimate.count),
            Text(f"{difference.estimate.mean * 100:+.2f}", style=style),
            _points(difference.estimate.interval),
            _points(drawn),
            _p(difference.p_value),
            "" if pair.flips is None else str(pair.flips.gained),
            "" if pair.flips is None else str(pair.flips.lost),
            "" if pair.flips is None else _p(pair.flips.p_value),
            "" if difference.detectable is None else f"{difference.detectable * 100:.1f}",
        )
    return table


def verdict_lines(pair: Pair, cluster_key: str | None) -> Iterator[str]:
    """What the numbers of a pair say, in words."""
    difference = pair.difference
    gap = difference.estimate.mean * 100
    if pair.control is not None:
        yield control_line(pair.control, difference)
    if pair.adjusted is None:
        yield f"{pair.second}: {gap:+.2f} points; how sure that is cannot be told from one cluster of questions"
        return
    better = "better" if gap > 0 else "worse"
    corrected = "" if pair.adjusted == difference.p_value else ", corrected for several comparisons"
    if pair.adjusted < SIGNIFICANT:
        yield f"{pair.second} is {better} by {abs(gap):.2f} points (p {_p(pair.adjusted)}{corrected})"
    else:
        yield (
            f"{pair.second}: no difference shown (p {_p(pair.adjusted)}{corrected}); this comparison would find one of "
            f"{(difference.detectable or 0) * 100:.1f} points in four of five cases"
        )
    estimate = difference.estimate
    if estimate.clusters < estimate.count:
        yield f"  {estimate.count} questions in {estimate.clusters} clusters by {cluster_key or 'question'}"
    if pair.left_out:
        yield f"  {pair.left_out} questions are left out, as only one of the two has a score for them"


def control_line(control: str, difference: Difference) -> str:
    """What is left of the score under a control, and what the control took, with its interval."""
    interval = difference.estimate.interval
    summary = controls.CONTROLS[control].summary if control in controls.CONTROLS else "unknown to this version"
    return (
        f"control {control} ({summary}): {difference.second * 100:.2f} % instead of "
        f"{difference.first * 100:.2f} %, {difference.estimate.mean * 100:+.2f} points"
        + (f" [{_points(interval)}]" if interval else "")
    )


def _flipped(pair: Pair, most: int) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    gained = [flip for flip in pair.flipped if flip.gained]
    lost = [flip for flip in pair.flipped if not flip.gained]
    title = f"{pair.second}: {len(gained)} gained, {len(lost)} lost"
    hidden = len(pair.flipped) - len(gained[: (most + 1) // 2]) - len(lost[: most // 2])
    table = Table(
        title=title + (f"; {hidden} more in --out FILE" if hidden else ""), title_justify="left", box=SIMPLE_HEAD
    )
    for name in ("question", "", "right answer", "first said", "this one said"):
        table.add_column(name, overflow="ellipsis", max_width=30)
    for flip in (*gained[: (most + 1) // 2], *lost[: most // 2]):
        said = (plain(text or "-") for text in (flip.answer, flip.first, flip.second))
        table.add_row(plain(flip.question), "gained" if flip.gained else "lost", *said)
    return table


def _points(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f"{interval[0] * 100:+.1f} to {interval[1] * 100:+.1f}"


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"
