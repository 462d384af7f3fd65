"""A finished run as its folder tells it: report, facts, samples with what was asked, and records. Needs no benchmark.

Pages and exports are made from this alone, so they can be made again later, elsewhere, without data set or model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reward_service.types import Choice, Reference
from rfteval.asking import SAMPLES_FILE
from rfteval.errors import InputFileError, UsageError
from rfteval.journal import FILE_NAME, is_journal_header, read_records
from rfteval.jsonl import open_input, read_rows
from rfteval.metrics import Item, item_of, lacking
from rfteval.report.files import COMPARISON_FILE, REPORT_FILE, RUN_FILE
from rfteval.types import Image, Record, Sample

Part = tuple[str, str]  # ("text", the text) or ("picture", the picture's digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSample:
    """A sample, the digests of its pictures, and the messages it was asked with: (role, parts); none if not asked."""

    sample: Sample
    pictures: tuple[str, ...]
    prompt: tuple[tuple[str, tuple[Part, ...]], ...] = ()

    def asked_text(self) -> str:
        """The texts of the prompt, each on lines of its own; empty where nothing was asked."""
        return "\n".join(value for _, parts in self.prompt for kind, value in parts if kind == "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """What a run left in `directory`. `records` are in the order of `samples`, then of the responses' indices.

    `comparison` is that of a control run with its baseline, None where it was made without one.
    """

    directory: Path
    report: Mapping[str, Any]
    facts: Mapping[str, Any]
    samples: tuple[StoredSample, ...]
    records: tuple[Record, ...]
    comparison: Mapping[str, Any] | None = None

    def items(self) -> list[tuple[StoredSample, Item, Record | None]]:
        """How each response counts, and each sample without one; in order."""
        reasons = {(entry["id"], entry["index"]): entry["reason"] for entry in self.report.get("unscored_items", ())}
        of_sample: dict[str, list[Record]] = {}
        for record in self.records:
            of_sample.setdefault(record.sample_id, []).append(record)
        found: list[tuple[StoredSample, Item, Record | None]] = []
        for each in self.samples:
            mine = of_sample.get(each.sample.id)
            if mine is None:
                found.append((each, lacking(each.sample), None))
                continue
            for record in mine:
                reason = reasons.get((record.sample_id, record.index), "the response has no text to judge")
                found.append((each, item_of(record, reason), record))
        return found

    def pictures(self) -> dict[str, Image]:
        """The pictures that are files, by digest; of those that came inside a data set only the digest is kept."""
        return {
            digest: image
            for each in self.samples
            for digest, image in zip(each.pictures, each.sample.images, strict=True)
            if image.path is not None
        }


def read_run(directory: Path) -> StoredRun:
    """The run in `directory`. Raises UsageError where it holds none, and InputFileError where a file is damaged."""
    if not (directory / REPORT_FILE).is_file():
        raise UsageError(f"{directory} has no {REPORT_FILE}; name a folder that `rfteval run` or `rescore` finished")
    samples = tuple(_samples(directory / SAMPLES_FILE))
    place = {each.sample.id: number for number, each in enumerate(samples)}
    found = {(record.sample_id, record.index): record for record in _records(directory / FILE_NAME)}
    records = sorted(
        (record for record in found.values() if record.sample_id in place),
        key=lambda record: (place[record.sample_id], record.index),
    )
    return StoredRun(
        directory=directory,
        report=read_object(directory / REPORT_FILE),
        facts=read_object(directory / RUN_FILE),
        samples=samples,
        records=tuple(records),
        comparison=_comparison(directory / COMPARISON_FILE),
    )


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file of a run. Raises InputFileError naming the file."""
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise InputFileError(f"cannot read {path}: {error.strerror}; run the same command again to write it") from None
    except (ValueError, RecursionError) as error:
        raise InputFileError(f"{path} is damaged: {error}; run the same command again to write it anew") from None
    if not isinstance(value, dict):
        raise InputFileError(f"{path} is no report of rfteval: it holds no JSON object")
    return value


def _comparison(path: Path) -> Mapping[str, Any] | None:
    """What a control run was compared with; another comparison that somebody keeps under this name is not ours."""
    try:
        found = read_object(path) if path.is_file() else {}
    except InputFileError:  # a run can be read without it
        return None
    pairs = found.get("pairs")
    ours = isinstance(pairs, list) and len(pairs) == 1 and isinstance(pairs[0], Mapping) and pairs[0].get("control")
    return found if ours else None


def _records(path: Path) -> list[Record]:
    with open_input(str(path)) as handle:
        rows = read_rows(handle, str(path))
        first = next(rows, None)
        if first is None or not is_journal_header(first[1]):
            raise InputFileError(f"{path} is not a journal of rfteval; name a folder that `rfteval run` wrote")
        return list(read_records(rows, str(path)))


def _samples(path: Path) -> list[StoredSample]:
    with open_input(str(path)) as handle:
        found = []
        for number, row in read_rows(handle, str(path)):
            try:
                found.append(_sample(row))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise InputFileError(
                    f"{path}:{number}: not a line of a run's samples: {error!r}; run the same command again"
                ) from None
        return found


def _sample(row: Mapping[str, Any]) -> StoredSample:
    fields = dict(row["reference"])
    fields["choices"] = tuple(Choice(**choice) for choice in fields.get("choices", ()))
    fields["alternatives"] = tuple(fields.get("alternatives", ()))
    pictures = [(entry["sha256"], entry.get("path")) for entry in row["images"]]
    sample = Sample(
        id=row["id"],
        question=row["question"],
        reference=Reference(**fields),
        # A picture that came inside a data set has no path; its bytes are not in the run.
        images=tuple(Image(data=b"") if path is None else Image(path=path) for _, path in pictures),
        tags={key: value if isinstance(value, str) else tuple(value) for key, value in row["tags"].items()},
    )
    prompt = tuple(
        (message["role"], tuple(_part(part) for part in message["parts"])) for message in row.get("prompt", ())
    )
    return StoredSample(sample=sample, pictures=tuple(digest for digest, _ in pictures), prompt=prompt)


def _part(part: Mapping[str, str]) -> Part:
    return ("text", part["text"]) if "text" in part else ("picture", part["image_sha256"])
