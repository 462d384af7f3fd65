"""Options that several commands share, so that they are called and explained alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Bench = Annotated[str, typer.Option("--bench", metavar="NAME", help="The benchmark; see `rfteval benchmarks`.")]
Split = Annotated[str | None, typer.Option("--split", metavar="NAME", help="The split; default: the benchmark's own.")]
Data = Annotated[
    str | None,
    typer.Option("--data", metavar="DIR", help="A local snapshot of the split; default: the package or the hub."),
]
Profile = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="How to score; default: the benchmark's own.")
]
Prompt = Annotated[
    str | None, typer.Option("--prompt", metavar="NAME", help="The prompt; default: the benchmark's own.")
]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", help="Only the first N samples.")]
RunFolder = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Default: runs/BENCH-SPLIT-MODEL-TIME; goes on with its journal."),
]
Control = Annotated[
    str | None,
    typer.Option(
        "--control", metavar="NAME", help="A control run: text-only, blank-image, shuffle-options or circular."
    ),
]
Baseline = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="RUN",
        help="With --control: the same run without it, to be compared with; made first if it is not there.",
    ),
]
Shard = Annotated[
    str | None,
    typer.Option("--shard", metavar="I/N", help="Only part I of N, for several machines; `rfteval merge` joins them."),
]
Engine = Annotated[
    Literal["local", "ray"], typer.Option("--engine", help="ray: spread the run over a Ray cluster, in --parts.")
]
Parts = Annotated[int, typer.Option("--parts", min=1, help="With --engine ray: how many parts to make of the run.")]
GpusPerPart = Annotated[float, typer.Option("--gpus-per-part", min=0.0, help="With --engine ray: GPUs of a part.")]
CpusPerPart = Annotated[
    float, typer.Option("--cpus-per-part", min=0.0, help="With --engine ray: processors of a part.")
]
RayAddress = Annotated[
    str | None,
    typer.Option("--ray-address", metavar="ADDRESS", help="With --engine ray: the cluster; default: this machine."),
]
Rerun = Annotated[
    Literal["failed"] | None,
    typer.Option("--rerun", help="failed: ask again for failed responses, score again what has no score."),
]
Budgets = Annotated[
    str | None,
    typer.Option(
        "--budgets",
        metavar="N,N,...",
        help="Score the same responses cut off after N tokens (or characters), too; auto (default) or none.",
    ),
]
Judge = Annotated[
    str | None,
    typer.Option(
        "--judge",
        metavar="MODEL@URL",
        help="Ask a model at an OpenAI-compatible URL, too; key: RFTEVAL_JUDGE_KEY. Its effect is shown apart.",
    ),
]
JudgeOn = Annotated[
    Literal["unread", "wrong"],
    typer.Option("--judge-on", help="What the judge is asked: responses without an answer read, or all not right."),
]
Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="ADDRESS",
        help="A reward service, HOST:PORT or unix:PATH, or several with commas; default: a private one.",
    ),
]
Credentials = Annotated[
    str | None,
    typer.Option(
        "--credentials",
        metavar="FILE",
        help="TOML with tls, authority, certificate, key, token_file for --server.",
    ),
]
Timeout = Annotated[
    float,
    typer.Option("--timeout-s", metavar="S", min=1.0, help="Longest wait for the service to settle one batch."),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Move a journal in --out aside and start over.")]
Verifier = Annotated[str, typer.Option("--verifier", metavar="NAME", help="auto, or see `rfteval verifiers`.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--param", metavar="KEY=VALUE", help="A parameter of the verifier; repeatable.")
]
