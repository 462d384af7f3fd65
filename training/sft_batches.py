"""From samples to tensors: questions about one picture lie behind one another in a row and do not see each other.

A row is the picture's tokens, then each question with its response. The mask lets a question see the picture and
itself, and its positions start behind the picture's each time, so that the model computes for it exactly what it would
alone; the picture's share of the work is done once.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from rfteval.types import ImagePart, Message, Prompt, TextPart

IGNORED = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A prompt with what the model is to answer."""

    prompt: Prompt
    response: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One picture (or none) and token ids: those that every question sees, then (question, response) pairs."""

    picture: Image.Image | None
    prefix: tuple[int, ...]
    pairs: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]

    @property
    def length(self) -> int:
        """How many tokens the row has."""
        return len(self.prefix) + sum(len(question) + len(response) for question, response in self.pairs)


def picture_of(prompt: Prompt) -> bytes | str | None:
    """What decides that two prompts are about one picture; None without one."""
    parts = [part for message in prompt.messages for part in message.parts if isinstance(part, ImagePart)]
    return (parts[0].image.data or parts[0].image.path) if parts else None


def grouped(examples: Iterator[Example]) -> Iterator[list[Example]]:
    """Runs of examples about one picture."""
    for _, run in groupby(examples, key=lambda example: picture_of(example.prompt)):
        yield list(run)


class Encoder:
    """Encodes groups of examples with a processor whose pictures are a fixed number of tokens in front of the text."""

    def __init__(self, processor: Any) -> None:
        self.processor = processor
        self.tokenizer = processor.tokenizer
        self._prefixes: dict[tuple[str, tuple[int, int]], tuple[int, ...]] = {}

    def row(self, examples: Sequence[Example]) -> Row:
        """One row of examples about one picture."""
        texts = [self._text(example.prompt) for example in examples]
        heads, tails = zip(*(text.split(self.processor.image_token, 1) for text in texts), strict=True)
        if len(set(heads)) > 1:
            raise ValueError("prompts about one picture must be the same up to the picture")
        picture = _opened(examples[0].prompt)
        key = (heads[0], picture.size)
        if key not in self._prefixes:
            shown = self.processor(text=[heads[0] + self.processor.image_token], images=[[picture]])
            self._prefixes[key] = tuple(shown["input_ids"][0])
        end = self.tokenizer.eos_token
        said = [example.response + end for example in examples]
        questions = self.tokenizer(list(tails), add_special_tokens=False)["input_ids"]
        responses = self.tokenizer(said, add_special_tokens=False)["input_ids"]
        pairs = tuple((tuple(q), tuple(r)) for q, r in zip(questions, responses, strict=True))
        return Row(picture=picture, prefix=self._prefixes[key], pairs=pairs)

    def _text(self, prompt: Prompt) -> str:
        text: str = self.processor.apply_chat_template(
            [_turn(message) for message in prompt.messages], add_generation_prompt=True, tokenize=False
        )
        return text

    def batch(self, rows: Sequence[Row]) -> dict[str, Tensor]:
        """Tensors of rows: `input_ids`, `position_ids`, `labels` (rows, length), `attention_mask` (rows, 1, length,
        length, True where a token may look), `pixel_values`. Labels stand where their token is predicted."""
        parts = [_laid_out(row) for row in rows]
        length = max(len(part[0]) for part in parts)
        count = len(rows)
        ids = torch.full((count, length), self.tokenizer.pad_token_id)
        positions = torch.zeros(count, length, dtype=torch.long)
        labels = torch.full((count, length), IGNORED)
        segments = torch.full((count, length), -1)
        for index, (tokens, places, targets, segment) in enumerate(parts):
            ids[index, : len(tokens)] = torch.tensor(tokens)
            positions[index, : len(tokens)] = torch.tensor(places)
            labels[index, : len(tokens)] = torch.tensor(targets)
            segments[index, : len(tokens)] = torch.tensor(segment)
        same = segments[:, :, None] == segments[:, None, :]
        seen = (same | (segments[:, None, :] == 0)) & torch.ones(length, length, dtype=torch.bool).tril()
        pictures = self.processor.image_processor([[row.picture] for row in rows], return_tensors="pt")
        return {
            "input_ids": ids,
            "position_ids": positions,
            "labels": labels,
            "attention_mask": seen[:, None],
            "pixel_values": pictures["pixel_values"],
        }


def _laid_out(row: Row) -> tuple[list[int], list[int], list[int], list[int]]:
    """Token ids, positions, labels and segments (0: the picture, then one number a question) of a row."""
    tokens = list(row.prefix)
    start = len(tokens)
    places, targets, segments = list(range(start)), [IGNORED] * start, [0] * start
    for number, (question, response) in enumerate(row.pairs, start=1):
        both = (*question, *response)
        tokens += both
        places += range(start, start + len(both))
        targets += [*[IGNORED] * (len(question) - 1), *response, IGNORED]
        segments += [number] * len(both)
    return tokens, places, targets, segments


def _turn(message: Message) -> dict[str, object]:
    content = [
        {"type": "text", "text": part.text} if isinstance(part, TextPart) else {"type": "image"}
        for part in message.parts
    ]
    return {"role": message.role, "content": content}


def _opened(prompt: Prompt) -> Image.Image:
    source = picture_of(prompt)
    if source is None:
        raise ValueError(f"{prompt.sample_id}: a prompt without a picture cannot be packed")
    return Image.open(io.BytesIO(source) if isinstance(source, bytes) else source).convert("RGB")
