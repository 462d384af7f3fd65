"""Prompts → what a model takes: chat template, pictures, token ids. A prompt that cannot be answered is told apart,
with the reason, and the others go on.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from jinja2.exceptions import TemplateError

from rfteval.errors import ImageError
from rfteval.models.asked import chat_of, images_of, pictures_of
from rfteval.models.reasoning import MARKS, THINK, THINK_END
from rfteval.types import Prompt

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_TOGETHER = 256  # texts whose tokens are counted at once: a tokenizer keeps far more of each than their number


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Inputs of the prompts at the places `kept`, padded on the left, and why the others are `refused`.

    `lengths` are their tokens, `opened` whether the template opened the reasoning already.
    """

    inputs: Mapping[str, torch.Tensor] = field(default_factory=dict)
    kept: tuple[int, ...] = ()
    lengths: tuple[int, ...] = ()
    opened: tuple[bool, ...] = ()
    refused: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A prompt whose text and pictures are at hand."""

    place: int
    text: str
    pictures: list[Picture]


class Processing:
    """A model's tokenizer, and its processor where it takes pictures.

    `context` is the most tokens of prompt and response together; `most_images` the most pictures in a prompt.
    """

    def __init__(self, tokenizer: Any, processor: Any | None, *, context: int, most_images: int | None = None) -> None:
        self.tokenizer = tokenizer
        self.context = context
        self._processor = processor
        self._most_images = most_images
        self._alone = threading.Lock()  # a tokenizer in Rust holds its padding, and refuses two threads at once
        special = {number: token.content for number, token in tokenizer.added_tokens_decoder.items() if token.special}
        self._special = re.compile("|".join(map(re.escape, sorted(special.values(), key=len, reverse=True))) or r"(?!)")
        self.marks_are_special = not MARKS.isdisjoint(special.values())  # which others than `text` then drop
        self._dropped = frozenset(number for number, content in special.items() if content not in MARKS)

    @property
    def takes_pictures(self) -> bool:
        """Whether the model reads pictures."""
        return self._processor is not None

    def text(self, tokens: Sequence[int]) -> str:
        """The text of response tokens, without special ones but for marks of reasoning."""
        kept = [token for token in tokens if token not in self._dropped]
        with self._alone:
            decoded = self.tokenizer.decode(kept, skip_special_tokens=False, clean_up_tokenization_spaces=False)
        assert isinstance(decoded, str)
        return decoded

    def rendered(self, prompt: Prompt, thinking: bool | None) -> str:
        """The prompt as the chat template writes it. Raises what the template raises."""
        template = self.tokenizer if self._processor is None else self._processor
        extra = {} if thinking is None else {"enable_thinking": thinking}
        chat = chat_of(prompt, self.plain, parts=self._processor is not None)
        return str(template.apply_chat_template(chat, tokenize=False, add_generation_prompt=True, **extra))

    def plain(self, text: str) -> str:
        """A question's text may spell a special token, as MMMU-Pro's do `<image>`: a space makes it a text again.

        Else it would stand for a picture, or end the turn.
        """
        return self._special.sub(lambda found: f"{found[0][:1]} {found[0][1:]}", text)

    def prepare(self, prompts: Sequence[Prompt], thinking: bool | None) -> Prepared:
        """All have pictures, or none has."""
        refused: dict[int, str] = {}
        ready = []
        for place, prompt in enumerate(prompts):
            try:
                ready.append(self.ready(place, prompt, thinking))
            except (ImageError, ValueError, TemplateError) as error:
                refused[place] = _reason(error)
        inputs, ready = self._encoded(ready, refused)
        lengths = inputs["attention_mask"].sum(-1).tolist() if ready else []
        fitting = []
        for each, length in zip(ready, lengths, strict=True):
            if length < self.context:
                fitting.append(each)
            else:
                refused[each.place] = (
                    f"context overflow: the prompt has {length} tokens, the model holds {self.context}"
                )
        if len(fitting) < len(ready):
            inputs, ready = self._encoded(fitting, refused)
            lengths = inputs["attention_mask"].sum(-1).tolist() if ready else []
        return Prepared(
            inputs=inputs,
            kept=tuple(each.place for each in ready),
            lengths=tuple(lengths),
            opened=tuple(each.text.rfind(THINK) > each.text.rfind(THINK_END) for each in ready),
            refused=refused,
        )

    def ready(self, place: int, prompt: Prompt, thinking: bool | None) -> Ready:
        """A prompt's text and decoded pictures. Raises ImageError, ValueError, and TemplateError for a refusal."""
        if self._processor is None and images_of(prompt):
            raise ValueError(
                "the model takes no pictures, and the prompt has some; name a vision-language model, or ask without "
                "pictures by --control text-only"
            )
        pictures = pictures_of(prompt, self._most_images)
        return Ready(place=place, text=self.rendered(prompt, thinking), pictures=pictures)

    def _encoded(self, ready: list[Ready], refused: dict[int, str]) -> tuple[Mapping[str, torch.Tensor], list[Ready]]:
        """(inputs, those they are of). Where a processor refuses all together, each is tried alone to find which."""
        if not ready:
            return {}, ready
        try:
            return self._encode(ready), ready
        except (torch.OutOfMemoryError, MemoryError):
            raise
        except Exception as error:  # a processor may raise anything at a picture that it cannot take
            if len(ready) == 1:
                refused[ready[0].place] = f"the processor refuses the prompt: {_reason(error)}"
                return {}, []
            good = [each for each in ready if self._encoded([each], refused)[1]]
            if len(good) == len(ready):  # each is taken alone, and all together are not: nothing that a prompt did
                raise
        return self._encoded(good, refused)

    def token_ids(self, text: str) -> list[int]:
        """The tokens of a rendered prompt, with one placeholder a picture."""
        with self._alone:
            return list(self.tokenizer.encode(text, add_special_tokens=self._adds_special(text)))

    def text_lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has."""
        lengths: list[int] = []
        for start in range(0, len(texts), _TOGETHER):
            with self._alone:
                # Half a surrogate pair is refused later, with its prompt alone; here it only counts.
                some = [text.encode(errors="replace").decode() for text in texts[start : start + _TOGETHER]]
                made = self.tokenizer(some, add_special_tokens=False, verbose=False)
            lengths += map(len, made["input_ids"])
        return lengths

    def _adds_special(self, text: str) -> bool:
        """A template writes the first token itself, or leaves it to the tokenizer; two would be one too many."""
        bos = self.tokenizer.bos_token
        return self.takes_pictures and not (bos and text.startswith(bos))

    def _encode(self, ready: Sequence[Ready]) -> Mapping[str, torch.Tensor]:
        texts = [each.text for each in ready]
        options = {"padding": True, "return_tensors": "pt", "add_special_tokens": self._adds_special(texts[0])}
        with self._alone:
            if self._processor is None:
                made = self.tokenizer(texts, **options)
            elif any(each.pictures for each in ready):
                made = self._processor(text=texts, images=[each.pictures for each in ready], **options)
            else:
                made = self._processor(text=texts, **options)
        return {name: value for name, value in made.items() if isinstance(value, torch.Tensor)}


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
