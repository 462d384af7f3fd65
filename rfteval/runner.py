"""The order of things: samples, responses (stored or from a model), scores, journal, report. It alone knows it.

Rescoring stored responses is the same road as a run, from the responses on.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rfteval import registry
from rfteval.benchmark import Benchmark, LoadRequest, Profile
from rfteval.errors import SourceError, UsageError, unknown_name
from rfteval.generation import generate_chunks
from rfteval.journal import Journal, set_aside
from rfteval.metrics import first_verdict
from rfteval.models import Model
from rfteval.models.replay import ReplayModel
from rfteval.provenance import code_commit, samples_digest, versions, wanted_verifiers
from rfteval.report.build import Report, build_report
from rfteval.report.files import REPORT_FILE, RUN_FILE, report_to_json, write_json
from rfteval.rescore import Matching, match, read_responses
from rfteval.scoring import chunked, score_chunks
from rfteval.service import Service
from rfteval.types import Record, Response, Sample, Sampling

if TYPE_CHECKING:
    from reward_service.client import RewardClient

Chunks = Iterator[list[Response]]
Progress = Callable[[int, int], None]  # (responses settled so far, responses in all)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do: which samples, how to score them, where to write, which service. None means the default."""

    benchmark: str
    out: Path
    split: str | None = None
    data: str | None = None
    profile: str | None = None
    limit: int | None = None
    service: Service = field(default_factory=Service)
    fresh: bool = False

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"--limit must be at least 1, got {self.limit}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What there is to score: samples, and the responses to them that a journal does not yet hold.

    `identity` is what decides the responses; it becomes part of the journal's settings.
    """

    benchmark: Benchmark
    split: str
    profile: Profile
    samples: Sequence[Sample]
    identity: Mapping[str, object]
    matching: Matching
    duplicates: tuple[str, ...]
    total: int
    chunks: Callable[[Mapping[tuple[str, int], Record]], Chunks]


def rescore(plan: Plan, responses: str, progress: Progress = lambda done, total: None) -> Report:
    """Score the stored responses in the file `responses`, or go on with what `plan.out` holds of it.

    Writes journal.jsonl, report.json and run.json in `plan.out`. Raises RftevalError and RewardServiceError.
    """
    began_s = time.time()
    benchmark, split, profile = _choose(plan)
    with _service(plan) as service:
        stored = read_responses(responses, benchmark.outputs)
        loaded = _load(benchmark, LoadRequest(split=split, data=plan.data))
        samples = loaded[: plan.limit]
        matching = match(stored.responses, {sample.id: None for sample in samples}, {sample.id for sample in loaded})

        def chunks(held: Mapping[tuple[str, int], Record]) -> Chunks:
            return chunked(r for r in matching.responses if (r.sample_id, r.index) not in held)

        work = _Work(
            benchmark=benchmark,
            split=split,
            profile=profile,
            samples=samples,
            identity={"responses_sha256": stored.sha256},
            matching=matching,
            duplicates=stored.duplicates,
            total=len(matching.responses),
            chunks=chunks,
        )
        return _score(plan, work, service(), progress, began_s)


def run(
    plan: Plan,
    model: str,
    *,
    prompt: str | None = None,
    sampling: Sampling | None = None,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Ask `model` every sample, scoring its responses while it goes on, or go on with what `plan.out` holds.

    Writes journal.jsonl, report.json and run.json in `plan.out`. Raises RftevalError and RewardServiceError.
    """
    began_s = time.time()
    sampling = sampling or Sampling()
    benchmark, split, profile = _choose(plan)
    prompt, render = registry.prompt_of(benchmark, prompt)
    answerer = open_model(model, benchmark, split)
    with _service(plan) as service:
        samples = _load(benchmark, LoadRequest(split=split, data=plan.data, limit=plan.limit))[: plan.limit]

        def chunks(held: Mapping[tuple[str, int], Record]) -> Chunks:
            left = [s for s in samples if any((s.id, index) not in held for index in range(sampling.samples))]
            for chunk in generate_chunks(answerer, [render(sample) for sample in left], sampling):
                yield [response for response in chunk if (response.sample_id, response.index) not in held]

        work = _Work(
            benchmark=benchmark,
            split=split,
            profile=profile,
            samples=samples,
            identity={
                **answerer.identity,
                "prompt": prompt,
                "sampling": {name: getattr(sampling, name) for name in Sampling.__slots__},
            },
            matching=Matching(responses=(), unknown=(), missing=()),
            duplicates=(),
            total=len(samples) * sampling.samples,
            chunks=chunks,
        )
        return _score(plan, work, service(), progress, began_s)


def open_model(name: str, benchmark: Benchmark, split: str) -> Model:
    """The model called `name`: "replay" (the recording packaged with the split) or "replay:FILE"."""
    kind, _, path = name.partition(":")
    if kind != "replay":
        raise unknown_name("model", name, ["replay", "replay:FILE"])
    path = path or benchmark.recorded.get(split, "")
    if not path:
        raise UsageError(
            f"no recorded responses are packaged with split {split!r} of {benchmark.name}; "
            f"name a file as --model replay:FILE"
            + (f", or use --split {' or '.join(sorted(benchmark.recorded))}" if benchmark.recorded else "")
        )
    return ReplayModel(read_responses(path, benchmark.outputs))


@contextmanager
def _service(plan: Plan) -> Iterator[Callable[[], RewardClient]]:
    """A function that gives the client of the service that `plan` names, or of a private one.

    The private one starts at once, in the background, while samples and responses are read.
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


def _score(plan: Plan, work: _Work, client: RewardClient, progress: Progress, began_s: float) -> Report:
    verifiers = plan.service.verifiers(client, wanted_verifiers(work.samples, work.profile))
    digests = {info.name: info.digest for info in verifiers}
    settings: dict[str, object] = {
        "benchmark": work.benchmark.name,
        "split": work.split,
        "profile": work.profile.name,
        "samples": len(work.samples),
        "samples_sha256": samples_digest(work.samples, work.profile),
        **work.identity,
        "verifiers": digests,
    }
    moved = set_aside(plan.out) if plan.fresh else None
    with Journal(plan.out, settings) as journal:
        records = dict(journal.records)
        resumed = len(records)
        progress(resumed, work.total)
        scored = score_chunks(
            work.chunks(journal.records),
            samples={sample.id: sample for sample in work.samples},
            profile=work.profile,
            scorer=client,
            digests=digests,
        )
        with closing(scored):
            for chunk in scored:
                journal.append(chunk)
                records.update({(record.sample_id, record.index): record for record in chunk})
                progress(len(records), work.total)
        report = build_report(
            benchmark=work.benchmark,
            profile=work.profile,
            settings=settings,
            samples=work.samples,
            records=records.values(),
            verifiers=verifiers,
            matching=work.matching,
            duplicates=work.duplicates,
        )
        write_json(plan.out / REPORT_FILE, report_to_json(report))
        write_json(plan.out / RUN_FILE, _facts(plan, settings, records.values(), resumed, moved, began_s))
    return report


def _facts(
    plan: Plan,
    settings: Mapping[str, object],
    records: Iterable[Record],
    resumed: int,
    moved: Path | None,
    began_s: float,
) -> dict[str, object]:
    """What belongs to this sitting rather than to the result: times, versions, where the verdicts were settled."""
    tiers: Counter[str] = Counter()
    elapsed_us = 0
    for record in records:
        if record.scored is not None and first_verdict(record) is not None:
            tiers[record.scored.tier.name] += 1
            elapsed_us += record.scored.elapsed_us
    return {
        "schema": "rfteval.run/1",
        "settings": dict(settings),
        "data": plan.data,
        "server": plan.service.address or "embedded",
        "versions": versions(),
        "commit": code_commit(),
        "began_unix_s": began_s,
        "wall_s": time.time() - began_s,
        "resumed_records": resumed,
        "journal_set_aside": None if moved is None else moved.name,
        "tiers": dict(sorted(tiers.items())),
        "verifier_elapsed_us": elapsed_us,
    }
