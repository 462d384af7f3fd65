"""A training run as its folder tells it: metrics, events, rollouts, settings. A run that is still going can be read.

What a file holds was written by us, but of it texts of a model; a row that is not what it has to be is named by file
and line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from rfteval.errors import InputFileError, UsageError
from rfteval.jsonl import parse_object
from rfteval.stored_run import read_object
from training.run_files import EVENTS, METRICS, ROLLOUTS, SETTINGS

Row = TypeVar("Row", bound="StoredRow")


class StoredRow(BaseModel):
    """A line of a run's file. Names that are unknown here are passed over: a newer run may have written them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StoredEvent(StoredRow):
    """Something that a person should know: an alarm, a stage that begins, a resume."""

    step: int
    kind: str
    said: str


class StoredVerdict(StoredRow):
    """One component's verdict on a rollout."""

    verifier: str
    status: str
    score: float | None = None
    extracted: str | None = None
    reason: str = ""


class StoredRollout(StoredRow):
    """One rollout: the text of each token, log-probabilities and advantages token by token, and what it was worth.

    `advantages` is empty where there was no update; `reward` None is unscored, for `reason`.
    """

    index: int
    text: str
    finish_reason: str = "stop"
    noisy: bool = False
    tokens: list[str] = []
    logprobs: list[float] = []
    advantages: list[float] = []
    reward: float | None = None
    components: dict[str, float | None] = {}
    reason: str = ""
    verdicts: list[StoredVerdict] = []


class StoredGroup(StoredRow):
    """The rollouts of one sample at one step."""

    step: int
    sample_id: str
    question: str
    answer: str
    tags: dict[str, str | list[str]] = {}
    rollouts: list[StoredRollout]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPlace:
    """Where a stored group stands in its file (bytes), at which step, and how many tokens its rollouts have."""

    line: int
    start: int
    size: int
    step: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTraining:
    """What a run left in `directory`. `steps` are the metrics of each step by name, numbers only, in order.

    Groups are read one by one (`group`): all of them at once may be more than there is memory.
    """

    directory: Path
    facts: Mapping[str, Any]
    steps: tuple[Mapping[str, float], ...]
    events: tuple[StoredEvent, ...]
    places: tuple[GroupPlace, ...]

    def series(self, name: str) -> list[tuple[float, float]]:
        """(step, value) wherever the metric was logged and is a finite number."""
        return [(row["step"], row[name]) for row in self.steps if math.isfinite(row.get(name, math.nan))]

    def total(self, name: str) -> float:
        """The sum of a metric over all steps."""
        return sum(value for _, value in self.series(name))

    def group(self, place: GroupPlace) -> StoredGroup:
        """The group at `place`. Raises InputFileError where it is not what it has to be."""
        path = self.directory / ROLLOUTS
        with path.open("rb") as handle:
            handle.seek(place.start)
            return _checked(parse_object(handle.read(place.size)), StoredGroup, path, place.line)


def read_training(directory: Path) -> StoredTraining:
    """The training run in `directory`. Raises UsageError where there is none, InputFileError for a damaged file."""
    if not (directory / METRICS).is_file():
        raise UsageError(f"{directory} has no {METRICS}; name a folder that `rfteval train` wrote")
    settings = directory / SETTINGS
    return StoredTraining(
        directory=directory,
        facts=read_object(settings) if settings.is_file() else {},
        steps=tuple(_metrics(directory / METRICS)),
        events=tuple(
            _checked(row, StoredEvent, directory / EVENTS, number) for number, _, _, row in _objects(directory / EVENTS)
        ),
        places=tuple(_places(directory / ROLLOUTS)),
    )


def _metrics(path: Path) -> Iterator[Mapping[str, float]]:
    for number, _, _, row in _objects(path):
        values = {
            name: float(value)
            for name, value in row.items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        }
        if "step" not in values:
            raise InputFileError(f"{path}:{number}: no number `step`; is this the metrics of a training run?")
        yield values


def _places(path: Path) -> Iterator[GroupPlace]:
    for number, start, size, row in _objects(path):
        step, rollouts = row.get("step"), row.get("rollouts")
        if not isinstance(step, int) or not isinstance(rollouts, list):
            raise InputFileError(f"{path}:{number}: no whole number `step` or no list `rollouts`; remove the line")
        found = [each.get("tokens") for each in rollouts if isinstance(each, dict)]
        tokens = sum(len(each) for each in found if isinstance(each, list))
        yield GroupPlace(line=number, start=start, size=size, step=step, tokens=tokens)


def _checked(row: Mapping[str, object], kind: type[Row], path: Path, line: int) -> Row:
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputFileError(f"{path}:{line}: {place}: {first['msg'].lower()}; remove the line") from None


def _objects(path: Path) -> Iterator[tuple[int, int, int, dict[str, object]]]:
    """(line, first byte, bytes, object) of each line. A last line without an end is being written, and is left out."""
    if not path.is_file():
        return
    start = 0
    with path.open("rb") as handle:
        for number, line in enumerate(handle, start=1):
            if line.strip() and line.endswith(b"\n"):
                try:
                    yield number, start, len(line), parse_object(line)
                except ValueError as error:
                    raise InputFileError(f"{path}:{number}: {error}; remove the line") from None
            start += len(line)
