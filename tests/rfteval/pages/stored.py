"""Runs made by hand, stored as a real run stores them, for tests of pages and exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reward_service.types import ScoredItem, ScoreItem, Tier, Verdict, VerifierInfo
from rfteval.asking import SAMPLES_FILE, ready, write_samples
from rfteval.benchmark import Benchmark
from rfteval.journal import Journal
from rfteval.report.build import build_report
from rfteval.report.files import REPORT_FILE, RUN_FILE, report_to_json, write_json
from rfteval.rescore import Matching
from rfteval.types import Record, Response, Sample
from tests.rfteval import small_benchmark


def record(
    sample: Sample,
    text: str,
    *,
    index: int = 0,
    verdict: Verdict | None = None,
    error: str | None = None,
    finish: str = "stop",
    **extras: object,
) -> Record:
    """A response to `sample` with `verdict`, or the one of the small benchmark's scorer; unscored with an `error`."""
    response = Response(
        sample_id=sample.id,
        index=index,
        text=text,
        error=error,
        finish_reason=finish,  # type: ignore[arg-type]
        extras=extras,
    )
    item = ScoreItem(id=f"{sample.id}:{index}", response=text, reference=sample.reference)
    scored = small_benchmark.scored(item)
    if verdict is not None:
        scored = ScoredItem(id=item.id, verdicts=(verdict,), reward=verdict.score, tier=Tier.INLINE, elapsed_us=1)
    return Record(sample_id=sample.id, index=index, response=response, scored=None if error else scored)


def store(
    directory: Path,
    samples: Sequence[Sample],
    records: Sequence[Record],
    *,
    benchmark: Benchmark | None = None,
    asked: bool = True,
    **settings: object,
) -> Path:
    """Write the files of a finished run of `benchmark` (the small one) in `directory`, all but its pages."""
    benchmark = benchmark or small_benchmark.benchmark()
    verifier = VerifierInfo(
        name="exact", version="1", digest=small_benchmark.DIGEST, summary="", parameters_schema="{}"
    )
    all_settings: Mapping[str, object] = {
        "benchmark": benchmark.name,
        "split": benchmark.default_split,
        "profile": benchmark.default_profile,
        "model": "by hand",
        **settings,
    }
    report = build_report(
        benchmark=benchmark,
        profile=benchmark.profiles[benchmark.default_profile],
        settings=all_settings,
        samples=samples,
        records=records,
        verifiers=[verifier],
        matching=Matching(responses=(), unknown=(), missing=()),
        duplicates=(),
    )
    with Journal(directory, all_settings) as journal:
        journal.append(records)
    prompt = benchmark.prompts[benchmark.default_prompt]
    write_samples(
        directory / SAMPLES_FILE, ready((sample, prompt(sample)) for sample in samples) if asked else [], samples
    )
    write_json(directory / REPORT_FILE, report_to_json(report))
    write_json(
        directory / RUN_FILE, {"schema": "rfteval.run/1", "versions": {"rfteval": "0.1.0"}, "began_unix_s": 1.8e9}
    )
    return directory
