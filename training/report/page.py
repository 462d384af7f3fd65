"""The page of a training run: what it came to, reward, policy, lengths, groups, time, rollouts token by token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from rfteval.pages.page import render, render_page
from rfteval.pages.panels.facts import flat_rows
from rfteval.pages.panels.lengths import grid
from rfteval.pages.panels.panel import Panel
from rfteval.pages.svg import element
from rfteval.pages.wording import count, percent
from rfteval.whole_file import write_whole
from training.report import phases
from training.report.figures import LEARNING, LENGTHS, POLICY, Figure, components, groups, held_out
from training.report.rollouts import BLOCK, Shown, shown
from training.report.stored import StoredTraining, read_training
from training.run_files import REPORT

SCRIPTS = ("dom.js", "rollouts.js")
STYLES = ("base.css", "rollouts.css")


def write_page(directory: Path, out: Path | None = None) -> Path:
    """Write the page of the run in `directory`, to `out` or into the run; where it is.

    Raises UsageError, InputFileError and OutputError.
    """
    path = out or directory / REPORT
    write_whole(path, training_page(read_training(directory)))
    return path


def training_page(run: StoredTraining) -> str:
    """The whole page."""
    stored = shown(run)
    made = (
        _overview(run),
        _charts(
            "learning", "Reward and accuracy", [held_out(run), *(each.draw(run) for each in LEARNING), components(run)]
        ),
        _charts("signal", "Groups and lengths", [groups(run), *_moving(run, LENGTHS)], _still(run, LENGTHS)),
        _charts("policy", "Policy", _moving(run, POLICY), _still(run, POLICY)),
        _charts("time", "Time", [phases.totals(run), phases.by_step(run)]),
        _rollouts(stored),
        _facts(run),
    )
    name = run.directory.resolve().name
    model = Path(str(run.facts.get("model", ""))).name
    head = {"benchmark": name, "split": "training run", "pairs": list(_pairs(run, model))}
    footer = "Made by rfteval from the files of the run; it fetches nothing."
    body = render("run.html", head=head, panels=[panel for panel in made if panel is not None], footer=footer)
    return render_page(
        title=f"{name}: training {model}",
        body=body,
        blocks={BLOCK: stored.groups},
        scripts=SCRIPTS,
        styles=STYLES,
    )


def _pairs(run: StoredTraining, model: str) -> Iterator[tuple[str, str]]:
    settings = run.facts.get("settings", {})
    done = int(run.steps[-1]["step"]) if run.steps else 0
    yield "model", model or "unknown"
    if "algorithm" in settings:
        yield "algorithm", str(settings["algorithm"])
    yield "steps", f"{done:,} of {settings['steps']:,}" if isinstance(settings.get("steps"), int) else f"{done:,}"
    if isinstance(run.facts.get("trained_parameters"), int):
        yield "trained parameters", f"{run.facts['trained_parameters']:,}"


def _overview(run: StoredTraining) -> Panel:
    tiles = [
        element("div", element("dt", name), element("dd", value, element("small", note)))
        for name, value, note in _tiles(run)
    ]
    parts = [element("dl", *tiles, class_="tiles")]
    if run.events:
        said = [element("li", f"step {each.step}: {each.kind}: {each.said}") for each in run.events]
        parts.append(element("ul", *said, class_="warnings", aria_label="Events"))
    return Panel(id="overview", title="What it came to", body=element("div", *parts, class_="panel"))


def _tiles(run: StoredTraining) -> Iterator[tuple[str, str, str]]:
    evaluated = [row for row in run.steps if "eval/accuracy" in row]
    if evaluated:
        best = max(evaluated, key=lambda row: row["eval/accuracy"])
        for name, row in (("first", evaluated[0]), ("best", best), ("last", evaluated[-1])):
            low, high = row.get("eval/accuracy_low"), row.get("eval/accuracy_high")
            note = f"step {row['step']:.0f}, 95 % interval {percent(low)} to {percent(high)}; strict "
            note += f"{percent(row.get('eval/strict'))}; {row.get('eval/unscored', 0):.0f} unscored"
            yield f"held-out accuracy, {name}", percent(row["eval/accuracy"]), note
    rollouts, unscored = run.total("rollouts"), run.total("rollouts/unscored")
    yield "rollouts", count(rollouts), f"{count(unscored)} unscored; {count(run.total('rollouts/tokens'))} tokens"
    sampled, kept = run.total("groups/sampled"), run.total("groups/kept")
    if sampled:
        yield "groups with a signal", percent(kept / sampled), f"{count(kept)} of {count(sampled)}"
    wasted, useful = run.total("batch/positions"), run.total("batch/trained_tokens")
    if useful:
        yield "trained tokens", count(useful), f"in {count(wasted)} computed positions, prompts and padding included"


def _charts(id: str, title: str, figures: Iterable[Markup | None], lead: str = "") -> Panel | None:
    found = [each for each in figures if each is not None]
    return Panel(id=id, title=title, lead=lead, body=grid(found)) if found or lead else None


def _moving(run: StoredTraining, figures: Iterable[Figure]) -> list[Markup | None]:
    return [each.draw(run) for each in figures if each.still(run) is None]


def _still(run: StoredTraining, figures: Iterable[Figure]) -> str:
    said = [words for each in figures if (words := each.still(run)) is not None]
    return f"The same at every step: {'; '.join(said)}." if said else ""


def _rollouts(stored: Shown) -> Panel:
    lead = "Each token is coloured by its advantage: blue was made likelier, orange less likely."
    if not stored.groups:
        lead = "No rollouts were stored; tracking.rollouts_every says how often they are."
    if stored.left_out:
        lead += f" {count(stored.left_out)} stored groups did not fit on this page; rollouts.jsonl has them."
    mount = element("div", id="rollouts-mount")
    return Panel(id="samples", title="Rollouts", lead=lead, body=mount + render("rollouts.html"))


def _facts(run: StoredTraining) -> Panel:
    facts: Mapping[str, Any] = run.facts
    rows = {
        "Settings": flat_rows(facts.get("settings", {})),
        "Verifiers": [(name, f"digest {digest}") for name, digest in facts.get("digests", {}).items()],
        "Model": flat_rows(
            {name: facts[name] for name in ("model", "parameters", "trained_parameters") if name in facts}
        ),
    }
    body = render("facts.html", groups=[{"name": name, "rows": each} for name, each in rows.items() if each])
    return Panel(id="facts", title="Facts", lead="What the run was made with.", body=body)
