"""`rfteval rescore`: stored responses of a benchmark → journal, report, table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rfteval.cli.options import (
    Bench,
    Budgets,
    Credentials,
    Data,
    Fresh,
    Judge,
    JudgeOn,
    Limit,
    Profile,
    Rerun,
    Server,
    Shard,
    Split,
    Timeout,
)
from rfteval.service import DEFAULT_TIMEOUT_S, Service

EXAMPLE = (
    "Example: rfteval rescore --bench mathvista --data DIR --responses outputs.jsonl "
    "--profile official-extraction --out runs/x"
)


def rescore(
    bench: Bench,
    responses: Annotated[
        str, typer.Option("--responses", metavar="FILE", help="JSONL of stored responses, or a journal of ours.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where to write; goes on with a journal that is there.")
    ],
    data: Data = None,
    split: Split = None,
    profile: Profile = None,
    limit: Limit = None,
    server: Server = None,
    credentials: Credentials = None,
    timeout_s: Timeout = DEFAULT_TIMEOUT_S,
    shard: Shard = None,
    rerun: Rerun = None,
    budgets: Budgets = None,
    judge: Judge = None,
    judge_on: JudgeOn = "unread",
    fresh: Fresh = False,
) -> None:
    """Score stored responses again, without the model. Killed at any moment, the same command goes on."""
    from rfteval import runner
    from rfteval.budgets import parse_budgets
    from rfteval.cli.outcome import show
    from rfteval.cli.progress import progress_bar
    from rfteval.judging import parse_judge
    from rfteval.plan import Plan
    from rfteval.shards import parse_shard

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
        budgets=parse_budgets(budgets),
        judge=parse_judge(judge, judge_on),
    )
    with progress_bar("rescoring") as update:
        report = runner.rescore(plan, responses, update)
    show(report, out)
