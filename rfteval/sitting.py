"""One sitting of a run: open its journal, score what the journal lacks, write the report. Where it is killed, the next
sitting goes on.

`runner` decides what there is to do; this does it, and it is the same for responses of a model and for stored ones.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rfteval.asking import SAMPLES_FILE, Asked, write_samples
from rfteval.benchmark import Benchmark, Profile
from rfteval.journal import Journal, set_aside
from rfteval.metrics import first_verdict
from rfteval.plan import Plan
from rfteval.provenance import code_commit, samples_digest, versions, wanted_verifiers
from rfteval.report.build import Report, build_report
from rfteval.report.files import COMPARISON_FILE, REPORT_FILE, RUN_FILE, report_to_json, write_json
from rfteval.rescore import Matching
from rfteval.scoring import chunked, score_chunks
from rfteval.types import Image, ImagePart, Record, Response, Sample

if TYPE_CHECKING:
    from reward_service.client import RewardClient
    from reward_service.types import ScoredItem, ScoreItem, VerifierInfo

Chunks = Iterator[list[Response]]
Held = Mapping[tuple[str, int], Record]  # what a journal has, by sample id and index of the response
Progress = Callable[[int, int | None], None]  # (responses settled so far, responses in all where that is known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What there is to score: samples, and the responses to them that a journal does not yet hold.

    `identity` is what decides the responses; it becomes part of the journal's settings. `asked` are the prompts of a
    run, empty for stored responses. `chunks` gives the responses that are not held.
    """

    benchmark: Benchmark
    split: str
    profile: Profile
    samples: Sequence[Sample]
    identity: Mapping[str, object]
    total: int
    chunks: Callable[[Held], Chunks]
    asked: Sequence[Asked] = ()
    matching: Matching = field(default_factory=lambda: Matching(responses=(), unknown=(), missing=()))
    duplicates: tuple[str, ...] = ()

    def settings(self, digests: Mapping[str, str]) -> dict[str, object]:
        """What a journal's records belong to; a journal of other settings is refused."""
        return {
            "benchmark": self.benchmark.name,
            "split": self.split,
            "profile": self.profile.name,
            "samples": len(self.samples),
            "samples_sha256": samples_digest(self.samples, self.profile),
            **self.identity,
            "verifiers": dict(digests),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """The service as a scorer. What is to be scored waits for its start; what has to be generated before does not."""

    client: Callable[[], RewardClient]

    def score(self, items: Sequence[ScoreItem]) -> list[ScoredItem]:
        """See Scorer.score."""
        return self.client().score(items)


def score(plan: Plan, work: Work, client: Callable[[], RewardClient], progress: Progress, began_s: float) -> Report:
    """Score what the journal in `plan.out` lacks and write the report. `client` waits for the service's start."""
    verifiers = plan.service.verifiers(client, wanted_verifiers(work.samples, work.profile))
    digests = {info.name: info.digest for info in verifiers}
    prompts = {each.sample.id: each.sha256 for each in work.asked}
    samples = {sample.id: sample for sample in work.samples}

    def responses(held: Held) -> Iterator[list[Record]]:
        """The records that `held` lacks; what was answered but not scored is scored again without being asked."""
        again = [record for record in held.values() if plan.rerun == "failed" and failed(record)]
        answered = [record for record in again if record.response.error is None]
        unanswered = {(record.sample_id, record.index) for record in again if record.response.error is not None}
        kept = {key: record for key, record in held.items() if key not in unanswered}
        scored = score_chunks(
            chain(chunked(record.response for record in answered), work.chunks(kept)),
            samples=samples,
            profile=work.profile,
            scorer=_Service(client=client),
            digests=digests,
            budgets=plan.budgets.among(sample.id for sample in work.samples),
        )
        with ExitStack() as stack:
            stack.enter_context(closing(scored))
            chunks: Iterable[list[Record]] = scored
            if plan.judge is not None:
                from rfteval.judging import Judge

                chunks = stack.enter_context(Judge(plan.judge, plan.out)).judged(scored, samples)
            for chunk in chunks:
                yield [dataclasses.replace(record, prompt_sha256=prompts.get(record.sample_id, "")) for record in chunk]

    return keep(plan, work, verifiers, responses, progress, began_s)


def keep(
    plan: Plan,
    work: Work,
    verifiers: Sequence[VerifierInfo],
    produce: Callable[[Held], Iterable[list[Record]]],
    progress: Progress,
    began_s: float,
) -> Report:
    """Append to the journal in `plan.out` the records that `produce` makes of what it holds; write the report."""
    settings = work.settings({info.name: info.digest for info in verifiers})
    moved = set_aside(plan.out) if plan.fresh else None
    with Journal(plan.out, settings) as journal:
        write_samples(plan.out / SAMPLES_FILE, work.asked, work.samples)
        records = dict(journal.records)
        resumed = len(records)
        progress(resumed, work.total)
        for chunk in produce(journal.records):
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
        (plan.out / COMPARISON_FILE).unlink(missing_ok=True)  # it is of the report before
        write_json(plan.out / REPORT_FILE, report_to_json(report))
        write_json(plan.out / RUN_FILE, _facts(plan, settings, records.values(), resumed, moved, began_s))
        if plan.shard is None:  # parts are merged, and the whole gets its pages
            from rfteval.pages.write import write_pages

            records.clear()  # the pages are made from what is stored, and would double what is held
            write_pages(plan.out, _pictures(work))
    return report


def _pictures(work: Work) -> Iterator[Image]:
    """Every picture that was asked about or belongs to a sample."""
    for each in work.asked:
        for message in each.prompt.messages:
            yield from (part.image for part in message.parts if isinstance(part, ImagePart))
    for sample in work.samples:
        yield from sample.images


def failed(record: Record) -> bool:
    """Whether a record has no score, or no judgement, through a failure that another try may mend."""
    if record.judged is not None and not record.judged.status.scored:
        return True
    verdict = first_verdict(record)
    return record.response.error is not None if verdict is None else not verdict.status.scored


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
        "command": sys.argv[1:],
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
