"""The charts of a training run: which metrics stand together, and how they are drawn. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from rfteval.pages.charts import Line, columns, legend, lines
from rfteval.pages.panels.lengths import figure
from rfteval.pages.wording import compact, percent
from training.report.stored import StoredTraining

SMOOTHED_FROM = 30  # steps; with fewer every point counts for the eye
MOST_COLUMNS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart of metrics over steps. `names`: what a line is called → the metric; those never logged are left out."""

    title: str
    note: str
    names: Mapping[str, str] = field(default_factory=dict)
    label: str
    share: bool = False
    smooth: bool = True

    def still(self, run: StoredTraining) -> str | None:
        """The figure in words where its lines never move: a chart of them would say no more."""
        found = [(name, {value for _, value in run.series(metric)}) for name, metric in self.names.items()]
        found = [(name, values) for name, values in found if values]
        if not found or any(len(values) > 1 for _, values in found) or len(run.steps) < 2:
            return None
        if len(found) == 1:
            return f"{self.title} {compact(found[0][1].pop())}"
        return f"{self.title} " + ", ".join(f"({name}) {compact(values.pop())}" for name, values in found)

    def draw(self, run: StoredTraining) -> Markup | None:
        """The chart with its legend; None where none of its metrics was logged."""
        return drawn(self, [(name, run.series(metric)) for name, metric in self.names.items()])


LEARNING = (
    Figure(title="Mean reward", note="Of all scored rollouts.", label="reward", names={"reward": "reward/mean"}),
    Figure(
        title="Spread of rewards",
        note="Standard deviation over the scored rollouts of a step; without any there is nothing to learn.",
        label="deviation",
        names={"deviation": "reward/std"},
    ),
)
POLICY = (
    Figure(
        title="KL to the model at the start",
        note="Mean over trained tokens, where the loss has a KL term.",
        label="KL",
        names={"KL": "kl"},
    ),
    Figure(title="β", note="Weight of the KL term.", label="β", names={"β": "beta"}, smooth=False),
    Figure(title="Entropy", note="Mean over trained tokens, in nats.", label="entropy", names={"entropy": "entropy"}),
    Figure(
        title="Clipped",
        note="Share of trained tokens whose ratio was clipped.",
        label="share",
        names={
            "too low": "policy/clip_fraction_low",
            "too high": "policy/clip_fraction_high",
            "dual": "policy/clip_fraction_dual",
        },
        share=True,
    ),
    Figure(
        title="Ratio",
        note="New probability to old: mean, lowest, highest of the trained tokens.",
        label="ratio",
        names={"mean": "policy/ratio_mean", "lowest": "policy/ratio_min", "highest": "policy/ratio_max"},
    ),
    Figure(title="Gradient norm", note="Before it is scaled down.", label="norm", names={"norm": "grad_norm"}),
    Figure(title="Loss", note="Of the policy; it need not fall.", label="loss", names={"loss": "loss"}),
    Figure(title="Learning rate", note="Of each step.", label="rate", names={"rate": "lr"}, smooth=False),
)
LENGTHS = (
    Figure(
        title="Length of the rollouts",
        note="Tokens: mean and longest of a step.",
        label="tokens",
        names={"mean": "length/mean", "longest": "length/max"},
    ),
    Figure(
        title="Cut off",
        note="Share of the rollouts that reached the longest length.",
        label="share",
        names={"cut off": "length/truncated"},
        share=True,
    ),
)
# Fate of a group → its name, and the class that colours it.
FATES = {
    "kept": ("with a signal", "right"),
    "too_easy": ("too easy", "lucky"),
    "too_hard": ("too hard", "wrong"),
    "flat": ("flat: one reward for all", "partial"),
    "unscored": ("unscored", "unscored"),
}


def drawn(figure_: Figure, series: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> Markup | None:
    """`series` by name as one chart in the words of `figure_`; long ones are faint, with their running mean on top."""
    there = [(name, points) for name, points in series if points]
    if not there:
        return None
    drawings: list[Line] = []
    for place, (name, points) in enumerate(there, start=1):
        smoothed = running_mean(points) if figure_.smooth else points
        if smoothed != points:
            drawings.append(Line(name=name, points=points, kind=f"line-{place} faint"))
        drawings.append(Line(name=name, points=smoothed, kind=f"line-{place}"))
    chart = lines(
        drawings,
        x_label="step",
        y_label=figure_.label,
        written=_percent if figure_.share else compact,
        from_zero=figure_.share,
        marks=len(there[0][1]) < 2,
    )
    names = {name: f"line-{place}" for place, (name, _) in enumerate(there, start=1)}
    return figure(figure_.title, figure_.note, chart, legend(names) if len(names) > 1 else "")


def held_out(run: StoredTraining) -> Markup | None:
    """Held-out accuracy, lenient and strict, with intervals and the count of what has no score."""
    found = []
    for place, (name, key) in enumerate((("right answer", "accuracy"), ("and in the right shape", "strict")), start=1):
        points = run.series(f"eval/{key}")
        low, high = run.series(f"eval/{key}_low"), run.series(f"eval/{key}_high")
        band = [(x, bottom, top) for (x, bottom), (_, top) in zip(low, high, strict=True)]
        found.append(Line(name=name, points=points, band=band, kind=f"line-{place}"))
    if not found[0].points:
        return None
    chart = lines(found, x_label="step", y_label="accuracy", written=_percent, from_zero=True, marks=True)
    sizes = sorted({int(size) for _, size in run.series("eval/samples")})
    unscored = int(run.total("eval/unscored"))
    samples = " to ".join(f"{size:,}" for size in {sizes[0]: 0, sizes[-1]: 0}) if sizes else "?"
    note = f"{samples} held-out samples each time, greedy, with 95 % intervals; {unscored:,} responses unscored in all."
    return figure("Held-out accuracy", note, chart, legend({line.name: line.kind for line in found}))


def components(run: StoredTraining) -> Markup | None:
    """The mean score of each component of the reward."""
    names = dict.fromkeys(name for row in run.steps for name in row if name.startswith("component/"))
    shape = Figure(
        title="Reward by component",
        note="Mean score of the rollouts that the component scored, before weights.",
        label="score",
    )
    return drawn(shape, [(name.removeprefix("component/"), run.series(name)) for name in list(names)[:5]])


def groups(run: StoredTraining) -> Markup | None:
    """What became of the sampled groups, in columns of neighbouring steps."""
    rows = [row for row in run.steps if row.get("groups/sampled")]
    if not rows:
        return None
    first, last = int(rows[0]["step"]), int(rows[-1]["step"])
    width = math.ceil((last - first + 1) / MOST_COLUMNS)
    edges = [float(edge) for edge in range(first, last + width + 1, width)]
    layers = []
    for fate, (name, kind) in FATES.items():
        numbers = [0.0] * (len(edges) - 1)
        for row in rows:
            numbers[(int(row["step"]) - first) // width] += row.get(f"groups/{fate}", 0.0)
        if any(numbers):
            layers.append((name, kind, numbers))
    chart = columns(edges, layers, x_label="step", y_label="groups")
    note = "Rollout groups that were sampled. A group whose rewards are all the same teaches nothing."
    return figure("Groups", note, chart, legend({name: kind for name, kind, _ in layers}))


def running_mean(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The mean of each value and those before it, a twentieth of all of them; short series are left as they are."""
    if len(points) < SMOOTHED_FROM:
        return list(points)
    window: deque[float] = deque(maxlen=max(len(points) // 20, 2))
    found = []
    for x, y in points:
        window.append(y)
        found.append((x, sum(window) / len(window)))
    return found


def _percent(value: float) -> str:
    return percent(value, 0)
