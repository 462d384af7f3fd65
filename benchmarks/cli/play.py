"""`rfteval play`: games of iVISPAR, a turn at a time, then their report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rfteval.cli import model_choice, options, sampling
from rfteval.service import DEFAULT_TIMEOUT_S, Service

EXAMPLE = "Example: rfteval play --model openai:NAME --base-url URL --data iVISPAR --out runs/ivispar"


def play(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where to write; goes on with games that are there.")
    ],
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="A hub id, a folder or openai:NAME: see `rfteval models`.")
    ],
    data: Annotated[str, typer.Option("--data", metavar="DIR", help="A clone of the authors' repository.")],
    backend: model_choice.Backend = None,
    base_url: model_choice.BaseUrl = None,
    model_option: model_choice.ModelOptions = None,
    limit: options.Limit = None,
    steps: Annotated[int, typer.Option("--steps", metavar="N", min=1, help="Commands of a game.")] = 20,
    history: Annotated[int, typer.Option("--history", metavar="N", min=0, help="Earlier turns that are shown.")] = 2,
    temperature: sampling.Temperature = 0.5,
    top_p: sampling.TopP = 1.0,
    max_tokens: sampling.MaxTokens = 500,
    seed: sampling.Seed = None,
    thinking: sampling.Thinking = None,
    server: options.Server = None,
    timeout_s: options.Timeout = DEFAULT_TIMEOUT_S,
) -> None:
    """Play iVISPAR's puzzles as its authors do. Killed at any moment, the same command plays the games that lack."""
    from benchmarks.ivispar_games import played
    from rfteval import runner
    from rfteval.cli.outcome import show
    from rfteval.plan import Plan

    chosen = model_choice.choice_of(model, backend, base_url, model_option)
    wanted = sampling.sampling_of(
        model, temperature=temperature, top_p=top_p, max_tokens=max_tokens, samples=1, seed=seed, thinking=thinking
    )
    plan = Plan(
        benchmark="ivispar",
        out=out,
        data=data,
        profile="official",
        limit=limit,
        service=Service(address=server, timeout_s=timeout_s),
        fresh=(out / "journal.jsonl").exists(),  # of fewer games; scoring them all again takes no time
    )
    games = played(runner.opened(plan, chosen), plan, wanted, steps=steps, history=history, say=typer.echo)
    show(runner.rescore(plan, str(games)), out)
