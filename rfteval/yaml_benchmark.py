"""A benchmark from a YAML file, without code: where its rows are, what its columns mean, how to ask, how to score.

The file is data: its template is filled by substitution of named parts and nothing else, and what a row holds is never
looked at for placeholders.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reward_service.types import ANSWER_KINDS, Choice, Component, Reference
from rfteval.benchmark import Benchmark, LoadRequest, OutputFormat, Profile
from rfteval.errors import InputFileError, unknown_name
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Image, ImagePart, Message, Prompt, Sample, TextPart

SUFFIXES = (".yaml", ".yml")
PARTS = ("question", "choices", "unit", "letters")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z_]\w*)\}")
_STRICT = ConfigDict(extra="forbid", frozen=True)
Name = Annotated[str, Field(min_length=1)]


class Source(BaseModel):
    """Where the rows are: a file or folder (`data`, relative to the YAML file) or a data set on the hub."""

    model_config = _STRICT
    data: Name | None = None
    hub: Name | None = None
    revision: Name | None = None
    config: Name = "default"


class Columns(BaseModel):
    """What the columns are called. `images` are taken in order; `tags` become groups of the report."""

    model_config = _STRICT
    id: Name = "id"
    question: Name = "question"
    answer: Name = "answer"
    choices: Name | None = None
    images: tuple[Name, ...] = ()
    unit: Name | None = None
    tags: tuple[Name, ...] = ()


class Answer(BaseModel):
    """How answers are compared. `kind` is what the gold answer is where a row has no choices."""

    model_config = _STRICT
    kind: Literal[ANSWER_KINDS] = "auto"  # type: ignore[valid-type]
    verifier: Name = "auto"
    parameters: Mapping[str, Any] = {}
    precision: int | None = Field(default=None, ge=0)
    tolerance: float | None = Field(default=None, ge=0)


class Description(BaseModel):
    """The whole file."""

    model_config = _STRICT
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    title: str = ""
    homepage: str = ""
    licence: str = "not stated"
    citation: str = ""
    source: Source
    splits: tuple[Name, ...] = ("test",)
    columns: Columns = Columns()
    prompt: Name
    answer: Answer = Answer()
    breakdowns: tuple[Name, ...] = ()
    cluster: Name | None = None


def from_folder(folder: str) -> dict[str, Benchmark]:
    """The benchmarks in a folder of such files, by name. Raises InputFileError."""
    path = Path(folder)
    if not path.is_dir():
        raise InputFileError(f"{folder!r} is no folder of benchmark files; correct or unset RFTEVAL_BENCHMARKS")
    found = [from_file(file) for file in sorted(path.iterdir()) if file.suffix in SUFFIXES]
    return {benchmark.name: benchmark for benchmark in found}


def from_file(path: Path) -> Benchmark:
    """The benchmark that a YAML file describes. Raises InputFileError naming the file, the field and what to do."""
    description = _described(path)
    columns, answer = description.columns, description.answer
    known = set(columns.tags)
    for what, name in [("breakdown", one) for one in description.breakdowns] + [("cluster", description.cluster)]:
        if name is not None and name not in known:
            raise InputFileError(f"{path}: {what} {name!r} is none of columns.tags ({', '.join(known) or 'none'})")
    template = description.prompt.rstrip("\n")
    for match in _PLACEHOLDER.finditer(template):
        if match[1] is not None and match[1] not in PARTS:
            raise InputFileError(
                f"{path}: {unknown_name('part of the prompt', match[1], PARTS)}; write {{{{ for a brace"
            )
    component = Component(verifier=answer.verifier, parameters=dict(answer.parameters))
    profile = Profile(
        name="rules",
        summary="the answer found in the response, compared as the file says",
        components=lambda sample: (component,),
    )
    return Benchmark(
        name=description.name,
        title=description.title or description.name,
        homepage=description.homepage,
        licence=description.licence,
        citation=description.citation,
        splits=description.splits,
        default_split=description.splits[0],
        load=lambda request: _load(description, path.parent, request),
        prompts={"file": lambda sample: _prompt(template, sample)},
        default_prompt="file",
        profiles={profile.name: profile},
        default_profile=profile.name,
        breakdowns=description.breakdowns,
        cluster_key=description.cluster,
        outputs=OutputFormat(sample_id=columns.id, text="response"),
    )


def _described(path: Path) -> Description:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputFileError(f"no such file: {path}; `rfteval new-benchmark` writes one to start from") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputFileError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise InputFileError(f"{path}: expected names and values, such as 'name: my-benchmark'")
    try:
        description = Description.model_validate(content)
    except ValidationError as error:
        raise InputFileError(f"{path}: {_complaint(error)}") from None
    if (description.source.data is None) == (description.source.hub is None):
        raise InputFileError(f"{path}: source needs either 'data' (a file or folder) or 'hub' (a data set)")
    if description.source.hub is not None and description.source.revision is None:
        raise InputFileError(f"{path}: source.revision is missing: a commit, so that next year the same rows are read")
    return description


def _complaint(error: ValidationError) -> str:
    """The first thing that is wrong, with its place; for an unknown name, the closest known one."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        *outer, name = first["loc"]
        models: Mapping[str, type[BaseModel]] = {"source": Source, "columns": Columns, "answer": Answer}
        model: type[BaseModel] = models[str(outer[0])] if outer else Description
        return str(unknown_name("field", str(name), model.model_fields))
    return f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _load(description: Description, folder: Path, request: LoadRequest) -> Sequence[Sample]:
    columns, source = description.columns, description.source
    data = request.data or (None if source.data is None else str(folder / source.data))
    wanted = (columns.id, columns.question, columns.answer, *columns.tags)
    hub = HubSource(
        repository=source.hub or description.name,
        revision=source.revision or "",
        columns=wanted,
        images=columns.images,
        config=source.config,
    )
    rows = read_split(hub, LoadRequest(split=request.split, data=data, limit=request.limit), "give --data DIR")
    return [_sample(description, row) for row in unique(rows, columns.id)]


def _sample(description: Description, row: Row) -> Sample:
    columns, answer = description.columns, description.answer
    question = row.text(columns.question)
    texts = row.texts(columns.choices) if columns.choices else ()
    if len(texts) > len(LETTERS):
        raise InputFileError(f"{row.place}: {len(texts)} choices are more than there are letters")
    images = [image for column in columns.images for image in _images(row, column)]
    return Sample(
        id=row.identifier(columns.id),
        question=question,
        reference=Reference(
            answer=_text(row, columns.answer),
            kind="choice" if texts else answer.kind,
            choices=tuple(Choice(label=letter, text=text) for letter, text in zip(LETTERS, texts, strict=False)),
            precision=answer.precision,
            tolerance=answer.tolerance,
            unit=row.optional_text(columns.unit) if columns.unit else "",
            question=question,
        ),
        images=tuple(images),
        tags={name: _text(row, name) for name in columns.tags},
    )


def _images(row: Row, column: str) -> tuple[Image, ...]:
    """The pictures of one column, which has one or a list of them."""
    single = row.image(column)
    return row.images(column) if single is None else (single,)


def _text(row: Row, column: str) -> str:
    """A text, number or truth value as a text; a list or object is an error."""
    value = row.values.get(column)
    if value is None or isinstance(value, (list, dict, bytes)):
        return row.text(column)
    return str(value)


def _prompt(template: str, sample: Sample) -> Prompt:
    """One message: the pictures in order, then the template with its parts filled in, once."""
    choices = sample.reference.choices
    parts = {
        "question": sample.question,
        "choices": "\n".join(f"({choice.label}) {choice.text}" for choice in choices),
        "letters": ", ".join(choice.label for choice in choices),
        "unit": sample.reference.unit,
    }
    lines = [(line, _filled(line, parts)) for line in template.split("\n")]
    # A line that is empty only because its part is not there, as the choices of a free question, is left out.
    text = "\n".join(filled for line, filled in lines if filled or not line)
    pictures = (ImagePart(image=image) for image in sample.images)
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=(*pictures, TextPart(text=text))),))


def _filled(line: str, parts: Mapping[str, str]) -> str:
    braces = {"{{": "{", "}}": "}"}
    return _PLACEHOLDER.sub(lambda match: braces[match[0]] if match[1] is None else parts[match[1]], line)
