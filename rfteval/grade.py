"""Grading any file: JSON lines with a response and a gold answer in, one verdict a line out, in the same order.

Streams: memory does not grow with the number of rows.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from reward_service.types import ANSWER_KINDS, Choice, Component, Reference, ScoredItem, ScoreItem
from reward_service.verify import choices_from
from rfteval.errors import InputFileError, UsageError, unknown_name
from rfteval.jsonl import read_rows

if TYPE_CHECKING:
    from reward_service.client import RewardClient

RESPONSE_KINDS = ("full_response", "expression")

# Other data sets' names for kinds of answers that mean exactly one of ours. Anything else is "auto".
FOREIGN_KINDS = {
    "mcq": "choice",
    "mc": "choice",
    "multiple_choice": "choice",
    "multi_choice": "choice",
    "multichoice": "choice",
    "bool": "boolean",
    "yes_no": "boolean",
    "yes/no": "boolean",
    "true_false": "boolean",
    "integer": "number",
    "int": "number",
    "float": "number",
    "numeric": "number",
    "numerical": "number",
    "bbox": "box",
    "bounding_box": "box",
}

RowId = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """How to grade: components for rows (with choices or not, bare answers or full responses), and what to do with
    bad lines (None: stop at the first)."""

    components: Mapping[tuple[bool, str], tuple[Component, ...]]
    on_bad: Callable[[InputFileError], None] | None = None


@dataclass(slots=True, kw_only=True)
class Tallied:
    """Counts of what was graded so far."""

    rows: int = 0
    scored: int = 0
    score: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)

    def add(self, item: ScoredItem) -> None:
        """Count one more row."""
        verdict = item.verdicts[0]
        self.rows += 1
        self.statuses[verdict.status.name] += 1
        if verdict.score is not None:
            self.scored += 1
            self.score += verdict.score


def grade_rows(
    source: BinaryIO, name: str, grading: Grading, client: RewardClient, counts: Tallied
) -> Iterator[dict[str, object]]:
    """One output row for each input row, in order; `counts` is kept up to date.

    Raises InputFileError at the first bad line, after the rows before it, and RewardServiceError.
    """
    waiting: deque[RowId] = deque()
    failed: list[InputFileError] = []

    def items() -> Iterator[ScoreItem]:
        # Ends at a bad line instead of raising, so that what came before is answered whatever the client does.
        numbers = itertools.count()
        try:
            for number, row in read_rows(source, name, grading.on_bad):
                try:
                    row_id, item = item_from_row(row, number, str(next(numbers)), grading)
                except ValueError as error:
                    bad = InputFileError(f"{name}:{number}: {error}")
                    if grading.on_bad is None:
                        raise bad from None
                    grading.on_bad(bad)
                    continue
                waiting.append(row_id)
                yield item
        except InputFileError as error:
            failed.append(error)

    for scored in client.score_stream(items()):
        counts.add(scored)
        yield row_from_scored(waiting.popleft(), scored)
    if failed:
        raise failed[0]


def item_from_row(row: Mapping[str, object], number: int, wire_id: str, grading: Grading) -> tuple[RowId, ScoreItem]:
    """(the row's own id or its line number, the item to score). Raises ValueError for a row that cannot be graded."""
    row_id = row.get("id")
    if row_id is not None and (isinstance(row_id, bool) or not isinstance(row_id, (str, int, float))):
        raise ValueError(f"'id' must be a text or a number, got {_short(row_id)}")
    kind = row.get("kind") or "full_response"
    if kind not in RESPONSE_KINDS:
        raise ValueError(f"'kind' must be full_response or expression, got {_short(kind)}")
    reference = reference_from_row(row)
    item = ScoreItem(
        id=wire_id,
        response=_text(row, "response"),
        reference=reference,
        components=grading.components[bool(reference.choices), str(kind)],
    )
    return number if row_id is None else row_id, item


def reference_from_row(row: Mapping[str, object]) -> Reference:
    """The reference in a row's `gold`, `choices`, `answer_type` and `question`. Raises ValueError."""
    if "gold" not in row:
        raise ValueError("no 'gold'; every row needs the reference answer")
    gold = row["gold"]
    answers = [_answer(part) for part in gold] if isinstance(gold, list) else [_answer(gold)]
    question = row.get("question")
    if question is not None and not isinstance(question, str):
        raise ValueError(f"'question' must be a text, got {_short(question)}")
    return Reference(
        answer=answers[0] if answers else "",
        alternatives=tuple(answers[1:]),
        kind=kind_of(row.get("answer_type")),
        choices=_choices(row.get("choices")),
        question=question or "",
    )


def kind_of(answer_type: object) -> str:
    """The kind of reference that a row's `answer_type` means; "auto" for None and for what we do not know.

    Case, spaces and hyphens do not count. Of parts set apart by colons the first known one counts: MathVista rows say
    "multi_choice:text" and "free_form:integer".
    """
    if not isinstance(answer_type, str):
        return "auto"
    name = answer_type.strip().lower().replace("-", "_").replace(" ", "_")
    for part in name.split(":"):
        if part in ANSWER_KINDS:
            return part
        if part in FOREIGN_KINDS:
            return FOREIGN_KINDS[part]
    return "auto"


def row_from_scored(row_id: RowId, scored: ScoredItem) -> dict[str, object]:
    """An output row."""
    verdict = scored.verdicts[0]
    return {
        "id": row_id,
        "status": verdict.status.name,
        "score": verdict.score,
        "extracted": verdict.extracted,
        "reason": verdict.reason,
        "verifier": verdict.verifier,
        "digest": verdict.digest,
        "tier": scored.tier.name,
        "elapsed_us": scored.elapsed_us,
    }


def components_for(
    verifier: str, parameters: Sequence[str], schemas: Mapping[str, str]
) -> dict[tuple[bool, str], tuple[Component, ...]]:
    """(row has choices, kind of response) → components, for `verifier` with parameters written as "key=value".

    `schemas` maps the service's verifiers to their parameters' JSON Schemas. "auto" is `choice` for rows with choices
    and `math` for others, and a parameter goes to those that have it. Raises UnknownNameError and UsageError.
    """
    if verifier != "auto" and verifier not in schemas:
        raise unknown_name("verifier", verifier, [*schemas, "auto"])
    meant = {True: "choice", False: "math"} if verifier == "auto" else {True: verifier, False: verifier}
    properties = {name: json.loads(schemas[name])["properties"] for name in set(meant.values())}
    given = _parameters(parameters, properties)
    components: dict[tuple[bool, str], tuple[Component, ...]] = {}
    for (has_choices, name), kind in itertools.product(meant.items(), RESPONSE_KINDS):
        values = {key: value for key, value in given.items() if key in properties[name]}
        if kind != "full_response" and "input" in properties[name]:
            values.setdefault("input", kind)
        components[has_choices, kind] = (Component(verifier=verifier, parameters=values),)
    return components


def _parameters(
    written: Sequence[str], properties: Mapping[str, Mapping[str, Mapping[str, object]]]
) -> dict[str, object]:
    known: dict[str, Mapping[str, object]] = {}
    for of_verifier in properties.values():
        known.update(of_verifier)
    values: dict[str, object] = {}
    for entry in written:
        key, equals, text = entry.partition("=")
        if not equals:
            raise UsageError(f"--param {entry!r}: expected key=value, as --param rounding=exact")
        if key not in known:
            raise unknown_name(f"parameter of {' and '.join(sorted(properties))}", key, known)
        if known[key].get("type") == "string":
            values[key] = text
            continue
        try:
            values[key] = json.loads(text)
        except ValueError:
            values[key] = text
    return values


def _text(row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(value)
    if key not in row:
        raise ValueError(f"no {key!r}; every row needs the text to grade")
    raise ValueError(f"{key!r} must be a text, got {_short(value)}")


def _answer(value: object, key: str = "gold") -> str:
    """A gold answer as text; null becomes the empty reference, which the verifiers call INVALID_REFERENCE."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value)
    raise ValueError(f"{key!r} must hold texts or numbers, got {_short(value)}")


def _choices(value: object) -> tuple[Choice, ...]:
    if value is None:
        return ()
    if isinstance(value, dict):
        return choices_from({label: _answer(text, "choices") for label, text in value.items()})
    if isinstance(value, list):
        return choices_from([_answer(text, "choices") for text in value])
    raise ValueError(f"'choices' must be a list of texts or an object of letter to text, got {_short(value)}")


def _number(value: int | float) -> str:
    return str(value) if isinstance(value, int) else repr(value)


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
