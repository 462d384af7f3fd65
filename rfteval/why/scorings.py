"""Stored responses scored in other ways: by another profile, or with one's extraction and the other's comparison."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence

from reward_service.types import Component
from rfteval.benchmark import Benchmark, LoadRequest, Profile
from rfteval.budgets import judges_the_text
from rfteval.errors import UsageError
from rfteval.labels import picked_label
from rfteval.metrics import first_verdict
from rfteval.provenance import samples_digest
from rfteval.scoring import Scorer, chunked, score_chunks
from rfteval.stored_run import StoredRun
from rfteval.types import Record, Response, Sample

EXTRACTED = "rfteval_extracted"  # the name under which an extraction is handed to the other profile's comparison


def samples_of(run: StoredRun, benchmark: Benchmark) -> list[Sample]:
    """The samples that the run was scored against: as it stored them, or loaded again where a profile needs more.

    Raises UsageError where they cannot be had as they were.
    """
    profile = benchmark.profiles[run.report["profile"]]
    wanted = run.report["settings"].get("samples_sha256")
    stored = [each.sample for each in run.samples]
    try:
        if wanted is None or samples_digest(stored, profile) == wanted:
            return stored
    except (KeyError, TypeError, AttributeError):
        pass  # the profile reads fields of its benchmark, which are not stored
    loaded = list(benchmark.load(LoadRequest(split=str(run.report["split"]), data=run.facts.get("data"))))
    known = {sample.id: sample for sample in loaded}
    again = [known[sample.id] for sample in stored if sample.id in known]
    if len(again) == len(stored) and (wanted is None or samples_digest(again, profile) == wanted):
        return again
    raise UsageError(
        f"the samples of {run.directory} cannot be had as it was scored with them; rescore its responses with this "
        "installation, then ask again"
    )


def scored_by_this(run: StoredRun) -> bool:
    """Whether this installation has the very verifiers that scored the run, so that its verdicts stand."""
    from reward_service.verifiers import registry

    digests = run.report["settings"].get("verifiers") or {}
    known = set(registry.names())
    return bool(digests) and all(
        name in known and registry.get(name).info().digest == digest for name, digest in digests.items()
    )


def rescored(
    responses: Sequence[Response], samples: Sequence[Sample], profile: Profile, scorer: Scorer
) -> list[Record]:
    """The responses scored under `profile`."""
    by_id = {sample.id: sample for sample in samples}
    known = (response for response in responses if response.sample_id in by_id)
    chunks = score_chunks(chunked(known), samples=by_id, profile=profile, scorer=scorer, digests={})
    return [record for chunk in chunks for record in chunk]


def extractions(records: Sequence[Record], samples: Sequence[Sample], profile: Profile) -> list[Response]:
    """The responses of `records` with what `profile` took for their answers; nothing found is an empty text.

    An extraction that was stored stays as it is. One of a verifier's own that names an option ("(B) 70°") becomes the
    option's label, which every verifier reads alike.
    """
    stored = not judges_the_text(profile)
    references = {sample.id: sample.reference for sample in samples}
    found = []
    for record in records:
        verdict = first_verdict(record)
        if stored:
            text = profile.text(record.response)
        else:
            said = None if verdict is None else verdict.extracted
            text = picked_label(references[record.sample_id], said) or said
        found.append(dataclasses.replace(record.response, extras={**record.response.extras, EXTRACTED: text or ""}))
    return found


def comparing(profile: Profile) -> Profile:
    """`profile` as it compares an extraction made elsewhere; for those of which `takes_extractions` is true."""
    stored = not judges_the_text(profile)

    def components(sample: Sample) -> tuple[Component, ...]:
        return tuple(
            each if stored else dataclasses.replace(each, parameters={**each.parameters, "input": "expression"})
            for each in profile.components(sample)
        )

    return Profile(
        name=f"{profile.name}, comparison alone",
        summary="",
        components=components,
        text=lambda response: str(response.extras.get(EXTRACTED, "")),
    )


def takes_extractions(profile: Profile, samples: Sequence[Sample], schemas: Callable[[str], str]) -> bool:
    """Whether every verifier of the profile can be given an extraction instead of a response.

    `schemas` gives the JSON Schema of a verifier's parameters.
    """
    if not judges_the_text(profile):
        return True
    names = {component.verifier for sample in samples for component in profile.components(sample)[:1]}
    names = (names - {"", "auto"}) | ({"choice", "math"} if names & {"", "auto"} else set())
    return all(_takes_expressions(json.loads(schemas(name))) for name in names)


def _takes_expressions(schema: Mapping[str, object]) -> bool:
    properties = schema.get("properties")
    given = properties.get("input") if isinstance(properties, dict) else None
    return isinstance(given, dict) and "expression" in json.dumps(given)
