"""`rfteval run`: ask a model a benchmark's questions and score the responses while it goes on answering."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from rfteval.cli.options import Bench, Credentials, Data, Fresh, Limit, Profile, Rerun, Server, Shard, Split, Timeout
from rfteval.service import DEFAULT_TIMEOUT_S, Service

EXAMPLE = "Example: rfteval run --bench mathvista --split sample --model replay"


def run(
    bench: Bench,
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="replay (packaged responses) or replay:FILE.")
    ] = "replay",
    split: Split = None,
    data: Data = None,
    prompt: Annotated[
        str | None, typer.Option("--prompt", metavar="NAME", help="The prompt; default: the benchmark's own.")
    ] = None,
    profile: Profile = None,
    limit: Limit = None,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 is greedy.")] = 0.0,
    top_p: Annotated[float, typer.Option("--top-p", min=0.0, max=1.0, help="Nucleus sampling.")] = 1.0,
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=1, help="Longest response, in tokens.")] = 2048,
    samples: Annotated[int, typer.Option("--samples", min=1, help="Responses to each prompt.")] = 1,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of the sampling.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Default: runs/BENCH-SPLIT-MODEL-TIME; goes on with its journal."),
    ] = None,
    server: Server = None,
    credentials: Credentials = None,
    timeout_s: Timeout = DEFAULT_TIMEOUT_S,
    control: Annotated[
        str | None,
        typer.Option(
            "--control", metavar="NAME", help="A control run: text-only, blank-image, shuffle-options or circular."
        ),
    ] = None,
    shard: Shard = None,
    rerun: Rerun = None,
    fresh: Fresh = False,
) -> None:
    """Run a benchmark on a model. Killed at any moment, the same command with the same --out goes on."""
    from rfteval import runner
    from rfteval.cli.outcome import show
    from rfteval.cli.progress import progress_bar
    from rfteval.plan import Plan
    from rfteval.shards import parse_shard
    from rfteval.types import Sampling

    out = out or default_directory(bench, split, model)
    plan = Plan(
        benchmark=bench,
        out=out,
        split=split,
        data=data,
        profile=profile,
        limit=limit,
        service=Service(address=server, timeout_s=timeout_s, credentials=credentials),
        fresh=fresh,
        shard=parse_shard(shard),
        rerun=rerun,
    )
    sampling = Sampling(temperature=temperature, top_p=top_p, max_tokens=max_tokens, samples=samples, seed=seed)
    with progress_bar("running") as update:
        report = runner.run(plan, model, prompt=prompt, sampling=sampling, control=control, progress=update)
    show(report, out)


def default_directory(bench: str, split: str | None, model: str) -> Path:
    """A directory named after what is run and when, under runs/."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    parts = (bench, split or "default", model.partition(":")[0], stamp)
    return Path("runs") / "-".join(part.replace("/", "_") for part in parts)
