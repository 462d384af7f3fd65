"""`rfteval models`: the ways to run a model, which of them are installed, and the options each takes."""

from __future__ import annotations

import json

import typer

from rfteval.cli.listings import AsJson

EXAMPLE = "Example: rfteval models"


def models(as_json: AsJson = False) -> None:
    """List the backends: what is installed, what is missing and how to install it, and their options."""
    from rfteval.models.open import backends

    found = backends().values()
    if as_json:
        rows = [
            {
                "name": backend.name,
                "summary": backend.summary,
                "installed": not backend.lacking(),
                "versions": backend.versions(),
                "lacking": list(backend.lacking()),
                "install": backend.install,
                "options": {option.name: option.help for option in backend.options},
            }
            for backend in found
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    for backend in found:
        lacking = backend.lacking()
        typer.echo(
            f"{backend.name}  {backend.summary}\n    {'not installed' if lacking else 'ready'}: {backend.found()}"
        )
        if lacking:
            typer.echo(f"    install: {backend.install}")
        typer.echo(f"    named --model {backend.name}:NAME, where NAME is {backend.names}")
        width = max((len(option.name) for option in backend.options), default=0)
        for option in backend.options:
            typer.echo(f"    --model-option {option.name:<{width}} {option.help}")
    typer.echo("embedded, embedded:base  the small models that come with rfteval; for transformers and vllm")
