"""From examples to tensors, for models of two kinds.

Where a picture is a fixed number of tokens in front of the text, as in the embedded model, a row holds one picture and
all questions about it, each with its response: the mask lets a question see the picture and itself, and its positions
start behind the picture each time. So the model computes for it exactly what it would alone, and looks at the picture
once. Every other model gets a row for each example.

Labels stand at the position that predicts them; IGNORED everywhere else.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from PIL import Image as Pillow
from PIL.Image import Image as Picture
from torch import Tensor

from rfteval.errors import InputFileError
from rfteval.types import Image, ImagePart, Message, Prompt, TextPart
from training.batching import stack_pixels
from training.encoding import Encoder, load_encoder
from training.sft_config import SftDataSettings
from training.sft_examples import Example
from training.types import EncodedPrompt

IGNORED = -100
QUESTIONS_IN_A_ROW = 8
Batch = dict[str, Tensor]
T = TypeVar("T")


class Collator(Protocol):
    """Makes the batch of a step, in parts that go through the model one after the other."""

    def parts(self, examples: Iterable[Example], rows: int, at_once: int) -> list[Batch]:
        """`rows` rows of `examples` in parts of at most `at_once`, those of about one length together."""
        ...


def image_of(prompt: Prompt) -> Image | None:
    """The first picture of a prompt."""
    parts = [part for message in prompt.messages for part in message.parts]
    return next((part.image for part in parts if isinstance(part, ImagePart)), None)


def collator_of(model: Any, processor: Any, folder: Path, data: SftDataSettings) -> PackedCollator | PlainCollator:
    """The one that fits the model that was loaded from `folder`. A prompt over `data.longest` tokens is refused."""
    whole = not getattr(getattr(processor, "image_processor", None), "do_image_splitting", True)
    if model.config.model_type == "idefics3" and whole and data.pictures:
        return PackedCollator(processor, data.answer_weight, data.learned)
    return PlainCollator(load_encoder(folder, data.longest), data.answer_weight, data.learned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A response with the mark that ends a turn: its token ids, and those of them that are learned, else IGNORED."""

    ids: tuple[int, ...]
    targets: tuple[int, ...]


def said(tokenizer: Any, response: str, learned: str | None = None) -> Said:
    """`response` in tokens. With `learned`, only tokens inside its matches are learned, and not the end."""
    found = tokenizer(response, add_special_tokens=False, return_offsets_mapping=learned is not None)
    ids = (*found["input_ids"], tokenizer.eos_token_id)
    if learned is None:
        return Said(ids=ids, targets=ids)
    spans = [match.span() for match in re.finditer(learned, response)]
    inside = [any(start <= a and b <= end for start, end in spans) for a, b in found["offset_mapping"]]
    targets = [token if kept else IGNORED for token, kept in zip(ids, inside, strict=False)]
    return Said(ids=ids, targets=(*targets, IGNORED))


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRow:
    """One picture and token ids: those that every question sees, then (question, response) pairs."""

    picture: Picture
    prefix: tuple[int, ...]
    pairs: tuple[tuple[tuple[int, ...], Said], ...]

    @property
    def length(self) -> int:
        """How many tokens the row has."""
        return len(self.prefix) + sum(len(question) + len(response.ids) for question, response in self.pairs)


class PackedCollator:
    """Rows of one picture with all of its questions."""

    def __init__(self, processor: Any, answer_weight: float = 1.0, learned: str | None = None) -> None:
        self.processor, self.tokenizer = processor, processor.tokenizer
        self.answer_weight, self.learned = answer_weight, learned
        self._prefixes: dict[tuple[str, tuple[int, int]], tuple[int, ...]] = {}

    def parts(self, examples: Iterable[Example], rows: int, at_once: int) -> list[Batch]:
        made = sorted((self._row(run) for run in islice(_runs(examples), rows)), key=lambda row: row.length)
        return [self._batch(part) for part in _chunks(made, at_once)]

    def _row(self, examples: Sequence[Example]) -> PackedRow:
        texts = [
            self.processor.apply_chat_template(
                [_turn(message) for message in example.prompt.messages], add_generation_prompt=True, tokenize=False
            )
            for example in examples
        ]
        heads, tails = zip(*(text.split(self.processor.image_token, 1) for text in texts), strict=True)
        image = image_of(examples[0].prompt)
        if image is None or len(set(heads)) > 1:
            raise ValueError("a row needs one picture, and prompts that are the same up to it")
        picture = _opened(image)
        key = (heads[0], picture.size)
        if key not in self._prefixes:
            shown = self.processor(text=[heads[0] + self.processor.image_token], images=[[picture]])
            self._prefixes[key] = tuple(shown["input_ids"][0])
        questions = self.tokenizer(list(tails), add_special_tokens=False)["input_ids"]
        responses = [said(self.tokenizer, example.response, self.learned) for example in examples]
        pairs = tuple((tuple(question), response) for question, response in zip(questions, responses, strict=True))
        return PackedRow(picture=picture, prefix=self._prefixes[key], pairs=pairs)

    def _batch(self, rows: Sequence[PackedRow]) -> Batch:
        """`attention_mask` is (rows, 1, length, length), True where a token may look."""
        laid = [_laid_out(row) for row in rows]
        ids, positions, labels, segments = (
            _right_padded([each[place] for each in laid], padding)
            for place, padding in enumerate((self.tokenizer.pad_token_id, 0, IGNORED, -1))
        )
        weights = _weights(labels, self.tokenizer, self.answer_weight)
        same = segments[:, :, None] == segments[:, None, :]
        back = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool).tril()
        pictures = self.processor.image_processor([[row.picture] for row in rows], return_tensors="pt")
        return {
            "input_ids": ids,
            "position_ids": positions,
            "labels": labels,
            "weights": weights,
            "attention_mask": ((same | (segments[:, None, :] == 0)) & back)[:, None],
            "pixel_values": pictures["pixel_values"],
        }


class PlainCollator:
    """A row for each example, padded on the right."""

    def __init__(self, encoder: Encoder, answer_weight: float = 1.0, learned: str | None = None) -> None:
        self.encoder, self.answer_weight, self.learned = encoder, answer_weight, learned

    def parts(self, examples: Iterable[Example], rows: int, at_once: int) -> list[Batch]:
        made = [
            (self.encoder.encode(example.prompt), said(self.encoder.tokenizer, example.response, self.learned))
            for example in islice(examples, rows)
        ]
        made.sort(key=lambda pair: len(pair[0].ids) + len(pair[1].ids))
        return [self._batch(part) for part in _chunks(made, at_once)]

    def _batch(self, rows: Sequence[tuple[EncodedPrompt, Said]]) -> Batch:
        tokens = [(*prompt.ids, *response.ids) for prompt, response in rows]
        targets = [(*[IGNORED] * (len(prompt.ids) - 1), *response.targets, IGNORED) for prompt, response in rows]
        pixels = stack_pixels([prompt.pixels for prompt, _ in rows], torch.device("cpu"), torch.float32)
        labels = _right_padded(targets, IGNORED)
        return {
            "input_ids": _right_padded(tokens, self.encoder.tokenizer.pad_token_id or 0),
            "labels": labels,
            "weights": _weights(labels, self.encoder.tokenizer, self.answer_weight),
            "attention_mask": _right_padded([[1] * len(each) for each in tokens], 0),
            **pixels,
        }


def _turn(message: Message) -> dict[str, object]:
    content = [
        {"type": "text", "text": part.text} if isinstance(part, TextPart) else {"type": "image"}
        for part in message.parts
    ]
    return {"role": message.role, "content": content}


def _opened(image: Image) -> Picture:
    try:
        with Pillow.open(str(image.path) if image.data is None else io.BytesIO(image.data)) as opened:
            return opened.convert("RGB")
    except OSError as error:
        raise InputFileError(f"cannot read the picture {image.path or 'in a sample'}: {error}") from None


def _runs(examples: Iterable[Example]) -> Iterator[list[Example]]:
    """Examples about one picture that follow each other, at most as many as go into a row."""
    for _, about in groupby(examples, key=lambda example: image_of(example.prompt)):
        while run := list(islice(about, QUESTIONS_IN_A_ROW)):
            yield run


def _laid_out(row: PackedRow) -> tuple[list[int], list[int], list[int], list[int]]:
    """Token ids, positions, labels and segments (0: the picture, then one number a question) of a row."""
    tokens = list(row.prefix)
    start = len(tokens)
    places, targets, segments = list(range(start)), [IGNORED] * start, [0] * start
    for number, (question, response) in enumerate(row.pairs, start=1):
        both = (*question, *response.ids)
        tokens += both
        places += range(start, start + len(both))
        targets += [*[IGNORED] * (len(question) - 1), *response.targets, IGNORED]
        segments += [number] * len(both)
    return tokens, places, targets, segments


def _weights(labels: Tensor, tokenizer: Any, answer: float) -> Tensor:
    """What each label counts: 1, or `answer` from behind an <answer> tag to the end of its response."""
    weights = torch.ones(labels.shape)
    tag = tokenizer.convert_tokens_to_ids("<answer>")
    if answer == 1.0 or tag is None or tag == tokenizer.unk_token_id:
        return weights
    for row, labels_of_row in enumerate(labels.tolist()):
        inside = False
        for place, label in enumerate(labels_of_row):
            inside = inside and label != IGNORED
            if inside:
                weights[row, place] = answer
            inside = inside or label == tag
    return weights


def _right_padded(rows: Sequence[Sequence[int]], padding: int) -> Tensor:
    length = max(map(len, rows))
    return torch.tensor([[*row, *[padding] * (length - len(row))] for row in rows])


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
