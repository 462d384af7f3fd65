"""What a score is made of, as a bar and a few lines on a terminal; budgets and repeated responses as small tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rfteval.anatomy import Anatomy
from rfteval.budgets import Curve
from rfteval.precision import Precision, Repeats

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

BAR = 72  # columns
# Outcome → how it is called, its colour, and a mark that tells it apart where there are no colours.
SEGMENTS = {
    "correct": ("right", "green", "█"),
    "fallback": ("by fallback", "magenta", "▚"),
    "partial": ("partly right", "cyan", "▓"),
    "wrong": ("wrong", "red", "▒"),
    "no_answer": ("no answer", "yellow", "░"),
    "unscored": ("unscored", "bright_black", "·"),
}
TRAITS = {
    "unparsed": "no answer read",
    "truncated": "cut off",
    "refused": "refused",
    "hedged": "hedged",
    "empty": "empty",
    "fallback": "by fallback",
}


def blocks(anatomy: Anatomy, precision: Precision, curve: Curve | None) -> Iterator[RenderableType]:
    """The parts in the order in which they are printed; those with nothing to say are left out."""
    if anatomy.items:
        yield bar(anatomy)
        yield legend(anatomy)
    scores = _scores(anatomy)
    if scores and anatomy.official is not None:
        yield f"{scores}; unscored {anatomy.outcomes['unscored']}"
    traits = _traits(anatomy)
    if traits:
        yield traits
    yield from _errors(precision)
    if curve is not None:
        yield _curve(curve)
    if precision.repeats is not None:
        yield _repeats(precision.repeats)
    if precision.rotations is not None:
        found = precision.rotations
        yield f"right in every rotation: {found.all_right * 100:.1f} % of {found.questions} questions"


def bar(anatomy: Anatomy) -> Text:
    """Every response once, in the order of SEGMENTS; what is there gets a column at least."""
    from rich.text import Text

    text = Text()
    for name, width in _widths(anatomy).items():
        _, colour, mark = SEGMENTS[name]
        text.append(mark * width, style=colour)
    return text


def _widths(anatomy: Anatomy) -> dict[str, int]:
    """Columns by outcome, BAR in all: rounded down, at least one, and what is left goes to the largest."""
    counts = {name: anatomy.outcomes[name] for name in SEGMENTS if anatomy.outcomes[name]}
    total = sum(counts.values())
    widths = {name: max(1, BAR * count // total) for name, count in counts.items()}
    widths[max(counts, key=lambda name: counts[name])] += BAR - sum(widths.values())
    return widths


def legend(anatomy: Anatomy) -> Text:
    """The segments that are there, with their numbers of responses."""
    from rich.text import Text

    text = Text()
    for name, (called, colour, mark) in SEGMENTS.items():
        if anatomy.outcomes[name]:
            text.append(f"{mark} ", style=colour)
            text.append(f"{called} {anatomy.outcomes[name]}   ")
    text.rstrip()
    return text


def _scores(anatomy: Anatomy) -> str:
    """The strict score where it differs, and the bounds."""
    parts = []
    if anatomy.strict is not None and anatomy.strict != anatomy.official:
        parts.append(f"strict {anatomy.strict * 100:.1f} % (nothing by fallback)")
    if anatomy.fallback_range is not None:
        low, high = anatomy.fallback_range
        parts.append(f"{low * 100:.1f} to {high * 100:.1f} % as its guesses fall")
    if anatomy.lower is not None and anatomy.upper is not None and anatomy.lower != anatomy.upper:
        parts.append(f"bounds {anatomy.lower * 100:.1f} to {anatomy.upper * 100:.1f} % as doubtful responses are taken")
    return "; ".join(parts)


def _traits(anatomy: Anatomy) -> str:
    said = []
    for name, called in TRAITS.items():
        trait = anatomy.traits[name]
        if not trait.count:
            continue
        more = [f"credit {trait.credit:.4g}"] if trait.credit else []
        if name == "truncated" and anatomy.truncation_estimated:
            more.append(f"{anatomy.truncation_estimated} by how they end")
        if name == "fallback" and anatomy.fallback_chance is not None:
            more.append(f"picking at random {anatomy.fallback_chance:.4g}")
        said.append(f"{called} {trait.count}" + (f" ({', '.join(more)})" if more else ""))
    return f"responses: {'; '.join(said)}" if said else ""


def _errors(precision: Precision) -> Iterator[str]:
    """The clusters where there are any, and the bootstrap's interval."""
    found, drawn = precision.estimate, precision.resampled
    if found is None or found.standard_error is None:
        return
    said = f"standard error {found.standard_error * 100:.1f}"
    if found.clusters < found.count:
        said += f", {found.clusters} clusters by {precision.cluster_key or 'question'} (largest {found.largest_cluster}"
        said += "" if found.design_effect is None else f", design effect {found.design_effect:.1f}"
        said += ")"
    if drawn is not None:
        low, high = drawn.interval
        said += f"; bootstrap {low * 100:.1f} to {high * 100:.1f}"
    yield said


def _curve(curve: Curve) -> Table:
    """Scores of the same responses cut off earlier."""
    table = _small(f"score of {curve.samples} questions if cut off after so many {curve.unit}")
    table.add_column(curve.unit)
    for point in curve.points:
        table.add_column(f"{point.budget:,}", justify="right")
    table.add_row("accuracy %", *(_percent(point.accuracy) for point in curve.points))
    table.add_row("cut off", *(str(point.cut) for point in curve.points))
    if any(point.unscored for point in curve.points):
        table.add_row("unscored", *(str(point.unscored) for point in curve.points))
    return table


def _repeats(repeats: Repeats) -> Table:
    """What k of a question's responses give."""
    fewest, most = repeats.fewest, repeats.most
    each = f"{most}" if fewest == most else f"{fewest} to {most}"
    table = _small(f"{each} responses to each of {repeats.samples} questions")
    table.add_column("k")
    for point in repeats.points:
        table.add_column(str(point.k), justify="right")
    table.add_row("pass@k %", *(_percent(point.any_right) for point in repeats.points))
    table.add_row("maj@k %", *(_percent(point.majority) for point in repeats.points))
    table.add_row("all k right %", *(_percent(point.all_right) for point in repeats.points))
    if len({point.samples for point in repeats.points}) > 1:
        table.add_row("questions", *(str(point.samples) for point in repeats.points))
    return table


def _small(title: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share * 100:.1f}"
