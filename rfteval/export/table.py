"""Every response of a run as one row of a table: JSON lines, CSV, Parquet, or a pandas data frame."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rfteval.labels import gold_label, picked_label
from rfteval.metrics import Item, first_verdict
from rfteval.stored_run import StoredRun, StoredSample
from rfteval.types import Record

if TYPE_CHECKING:
    import pandas
    import pyarrow

TEXTS = "list of texts"
# Column → what it holds. Groups follow as "tag_NAME", of texts, or of lists where a sample can be in several.
COLUMNS: Mapping[str, str] = {
    "benchmark": "text",
    "split": "text",
    "profile": "text",
    "model": "text",
    "sample_id": "text",
    "index": "integer",
    "status": "text",
    "score": "number",
    "reward": "number",
    "extracted": "text",
    "answer": "text",
    "alternatives": TEXTS,
    "gold_label": "text",
    "picked_label": "text",
    "reason": "text",
    "rule": "text",
    "extraction_rule": "text",
    "flags": TEXTS,
    "official": "boolean",
    "judge_status": "text",
    "judge_score": "number",
    "judge_reason": "text",
    "verifier": "text",
    "verifier_version": "text",
    "verifier_digest": "text",
    "question": "text",
    "choices": TEXTS,
    "unit": "text",
    "kind": "text",
    "prompt": "text",
    "prompt_sha256": "text",
    "pictures": TEXTS,
    "response": "text",
    "finish_reason": "text",
    "prompt_tokens": "integer",
    "response_tokens": "integer",
    "error": "text",
}
TAG = "tag_"
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?\Z")


def rows(run: StoredRun) -> Iterator[dict[str, Any]]:
    """One row a response, and one for each sample without one; what is absent is None, an absent score too."""
    settings = run.report["settings"]
    same = {
        "benchmark": run.report["benchmark"],
        "split": run.report["split"],
        "profile": run.report["profile"],
        "model": settings.get("model"),
    }
    official = (run.report.get("official") or {}).get("field")
    for each, item, record in run.items():
        yield {**dict.fromkeys(COLUMNS), **same, **_of_sample(each), **_of_item(each, item), **_of(record, official)}


def _of_sample(each: StoredSample) -> dict[str, Any]:
    sample, reference = each.sample, each.sample.reference
    tags = {f"{TAG}{key}": value if isinstance(value, str) else list(value) for key, value in sample.tags.items()}
    return {
        "sample_id": sample.id,
        "question": sample.question,
        "answer": reference.answer,
        "alternatives": list(reference.alternatives),
        "kind": reference.kind,
        "unit": reference.unit or None,
        "choices": [f"({choice.label}) {choice.text}" for choice in reference.choices],
        "gold_label": gold_label(reference),
        "prompt": each.asked_text() or None,
        "pictures": list(each.pictures),
        **tags,
    }


def _of_item(each: StoredSample, item: Item) -> dict[str, Any]:
    return {
        "index": item.index,
        "status": item.status,
        "score": item.score,
        "extracted": item.extracted,
        "picked_label": picked_label(each.sample.reference, item.extracted),
        "reason": item.reason,
    }


def _of(record: Record | None, official: str | None) -> dict[str, Any]:
    if record is None:
        return {}
    response, verdict = record.response, first_verdict(record)
    stored = response.extras.get(official) if official else None
    found: dict[str, Any] = {
        "response": response.text,
        "finish_reason": response.finish_reason,
        "prompt_tokens": response.prompt_tokens,
        "response_tokens": response.response_tokens,
        "error": response.error,
        "official": stored if isinstance(stored, bool) else None,
        "prompt_sha256": record.prompt_sha256 or None,
        "reward": record.scored.reward if record.scored else None,
    }
    if record.judged is not None:
        judged = record.judged
        found |= {"judge_status": judged.status.name, "judge_score": judged.score, "judge_reason": judged.reason}
    if verdict is not None:
        found |= {
            "rule": verdict.rule,
            "extraction_rule": verdict.extraction_rule,
            "flags": list(verdict.flags),
            "verifier": verdict.verifier,
            "verifier_version": verdict.version,
            "verifier_digest": verdict.digest,
        }
    return found


def to_jsonl(run: StoredRun) -> bytes:
    """The rows as JSON lines."""
    return b"".join(
        json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n" for row in rows(run)
    )


def to_csv(run: StoredRun) -> bytes:
    """The rows as CSV, lists joined by "; ".

    A spreadsheet takes a text that begins with "=", "+", "-" or "@" for a formula, and runs it. Such a text, unless it
    is a number, gets an apostrophe before it, so CSV is for looking at; Parquet and JSON lines hold texts as they are.
    """
    found = list(rows(run))
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, fieldnames=list(_columns(found)), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in found)
    return buffer.getvalue().encode("utf-8", "backslashreplace")


def to_arrow(run: StoredRun) -> pyarrow.Table:
    """The rows as an Arrow table, typed as COLUMNS say; half a surrogate pair, which UTF-8 has not, becomes U+FFFD."""
    import pyarrow

    types = {
        "text": pyarrow.string(),
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "boolean": pyarrow.bool_(),
        TEXTS: pyarrow.list_(pyarrow.string()),
    }
    found = list(rows(run))
    schema = pyarrow.schema([(name, types[kind]) for name, kind in _columns(found).items()])
    lists = [name for name, kind in _columns(found).items() if kind == TEXTS]
    encodable = [{name: _encodable(value) for name, value in row.items()} for row in found]
    for row in encodable:
        row.update({name: [row[name]] for name in lists if isinstance(row.get(name), str)})
    return pyarrow.Table.from_pylist(encodable, schema=schema)


def to_frame(run: StoredRun) -> pandas.DataFrame:
    """The rows as a pandas data frame."""
    frame: pandas.DataFrame = to_arrow(run).to_pandas()
    return frame


def to_parquet(run: StoredRun) -> bytes:
    """The rows as a Parquet file."""
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(to_arrow(run), buffer, compression="zstd")
    return buffer.getvalue()


def _columns(found: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Every column with what it holds, in order."""
    tags: dict[str, str] = {}
    for row in found:
        for name, value in row.items():
            if name.startswith(TAG) and tags.get(name) != TEXTS:
                tags[name] = TEXTS if isinstance(value, list) else "text"
    return {**COLUMNS, **tags}


def _cell(value: object) -> object:
    text = "; ".join(value) if isinstance(value, list) else value
    if isinstance(text, str) and _FORMULA.match(text) and not _NUMBER.match(text):
        return f"'{text}"
    return text


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_encodable(part) for part in value]
    return value
