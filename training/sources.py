"""Where samples come from (an endless data set, a benchmark's split, a JSONL file) and how each is put to a model."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from reward_service.types import Choice, Reference
from rfteval import registry
from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError, SourceError, UsageError
from rfteval.jsonl import open_input, read_rows
from rfteval.types import Image, ImagePart, Message, Prompt, Sample, TextPart
from training.settings import DataSettings

BLOCK = 256  # samples of a stream that are shuffled together: those about one picture come in a row
SEED_STRIDE = 1_000_003  # between the seeds of neighbouring runs, so that no two share a block


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Samples and their prompts. `block(number)` are the samples of one pass (finite) or one part of a stream.

    Equal arguments give equal samples, so a resumed run needs only to know how many it had.
    """

    block: Callable[[int], Sequence[Sample]]
    prompt: Callable[[Sample], Prompt]
    finite: bool


def open_source(settings: DataSettings, seed: int, sort_by: str | None = None) -> Source:
    """The source that a configuration names. Raises UsageError, SourceError and InputFileError."""
    if settings.dataset is not None:
        return _stream(settings, settings.dataset, seed)
    if settings.benchmark is not None:
        benchmark = registry.benchmark(settings.benchmark)
        split = registry.split_of(benchmark, settings.split)
        samples = benchmark.load(LoadRequest(split=split, data=settings.data, limit=settings.limit))
        prompt = registry.prompt_of(benchmark, settings.prompt)[1]
    else:
        samples, prompt = read_samples(Path(str(settings.file))), ask
    samples = list(samples)[: settings.limit]
    if not samples:
        raise SourceError("there are no samples to train on; check the section data")

    def block(number: int) -> Sequence[Sample]:
        if sort_by is not None:
            return sorted(samples, key=lambda sample: _tag(sample, sort_by))
        return Random(f"{seed} {number}").sample(samples, len(samples))

    return Source(block=block, prompt=dressed(prompt, settings), finite=True)


def held_out(name: str, split: str, count: int) -> list[Sample]:
    """The first `count` samples of a data set's split, one about each picture. Always the same ones."""
    dataset = registry.dataset(name)
    found: list[Sample] = []
    for number, about in enumerate(_by_picture(dataset.stream(_split(dataset.name, dataset.splits, split), 0))):
        found.append(about[number % len(about)])  # not always the first: it may be of one form more often
        if len(found) == count:
            return found
    raise SourceError(f"split {split!r} of data set {name!r} has {len(found)} pictures, {count} were asked for")


def ask(sample: Sample) -> Prompt:
    """Pictures, then the question and its choices: the prompt of samples from a file."""
    choices = "".join(f"\n({choice.label}) {choice.text}" for choice in sample.reference.choices)
    images: list[TextPart | ImagePart] = [ImagePart(image=image) for image in sample.images]
    parts = (*images, TextPart(text=sample.question + choices))
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=parts),))


def read_samples(path: Path) -> list[Sample]:
    """Samples from a JSONL file: `question` and `answer`; `id`, `choices`, `images` (paths from the file's folder),
    `kind` and `tags` where a line has them. Other fields are kept in `Sample.fields`. Raises InputFileError."""
    samples = []
    with open_input(str(path)) as handle:
        rows = list(read_rows(handle, str(path)))
    for number, row in rows:
        place = f"{path}:{number}"
        for name in ("question", "answer"):
            if not isinstance(row.get(name), (str, int, float)):
                raise InputFileError(f"{place}: {name!r} must be a text, found {row.get(name)!r}")
        choices, images = row.get("choices") or [], row.get("images") or []
        if not isinstance(choices, list) or not isinstance(images, list):
            raise InputFileError(f"{place}: choices and images must be lists")
        tags = row.get("tags") or {}
        if not isinstance(tags, Mapping):
            raise InputFileError(f"{place}: tags must be an object, found {tags!r}")
        reference = Reference(
            answer=str(row["answer"]),
            kind=str(row.get("kind") or ("choice" if choices else "auto")),
            choices=tuple(Choice(label=chr(ord("A") + place), text=str(text)) for place, text in enumerate(choices)),
            question=str(row["question"]),
        )
        samples.append(
            Sample(
                id=str(row.get("id", f"line-{number}")),
                question=reference.question,
                reference=reference,
                images=tuple(Image(path=str(path.parent / str(image))) for image in images),
                tags={str(key): str(value) for key, value in tags.items()},
                fields={key: value for key, value in row.items() if key not in ("images", "tags")},
            )
        )
    return samples


def _stream(settings: DataSettings, name: str, seed: int) -> Source:
    dataset = registry.dataset(name)
    split = _split(name, dataset.splits, settings.split or "train")

    def block(number: int) -> Sequence[Sample]:
        stream = dataset.stream(split, SEED_STRIDE * (seed + 1) + number)
        samples = list(itertools.islice(stream, min(BLOCK, settings.limit or BLOCK)))
        Random(f"{seed} {number}").shuffle(samples)
        return samples

    return Source(block=block, prompt=dressed(dataset.prompt, settings), finite=False)


def _split(name: str, splits: Sequence[str], split: str) -> str:
    if split not in splits:
        raise UsageError(f"data set {name!r} has no split {split!r}; it has: {', '.join(splits)}")
    return split


def dressed(prompt: Callable[[Sample], Prompt], settings: DataSettings) -> Callable[[Sample], Prompt]:
    """The prompt with the configuration's system message and suffix."""
    if settings.system is None and not settings.suffix:
        return prompt

    def changed(sample: Sample) -> Prompt:
        plain = prompt(sample)
        *before, last = plain.messages
        if settings.suffix:
            last = dataclasses.replace(last, parts=(*last.parts, TextPart(text=settings.suffix)))
        system = () if settings.system is None else (Message(role="system", parts=(TextPart(text=settings.system),)),)
        return dataclasses.replace(plain, messages=(*system, *before, last))

    return changed


def _by_picture(samples: Iterator[Sample]) -> Iterator[list[Sample]]:
    """Samples that follow each other about one picture, together; one without a picture is alone."""
    about: list[Sample] = []
    for sample in samples:
        if about and not (sample.images and sample.images == about[0].images):
            yield about
            about = []
        about.append(sample)
    if about:
        yield about


def _tag(sample: Sample, key: str) -> tuple[bool, float, str]:
    """Orders tags as numbers where they are numbers; a sample without the tag comes last."""
    value = str(sample.tags.get(key, ""))
    try:
        return not value, float(value), ""
    except ValueError:
        return not value, float("inf"), value
