"""Options that say which model is asked, and the ModelChoice they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rfteval.models.open import ModelChoice

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="A hub id, a folder, embedded, openai:NAME, replay or replay:FILE; default: embedded, for pictures.",
    ),
]
Backend = Annotated[
    str | None,
    typer.Option("--backend", metavar="NAME", help="transformers, vllm, openai, ...: see `rfteval models`."),
]
BaseUrl = Annotated[
    list[str] | None,
    typer.Option(
        "--base-url", metavar="URL", help="A server's address for openai:NAME, up to /v1; repeatable, asked in turn."
    ),
]
ModelOptions = Annotated[
    list[str] | None,
    typer.Option("--model-option", metavar="KEY=VALUE", help="An option of the backend; repeatable: `rfteval models`."),
]


def choice_of(
    model: str | None, backend: str | None, base_url: Sequence[str] | None, model_options: Sequence[str] | None
) -> ModelChoice | None:
    """The model that the options name, or None where they leave it open. Raises UsageError."""
    from rfteval.errors import UsageError
    from rfteval.models.open import ModelChoice

    values: dict[str, str] = {}
    for text in model_options or ():
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--model-option must be KEY=VALUE, got {text!r}")
        if key in values:
            raise UsageError(f"--model-option {key} is given twice; leave one")
        values[key] = value
    if base_url:
        if "base_url" in values:
            raise UsageError("the address is given by --base-url and by --model-option base_url; leave one")
        values["base_url"] = ",".join(base_url)
    if model is None:
        if backend is not None or values:
            raise UsageError("--backend, --base-url and --model-option say how to run a model; name it with --model")
        return None
    return ModelChoice(name=model, backend=backend, options=values)
