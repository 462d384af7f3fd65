"""`rfteval run`: ask a model a benchmark's questions and score the responses while it goes on answering."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfteval.cli import model_choice, options, sampling
from rfteval.service import DEFAULT_TIMEOUT_S, Service

if TYPE_CHECKING:
    from rfteval.cluster import Spread
    from rfteval.plan import Plan
    from rfteval.report.build import Report

EXAMPLE = "Example: rfteval run --bench mathvista --split sample --model embedded"


def run(
    bench: options.Bench,
    model: model_choice.Model = None,
    backend: model_choice.Backend = None,
    base_url: model_choice.BaseUrl = None,
    model_option: model_choice.ModelOptions = None,
    split: options.Split = None,
    data: options.Data = None,
    prompt: options.Prompt = None,
    profile: options.Profile = None,
    limit: options.Limit = None,
    temperature: sampling.Temperature = 0.0,
    top_p: sampling.TopP = 1.0,
    max_tokens: sampling.MaxTokens = 2048,
    samples: sampling.Samples = 1,
    seed: sampling.Seed = None,
    top_k: sampling.TopK = None,
    min_p: sampling.MinP = None,
    repetition_penalty: sampling.RepetitionPenalty = None,
    stop: sampling.Stop = None,
    thinking: sampling.Thinking = None,
    thinking_budget: sampling.ThinkingBudget = None,
    out: options.RunFolder = None,
    server: options.Server = None,
    credentials: options.Credentials = None,
    timeout_s: options.Timeout = DEFAULT_TIMEOUT_S,
    control: options.Control = None,
    baseline: options.Baseline = None,
    shard: options.Shard = None,
    engine: options.Engine = "local",
    parts: options.Parts = 1,
    gpus_per_part: options.GpusPerPart = 0.0,
    cpus_per_part: options.CpusPerPart = 1.0,
    ray_address: options.RayAddress = None,
    rerun: options.Rerun = None,
    budgets: options.Budgets = None,
    judge: options.Judge = None,
    judge_on: options.JudgeOn = "unread",
    fresh: options.Fresh = False,
) -> None:
    """Run a benchmark on a model. Killed at any moment, the same command with the same --out goes on."""
    from rfteval.budgets import parse_budgets
    from rfteval.cluster import Spread
    from rfteval.judging import parse_judge
    from rfteval.plan import Plan
    from rfteval.shards import parse_shard

    chosen = model_choice.choice_of(model, backend, base_url, model_option)
    plan = Plan(
        benchmark=bench,
        out=out or default_directory(bench, split, model, control),
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
    wanted = sampling.sampling_of(
        model,
        temperature=temperature,
        top_p=top_p,
        max_tokens=max_tokens,
        samples=samples,
        seed=seed,
        top_k=top_k,
        min_p=min_p,
        repetition_penalty=repetition_penalty,
        stop=tuple(stop or ()),
        thinking=thinking,
        thinking_budget=thinking_budget,
    )
    spread = Spread(parts=parts, gpus=gpus_per_part, cpus=cpus_per_part, address=ray_address)
    asking = {"model": chosen, "prompt": prompt, "sampling": wanted}
    _perform(plan, spread if engine == "ray" else None, asking, control, baseline)


def _perform(
    plan: Plan, spread: Spread | None, asking: Mapping[str, Any], control: str | None, baseline: Path | None
) -> None:
    """Run, and print the report; where a baseline is named, run that too if need be, and print the difference."""
    from rfteval import runner
    from rfteval.cli.outcome import show

    if baseline is None:
        show(_carry_out(plan, spread, {**asking, "control": control}), plan.out)
        return
    from rfteval.control_run import run_against
    from rfteval.report.comparison import print_comparison

    if spread is None:
        asking = {**asking, "model": runner.opened(plan, asking["model"])}  # loaded once for both

    def carry_out(planned: Plan, control: str | None, like: Mapping[str, object] | None) -> Report:
        return _carry_out(planned, spread, {**asking, "control": control, "baseline": like})

    report, compared = run_against(plan, control, baseline, carry_out)
    try:
        show(report, plan.out)
    finally:
        print_comparison(compared, 0)


def _carry_out(plan: Plan, spread: Spread | None, asking: Mapping[str, Any]) -> Report:
    """Run here, or spread over a cluster."""
    from rfteval import cluster, runner
    from rfteval.cli.progress import progress_bar

    with progress_bar("running") as update:
        if spread is None:
            return runner.run(plan, **asking, progress=update)
        return cluster.run(plan, spread, asking, update)


def default_directory(bench: str, split: str | None, model: str | None, control: str | None = None) -> Path:
    """A directory named after what is run and when, under runs/."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    kind, _, name = (model or "embedded").partition(":")
    short = kind if kind == "replay" or not name else name
    parts = (bench, split or "default", short.rstrip("/").rpartition("/")[2] or short, control, stamp)
    return Path("runs") / "-".join(part.replace("/", "_") for part in parts if part)
