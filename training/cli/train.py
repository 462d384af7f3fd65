"""`rfteval train`: improve a model with rewards from the verifiers that `rfteval run` reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: rfteval train examples/train/embedded.yaml --set steps=20"


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.yaml", help="What to train, on what, with which reward.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change a setting, such as optimizer.lr=5e-5. Repeatable."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Move what the folder holds aside and start over.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything on one batch; change nothing.")] = False,
    explain_step: Annotated[
        bool, typer.Option("--explain-step", help="Print one step's arithmetic, from rewards to loss.")
    ] = False,
) -> None:
    """Train a model. Killed at any moment, the same command goes on from its last checkpoint.

    A run's folder holds metrics.jsonl, rollouts.jsonl, evaluations, checkpoints, the best model and the last.
    """
    from accelerate import PartialState

    from training import config as configuration
    from training.explain import check, explain
    from training.train import train as run

    settings = configuration.load(config, overrides or ())
    if dry_run:
        typer.echo(check(settings))
        return
    if explain_step:
        typer.echo(explain(settings))
        return
    ending = run(settings, fresh=fresh)
    if not PartialState().is_main_process:
        return
    typer.echo(f"ended after {ending.steps} steps: {ending.reason}")
    if ending.first is not None and ending.last is not None and ending.best is not None:
        for name, measured in (("first", ending.first), ("best", ending.best), ("last", ending.last)):
            low, high = measured.interval
            strict_low, strict_high = measured.strict_interval
            typer.echo(
                f"{name:5} step {measured.step}: accuracy {measured.accuracy:.1%} [{low:.1%}, {high:.1%}], "
                f"strict {measured.strict:.1%} [{strict_low:.1%}, {strict_high:.1%}], "
                f"{measured.samples} samples, {measured.unscored} unscored"
            )
    typer.echo(f"model: {Path(settings.out) / 'model'}")
