"""Samples + records → Report. Pure: equal records give an equal report, in whatever order and sittings they were made.

Times, tiers and paths are left out for that reason; run.json has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reward_service.types import VerifierInfo
from rfteval.anatomy import Anatomy, anatomise, anatomy, warnings
from rfteval.benchmark import Benchmark, Metric, Profile
from rfteval.budgets import Curve, chosen, curve
from rfteval.metrics import Item, Tally, by_tag, clusters_of, count_statuses, item_of, lacking, tally
from rfteval.precision import Precision, precision
from rfteval.report.agreement import Agreement, compare_with_official
from rfteval.rescore import Matching
from rfteval.second_opinion import SecondOpinion, second_opinion
from rfteval.types import Record, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run found. `unscored_items` are all items without a score; `intake` lists what did not fit together.

    `metrics` are the benchmark's own, which it is known by where it has any.
    """

    benchmark: str
    split: str
    profile: str
    settings: Mapping[str, object]
    verifiers: tuple[VerifierInfo, ...]
    samples: int
    overall: Tally
    anatomy: Anatomy
    precision: Precision
    budgets: Curve | None
    judge: SecondOpinion | None
    warnings: tuple[str, ...]
    statuses: Mapping[str, int]
    breakdowns: Mapping[str, Mapping[str, Tally]]
    unscored_items: tuple[Item, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    duplicates: tuple[str, ...]
    agreement: Agreement | None
    metrics: tuple[Metric, ...] = ()


def build_report(
    *,
    benchmark: Benchmark,
    profile: Profile,
    settings: Mapping[str, object],
    samples: Sequence[Sample],
    records: Iterable[Record],
    verifiers: Iterable[VerifierInfo],
    matching: Matching,
    duplicates: Sequence[str],
) -> Report:
    """Aggregate `records` over `samples`, each of which counts, with or without a record."""
    by_id = {sample.id: sample for sample in samples}
    of_sample: dict[str, list[Record]] = {sample.id: [] for sample in samples}
    for record in records:
        of_sample[record.sample_id].append(record)
    ordered: list[Record] = []
    found: list[tuple[Item, Record | None]] = []
    for sample in samples:
        mine = sorted(of_sample[sample.id], key=lambda record: record.index)
        ordered.extend(mine)
        found.extend([(item_of(record, profile.missing_text), record) for record in mine] or [(lacking(sample), None)])
    items = [item for item, _ in found]
    clusters = clusters_of(samples, benchmark.cluster_key)
    parts = anatomy([anatomise(item, record, by_id[item.sample_id]) for item, record in found])
    used = {verdict.verifier for record in ordered if record.scored for verdict in record.scored.verdicts}
    return Report(
        benchmark=benchmark.name,
        split=str(settings["split"]),
        profile=profile.name,
        settings=settings,
        verifiers=tuple(info for info in verifiers if info.name in used),
        samples=len(samples),
        overall=tally(items, clusters),
        anatomy=parts,
        precision=precision(items, by_id, clusters, benchmark.cluster_key),
        budgets=curve(found, clusters, None if "budgets" in settings else chosen(by_id)),
        judge=second_opinion(found, clusters, settings.get("judge")),
        warnings=warnings(parts),
        statuses=count_statuses(items),
        breakdowns={key: by_tag(items, by_id, key, clusters) for key in benchmark.breakdowns},
        unscored_items=tuple(item for item in items if item.score is None),
        missing=matching.missing,
        unknown=matching.unknown,
        duplicates=tuple(duplicates),
        agreement=compare_with_official(ordered, items, benchmark.outputs.verdict),
        metrics=() if benchmark.headline is None else benchmark.headline(items, by_id),
    )
