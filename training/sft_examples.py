"""Where prompts and responses come from: the samples of a data set in a style, or the lines of a file.

The examples of a step follow from the seed and the step's number alone, so training can go on anywhere.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import prod
from pathlib import Path
from random import Random
from typing import Protocol

from rfteval.dataset import Dataset
from rfteval.errors import InputFileError, UsageError
from rfteval.jsonl import open_input, read_rows
from rfteval.registry import dataset
from rfteval.types import Image, ImagePart, Message, Prompt, Sample, TextPart
from training.sft_config import SftConfig, Style

STEPS_APART = 1_000_003  # steps of one seed never meet those of the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A prompt with what the model is to answer."""

    prompt: Prompt
    response: str


class Source(Protocol):
    """Examples to train on or to measure with."""

    def examples(self, step: int, *, held_out: bool = False) -> Iterator[Example]:
        """The examples of a step, more than it needs; `held_out` ones never occur in training."""
        ...


def response_of(sample: Sample, style: Style) -> str:
    """What the model is to say to a sample of a data set."""
    trace, final = sample.fields["trace"], sample.fields["final"]
    if style == "tagged":
        return f"<think>{trace}</think><answer>{final}</answer>"
    return f"{trace} Answer: {final}" if style == "plain" else str(final)


def without_pictures(prompt: Prompt) -> Prompt:
    """The prompt's texts alone."""
    messages = [
        dataclasses.replace(message, parts=tuple(part for part in message.parts if isinstance(part, TextPart)))
        for message in prompt.messages
    ]
    return dataclasses.replace(prompt, messages=tuple(messages))


def thinned(samples: Iterable[Sample], shares: Mapping[str, Mapping[str, float]], random: Random) -> Iterator[Sample]:
    """Of the pictures with a tag's value the given share, each with all of its samples, and every other one.

    `shares` is by tag and value; a picture with several of them is kept by their product. A sample without a picture
    stands for itself.
    """
    for _, about in groupby(samples, key=lambda sample: sample.images or sample.id):
        first, *others = about
        kept = prod(values.get(str(first.tags.get(tag)), 1.0) for tag, values in shares.items())
        if random.random() < kept:
            yield from (first, *others)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromDataset:
    """Samples of a data set, each responded to in a style drawn by the configured shares."""

    source: Dataset
    config: SftConfig

    def examples(self, step: int, *, held_out: bool = False) -> Iterator[Example]:
        data = self.config.data
        seed = self.config.seed * STEPS_APART + step
        random = Random(seed)
        styles, shares = list(data.styles), list(data.styles.values())
        samples = self.source.stream(data.held_out if held_out else data.split, seed)
        if data.shares and not held_out:
            samples = thinned(samples, data.shares, Random(f"shares {seed}"))
        for sample in samples:
            response = response_of(sample, random.choices(styles, shares)[0])
            if data.learned is None or re.search(data.learned, response):
                prompt = self.source.prompt(sample)
                yield Example(prompt=prompt if data.pictures else without_pictures(prompt), response=response)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromFile:
    """The lines of a file, in a new order every epoch; the last `kept` are held out."""

    lines: Sequence[Example]
    kept: int
    config: SftConfig

    def examples(self, step: int, *, held_out: bool = False) -> Iterator[Example]:
        if held_out:
            yield from self.lines[len(self.lines) - self.kept :]
            return
        count = len(self.lines) - self.kept
        position = step * self.config.data.rows
        while True:
            epoch, place = divmod(position, count)
            order = list(range(count))
            Random(self.config.seed * STEPS_APART + epoch).shuffle(order)
            for index in order[place:]:
                yield self.lines[index]
            position += count - place


def source_of(config: SftConfig) -> FromDataset | FromFile:
    """The configured source. Raises UnknownNameError for a data set, InputFileError for a file that does not fit."""
    if config.data.file is None:
        source = dataset(str(config.data.dataset))
        if config.data.shares:
            _check_tags(config.data.shares, next(source.stream(config.data.split, config.seed)).tags)
        return FromDataset(source=source, config=config)
    path = Path(config.data.file)
    with open_input(str(path)) as handle:
        lines = [_example(values, path, number) for number, values in read_rows(handle, str(path))]
    kept = round(len(lines) * config.data.held_out_share)
    if len(lines) - kept < 1:
        raise InputFileError(f"{path} has {len(lines)} lines, none of them left to train on; give it more")
    return FromFile(lines=lines, kept=kept, config=config)


def _check_tags(wanted: Iterable[str], tags: Iterable[str]) -> None:
    for tag in set(wanted) - set(tags):
        raise UsageError(f"data.shares: no sample has a tag {tag!r}; there are {', '.join(sorted(tags))}")


def _example(values: dict[str, object], path: Path, number: int) -> Example:
    where = f"{path}:{number}"
    prompt, response, image = values.get("prompt"), values.get("response"), values.get("image")
    if not isinstance(prompt, str) or not isinstance(response, str) or not isinstance(image, str | None):
        raise InputFileError(f"{where}: 'prompt' and 'response' must be texts, and 'image', if any, a path")
    parts: tuple[ImagePart | TextPart, ...] = (TextPart(text=prompt),)
    if image is not None:
        if not (path.parent / image).is_file():
            raise InputFileError(f"{where}: no such picture: {path.parent / image}")
        parts = (ImagePart(image=Image(path=str(path.parent / image))), *parts)
    messages = (Message(role="user", parts=parts),)
    return Example(prompt=Prompt(sample_id=f"line {number}", messages=messages), response=response)
