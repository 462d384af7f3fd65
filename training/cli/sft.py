"""`rfteval sft`: supervised training from a configuration, resumable."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from rfteval.errors import UsageError

EXAMPLE = "Example: rfteval sft training/configs/embedded-1-reading.yaml --set optimizer.steps=500"


def sft(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML file; see docs/sft.md.")],
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a setting of the file; repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder of the run.")] = None,
) -> None:
    """Train on prompts with responses. A folder that exists is gone on with from its last saved state."""
    try:
        from training.sft import run
    except ImportError as error:
        raise UsageError(f"training needs more packages ({error.name}): pip install 'rfteval[train]'") from None
    from training.config import load
    from training.sft_config import SftConfig

    settings = load(config, [*(changes or []), *([f"out={out}"] if out is not None else [])], SftConfig)
    folder = run(settings, _say)
    typer.echo(f"The model is in {folder}; measure it with: rfteval run --bench synthetic --model {folder}")


def _say(line: Mapping[str, object]) -> None:
    typer.echo("  ".join(f"{name} {value}" for name, value in line.items()))
