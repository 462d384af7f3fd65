"""Options that say how a model generates, and the Sampling they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rfteval.types import Sampling

Temperature = Annotated[float, typer.Option("--temperature", min=0.0, help="0 is greedy.")]
TopP = Annotated[float, typer.Option("--top-p", min=0.0, max=1.0, help="Nucleus sampling.")]
MaxTokens = Annotated[int, typer.Option("--max-tokens", min=1, help="Longest response, in tokens.")]
Samples = Annotated[int, typer.Option("--samples", min=1, help="Responses to each prompt.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of the sampling.")]
TopK = Annotated[int | None, typer.Option("--top-k", min=1, help="Only the K likeliest tokens.")]
MinP = Annotated[
    float | None, typer.Option("--min-p", min=0.0, max=1.0, help="Only tokens at least so likely beside the likeliest.")
]
RepetitionPenalty = Annotated[
    float | None, typer.Option("--repetition-penalty", help="Divides logits of tokens seen before; 1 is none.")
]
Stop = Annotated[
    list[str] | None, typer.Option("--stop", metavar="TEXT", help="End a response before this text; repeatable.")
]
Thinking = Annotated[
    bool | None,
    typer.Option("--thinking/--no-thinking", help="A model's reasoning on or off; default: as its template does."),
]
ThinkingBudget = Annotated[
    int | None, typer.Option("--thinking-budget", min=0, metavar="TOKENS", help="Reasoning after which it answers.")
]


def sampling_of(model: str | None, **values: object) -> Sampling:
    """How `model` is to generate. Raises UsageError for a value that makes no sense."""
    from rfteval.errors import UsageError
    from rfteval.types import Sampling

    if values["samples"] != 1 and values["temperature"] == 0 and not (model or "").startswith("replay"):
        raise UsageError("greedy responses to a prompt are all alike; give --temperature, such as 0.7, or one sample")
    try:
        return Sampling(**values)  # type: ignore[arg-type]
    except ValueError as error:
        raise UsageError(str(error)) from None
