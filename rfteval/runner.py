"""The order of things: samples, responses (stored or from a model), scores, journal, report. It alone knows it.

Rescoring stored responses is the same road as a run, from the responses on; merging is the same road from the records
on.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rfteval import controls, registry, sitting
from rfteval.asking import Asked, pending, ready
from rfteval.benchmark import Benchmark, LoadRequest, Profile
from rfteval.control_run import refuse_another
from rfteval.errors import SourceError, UsageError
from rfteval.generation import generate_chunks
from rfteval.models import Model
from rfteval.models.open import ModelChoice, default_model, open_model
from rfteval.plan import Plan
from rfteval.provenance import wanted_verifiers
from rfteval.report.build import Report
from rfteval.rescore import match, read_responses
from rfteval.scoring import chunked
from rfteval.shards import read_parts
from rfteval.sitting import Chunks, Held, Progress, Work
from rfteval.types import Prompt, Record, Sample, Sampling

if TYPE_CHECKING:
    from reward_service.client import RewardClient

_OF_THE_WORK = ("benchmark", "split", "profile", "samples", "samples_sha256", "verifiers", "shard")


def _silent(done: int, total: int | None) -> None:
    pass


def rescore(plan: Plan, responses: str, progress: Progress = _silent) -> Report:
    """Score the stored responses in the file `responses`, or go on with what `plan.out` holds of it.

    Writes journal.jsonl, samples.jsonl, report.json and run.json in `plan.out`. Raises RftevalError and
    RewardServiceError.
    """
    began_s = time.time()
    benchmark, split, profile = _choose(plan)
    with _service(plan) as service:
        stored = read_responses(responses, benchmark.outputs)
        loaded = _load(benchmark, LoadRequest(split=split, data=plan.data))
        samples = _part(plan, loaded)
        matching = match(stored.responses, {sample.id: None for sample in samples}, {sample.id for sample in loaded})

        def chunks(held: Held) -> Chunks:
            return chunked(r for r in matching.responses if (r.sample_id, r.index) not in held)

        work = Work(
            benchmark=benchmark,
            split=split,
            profile=profile,
            samples=samples,
            identity={"responses_sha256": stored.sha256, **_scored_also(plan), **_shard(plan)},
            matching=matching,
            duplicates=stored.duplicates,
            total=len(matching.responses),
            chunks=chunks,
        )
        return sitting.score(plan, work, service, progress, began_s)


def run(
    plan: Plan,
    model: Model | ModelChoice | str | None,
    *,
    prompt: str | None = None,
    sampling: Sampling | None = None,
    control: str | None = None,
    baseline: Mapping[str, object] | None = None,
    progress: Progress = _silent,
) -> Report:
    """Ask `model` every sample, scoring its responses while it goes on, or go on with what `plan.out` holds.

    `model` is one, or names one; None is the embedded one, for questions with pictures. `baseline` are the settings of
    a finished run that this one may differ from by `control` alone.
    Writes journal.jsonl, samples.jsonl, report.json and run.json in `plan.out`. Raises RftevalError and
    RewardServiceError.
    """
    began_s = time.time()
    sampling = sampling or Sampling()
    benchmark, split, profile = _choose(plan)
    prompt, render = registry.prompt_of(benchmark, prompt)
    named = None if model is None else open_model(model, benchmark, split)  # before anything else is waited for
    with _service(plan) as service:
        loaded = _load(benchmark, LoadRequest(split=split, data=plan.data, limit=plan.limit))
        answerer = open_model(default_model(loaded), benchmark, split) if named is None else named
        asked = _ask(_part(plan, loaded), render, control)

        def chunks(held: Held) -> Chunks:
            return generate_chunks(answerer, pending(asked, held, sampling), sampling)

        work = Work(
            benchmark=benchmark,
            split=split,
            profile=profile,
            samples=[each.sample for each in asked],
            identity={
                **answerer.identity,
                "prompt": prompt,
                "sampling": sampling.settings(),
                **({} if control is None else {"control": control}),
                **_scored_also(plan),
                **_shard(plan),
            },
            total=len(asked) * sampling.samples,
            chunks=chunks,
            asked=asked,
        )
        if baseline is not None:
            refuse_another(baseline, json.loads(json.dumps(work.settings({}))))
        return sitting.score(plan, work, service, progress, began_s)


def opened(plan: Plan, model: ModelChoice | None) -> Model | None:
    """The model for several runs of `plan`, so that it is loaded once; None is the embedded one."""
    benchmark, split, _ = _choose(plan)
    return None if model is None else open_model(model, benchmark, split)


def merge(
    folders: Sequence[Path],
    *,
    out: Path,
    data: str | None = None,
    limit: int | None = None,
    fresh: bool = False,
    progress: Progress = _silent,
) -> Report:
    """One run in `out` of the parts in `folders`, each made with a shard; nothing is asked or scored again.

    `data` and `limit` are as the parts were run with. Writes what `run` writes. Raises RftevalError where parts are
    missing, differ, or do not fit the samples that are loaded.
    """
    from reward_service.verifiers import registry as verifiers

    began_s = time.time()
    parts = read_parts(folders)
    plan = Plan(
        benchmark=str(parts.settings["benchmark"]),
        split=str(parts.settings["split"]),
        profile=str(parts.settings["profile"]),
        out=out,
        data=data,
        limit=limit,
        fresh=fresh,
    )
    benchmark, split, profile = _choose(plan)
    samples = _load(benchmark, LoadRequest(split=split, data=plan.data, limit=plan.limit))[: plan.limit]
    asked: list[Asked] = []
    if "prompt" in parts.settings:
        _, render = registry.prompt_of(benchmark, str(parts.settings["prompt"]))
        asked = _ask(samples, render, parts.settings.get("control"))
        samples = [each.sample for each in asked]
    _check_fit(parts.records, samples)
    infos = [verifiers.get(name).info() for name in sorted(wanted_verifiers(samples, profile))]
    for info in infos:
        scored_by = parts.settings["verifiers"].get(info.name)
        if scored_by != info.digest:
            raise UsageError(
                f"the parts were scored by {info.name} {scored_by}, and this installation has {info.digest}; "
                "merge with the version that scored them, or score the merged responses again with `rfteval rescore`"
            )
    work = Work(
        benchmark=benchmark,
        split=split,
        profile=profile,
        samples=samples,
        identity={name: value for name, value in parts.settings.items() if name not in _OF_THE_WORK},
        total=len(parts.records),
        chunks=lambda held: iter(()),
        asked=asked,
    )

    def lacking(held: Held) -> Iterator[list[Record]]:
        yield [record for record in parts.records if (record.sample_id, record.index) not in held]

    return sitting.keep(plan, work, infos, lacking, progress, began_s)


@contextmanager
def _service(plan: Plan) -> Iterator[Callable[[], RewardClient]]:
    """A function that gives the client of the service that `plan` names, or of a private one.

    The private one starts at once, in the background, while samples are read and the model is loaded and asked.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="service") as pool:
        opening = pool.submit(plan.service.connect)
        try:
            yield opening.result
        finally:
            if opening.exception() is None:
                opening.result().close()


def _choose(plan: Plan) -> tuple[Benchmark, str, Profile]:
    benchmark = registry.benchmark(plan.benchmark)
    return benchmark, registry.split_of(benchmark, plan.split), registry.profile_of(benchmark, plan.profile)


def _load(benchmark: Benchmark, request: LoadRequest) -> Sequence[Sample]:
    samples = benchmark.load(request)
    if not samples:
        raise SourceError(f"split {request.split!r} of {benchmark.name} has no samples; check --data")
    counts = Counter(sample.id for sample in samples)
    repeated = [sample_id for sample_id, count in counts.items() if count > 1]
    if repeated:
        raise SourceError(
            f"split {request.split!r} of {benchmark.name} has sample id {repeated[0]!r} more than once; check --data"
        )
    return samples


def _part(plan: Plan, samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples of this run: the first `limit`, and of these the shard's. Raises UsageError where none is left."""
    limited = samples[: plan.limit]
    if plan.shard is None:
        return limited
    part = plan.shard.of(limited)
    if not part:
        raise UsageError(f"--shard {plan.shard} of {len(limited)} samples is empty; use at most {len(limited)} parts")
    return part


def _scored_also(plan: Plan) -> dict[str, object]:
    """What is scored beside the responses as they are: under which budgets, where those were named, by which judge."""
    return {
        **({} if plan.budgets.given is None else {"budgets": list(plan.budgets.given)}),
        **({} if plan.judge is None else {"judge": plan.judge.settings()}),
    }


def _shard(plan: Plan) -> dict[str, object]:
    return {} if plan.shard is None else {"shard": str(plan.shard)}


def _ask(samples: Sequence[Sample], render: Callable[[Sample], Prompt], control: str | None) -> list[Asked]:
    if control is None:
        return ready((sample, render(sample)) for sample in samples)
    return ready(controls.apply(controls.control_of(control), samples, render))


def _check_fit(records: Sequence[Record], samples: Sequence[Sample]) -> None:
    ids = {sample.id for sample in samples}
    strangers = [record.sample_id for record in records if record.sample_id not in ids]
    if strangers:
        raise UsageError(
            f"the parts answer {len(strangers)} samples that are not loaded, such as {strangers[0]!r}; "
            "give the --data and --limit that the parts were run with"
        )
