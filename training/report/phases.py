"""Where the time of a training run went, by phase. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from rfteval.pages.charts import Segment, legend, stacked_bar
from rfteval.pages.panels.lengths import figure
from rfteval.pages.svg import element
from rfteval.pages.wording import percent
from training.report.figures import Figure, drawn
from training.report.stored import StoredTraining

# Metric of a phase → its name, and the class that colours it. What is left of a step is `rest`.
PHASES = {
    "time/sample_s": ("sampling", "right"),
    "time/reference_s": ("reference model", "lucky"),
    "time/verifier_s": ("waiting for verdicts", "unscored"),
    "time/update_s": ("updates", "wrong"),
}
REST, EVALUATION = ("the rest of the steps", "none"), ("evaluation", "partial")


def totals(run: StoredTraining) -> Markup | None:
    """Seconds of each phase in all, as one bar and in numbers."""
    whole = run.total("time/step_s")
    if not whole:
        return None
    spent = [(name, kind, run.total(metric)) for metric, (name, kind) in PHASES.items()]
    spent.append((*REST, max(whole - sum(seconds for _, _, seconds in spent), 0.0)))
    spent.append((*EVALUATION, run.total("eval/seconds")))
    spent = [each for each in spent if each[2] > 0]
    total = sum(seconds for _, _, seconds in spent)
    bar = stacked_bar([Segment(name=f"{name}, seconds", number=seconds, kind=kind) for name, kind, seconds in spent])
    rows = [
        element(
            "tr",
            element("th", name, scope="row"),
            element("td", f"{seconds:,.1f} s", class_="number"),
            element("td", percent(seconds / total), class_="number muted"),
        )
        for name, _, seconds in spent
    ]
    table = element("table", element("tbody", *rows))
    return figure(
        "Time in all",
        f"{_duration(total)}, as the clock of the first process ran; saving is not counted.",
        bar,
        legend({name: kind for name, kind, _ in spent}) + table,
    )


def by_step(run: StoredTraining) -> Markup | None:
    """Seconds a step, by phase."""
    shape = Figure(title="Time of a step", note="By phase.", label="seconds")
    series: list[tuple[str, Sequence[tuple[float, float]]]] = [("whole step", run.series("time/step_s"))]
    for metric, (name, _) in PHASES.items():
        points = run.series(metric)
        if any(seconds > 0 for _, seconds in points):
            series.append((name, points))
    return drawn(shape, series)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
