"""A benchmark under test: rows in its hub's columns, how a model says an answer, its prompts to the letter."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from reward_service.limits import Budget
from reward_service.types import Verdict
from reward_service.verifiers import registry
from rfteval.benchmark import Benchmark, LoadRequest
from rfteval.rows import HubSource
from rfteval.types import Prompt, Response, Sample, TextPart

Rows = Sequence[Mapping[str, Any]]
Say = Callable[[Sample], tuple[str, ...]]


def picture(name: str) -> dict[str, object]:
    """A picture as the hub stores one; its bytes are its name, since nothing here decodes it."""
    return {"bytes": name.encode(), "path": None}


def usual(sample: Sample) -> tuple[str, ...]:
    """The reference in a sentence and in a box."""
    answer = sample.reference.answer.replace("\n", ", ")  # letters one a line
    return f"I look at it.\nThe answer is {answer}.", f"So we get\n\\boxed{{{answer}}}"


def boxed(sample: Sample) -> tuple[str, ...]:
    """The reference in a box."""
    return (f"So we get\n\\boxed{{{sample.reference.answer}}}",)


@dataclass(frozen=True, kw_only=True)
class Case:
    """`file` is where the hub keeps the rows of `split`, and by its suffix how. `prompts` are those of the first row.

    `said` gives the reference as models say it, by profile where one wants another form ("" for all others); `field` is
    what a stored extraction is kept as. `elsewhere` are profiles that need a server; `lucky` count any answer right.
    """

    benchmark: Benchmark
    source: HubSource
    split: str
    file: str
    rows: Rows
    prompts: Mapping[str, str]
    said: Mapping[str, Say] = field(default_factory=lambda: {"": usual})
    field: str = ""
    elsewhere: frozenset[str] = frozenset()
    lucky: frozenset[str] = frozenset()

    def ways(self, sample: Sample, profile: str) -> tuple[str, ...]:
        """The sample's reference as a model would say it, for `profile`."""
        return self.said.get(profile, self.said[""])(sample)


def write(folder: Path, case: Case, rows: Rows | None = None, file: str | None = None) -> Path:
    """The rows as a snapshot of the hub in `folder`; the file that holds them."""
    rows = case.rows if rows is None else rows
    path = folder / (file or case.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([dict(row) for row in rows]), path)
    elif path.suffix == ".tsv":
        names = list(rows[0])
        lines = ["\t".join(str(row[name]) for name in names) for row in rows]
        path.write_text("\n".join(["\t".join(names), *lines]) + "\n", encoding="utf-8")
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def load(folder: Path, case: Case, limit: int | None = None) -> list[Sample]:
    return list(case.benchmark.load(LoadRequest(split=case.split, data=str(folder), limit=limit)))


def score(case: Case, sample: Sample, text: str, profile: str) -> Verdict:
    """The verdict of the profile's first component, in this process."""
    chosen = case.benchmark.profiles[profile]
    judged = chosen.text(Response(sample_id=sample.id, text=text, extras={case.field: text} if case.field else {}))
    assert judged is not None
    component = chosen.components(sample)[0]
    verifier = registry.resolve(component.verifier, sample.reference)
    parameters = registry.parameters_for(verifier, component.parameters)
    return registry.run(verifier, judged, sample.reference, parameters, Budget())


def shown(prompt: Prompt) -> str:
    """A prompt as one text: pictures by their bytes in double brackets, messages after the first behind their role."""
    texts = []
    for number, message in enumerate(prompt.messages):
        parts = [
            part.text if isinstance(part, TextPart) else f"[[{(part.image.data or b'?').decode()}]]"
            for part in message.parts
        ]
        lead = "" if number == 0 and message.role == "user" else f"<{message.role}>"
        texts.append(lead + "".join(parts))
    return "".join(texts)
