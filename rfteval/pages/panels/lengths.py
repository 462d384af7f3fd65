"""How long responses are, how accuracy goes with it, and what a smaller budget would have given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from rfteval.pages.charts import Line, columns, legend, lines
from rfteval.pages.length_curves import Lengths, measure
from rfteval.pages.panels.panel import Panel
from rfteval.pages.wording import percent
from rfteval.stored_run import StoredRun


def lengths(run: StoredRun) -> Panel | None:
    """How long responses are; accuracy by length, and by the budget that responses are cut to."""
    found = measure((item, record) for _, item, record in run.items())
    if found is None:
        return None
    charts = [_histogram(found)]
    if found.curve:
        charts.append(_by_length(found))
    budgets = run.report.get("budgets")
    if budgets and len(budgets["points"]) > 1:
        charts.append(_by_budget(budgets))
    return Panel(id="lengths", title="Lengths", body=grid(charts))


def repeats(run: StoredRun) -> Panel | None:
    """What several responses to a question give: one of k right, the most frequent of k, all of k."""
    found = (run.report.get("statistics") or {}).get("repeats")
    if not found or len(found["points"]) < 2:
        return None
    names = {"pass": "pass@k: at least one is right", "majority": "maj@k: the most frequent is", "all": "all k are"}
    drawn = [
        Line(name=name, points=[(point["k"], point[key]) for point in found["points"]]) for key, name in names.items()
    ]
    chart = lines(drawn, x_label="k responses", y_label="share of the questions", written=_percent, marks=True)
    each = str(found["most"]) if found["fewest"] == found["most"] else f"{found['fewest']} to {found['most']}"
    note = f"{found['samples']:,} questions with {each} scored responses each."
    kinds = {name: f"line-{place}" for place, name in enumerate(names.values(), start=1)}
    body = grid([figure("What more responses give", note, chart, legend(kinds))])
    return Panel(id="repeats", title="Several responses", body=body)


def grid(figures: Sequence[Markup]) -> Markup:
    """Figures side by side, as many as there is room for."""
    panels = Markup("").join(Markup('<div class="panel">{}</div>').format(figure) for figure in figures)
    return Markup('<div class="panels">{}</div>').format(panels)


def figure(title: str, note: str, chart: Markup, below: Markup | str = "") -> Markup:
    """A chart under its title and a note, with a legend or the like `below`."""
    return Markup('<h3>{}</h3><p class="note">{}</p>{}{}').format(title, note, chart, below)


def _percent(value: float) -> str:
    return percent(value, 0)


def _by_length(found: Lengths) -> Markup:
    chart = lines(
        [found.curve_line()],
        x_label=f"{found.unit} in the response",
        y_label="accuracy",
        written=_percent,
        logarithmic=found.logarithmic,
        from_zero=True,
        marks=True,
    )
    note = "Equal parts of the responses in order of length, each at its median length, with 95 % intervals."
    return figure("Accuracy by length", note, chart)


def _by_budget(budgets: Mapping[str, Any]) -> Markup:
    points = [point for point in budgets["points"] if point["accuracy"] is not None and point["budget"] > 0]
    line = Line(
        name="accuracy",
        points=[(point["budget"], point["accuracy"]) for point in points],
        band=[(point["budget"], *point["interval_95"]) for point in points if point["interval_95"]],
    )
    chart = lines(
        [line],
        x_label=f"{budgets['unit']} that a response may have",
        y_label="accuracy",
        written=_percent,
        logarithmic=True,
        from_zero=True,
        marks=True,
    )
    cut = max(points, key=lambda point: point["cut"], default=None)
    note = "The same responses cut to a budget and scored again, with 95 % intervals."
    if cut is not None:
        note += f" The smallest, {cut['budget']:,}, cuts {cut['cut']:,} of them."
    return figure("Accuracy by budget", note, chart)


def _histogram(found: Lengths) -> Markup:
    layers = [(name, kind, numbers) for name, kind, numbers in found.layers if sum(numbers)]
    chart = columns(
        found.edges,
        layers,
        x_label=f"{found.unit} in the response",
        y_label="responses",
        logarithmic=found.logarithmic,
    )
    note = f"Median {found.median:,.0f}, longest {found.longest:,.0f} {found.unit}."
    return figure("Length of the responses", note, chart, legend({name: kind for name, kind, _ in layers}))
