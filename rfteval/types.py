"""The nouns of the harness: samples, prompts, responses, records. Pure data; references come from reward_service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from reward_service.types import Reference, ScoredItem, Verdict

Tag = str | tuple[str, ...]  # one value, or several where a sample belongs to several groups (MathVista's skills)


class Stored(Protocol):
    """Bytes that lie elsewhere, with their number and their digest; equal where the bytes are."""

    @property
    def size(self) -> int: ...

    @property
    def sha256(self) -> str: ...

    def read(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class Image:
    """A picture, encoded as it came: exactly one of a file path and the file's bytes. Decoded only by a model.

    With `frame`, (number, of), the path is a video's and the picture is that one, from 0, of so many evenly spaced
    frames of it (rfteval.videos). `stored` are the bytes, or where they lie.
    """

    path: str | None
    stored: bytes | Stored | None
    frame: tuple[int, int] | None

    def __init__(
        self, *, path: str | None = None, data: bytes | Stored | None = None, frame: tuple[int, int] | None = None
    ) -> None:
        if (path is None) == (data is None):
            raise ValueError("an image has either a path or data")
        if frame is not None and (path is None or not 0 <= frame[0] < frame[1]):
            raise ValueError(f"a frame is one of a video's at a path, got {frame} of {path}")
        for name, value in (("path", path), ("stored", data), ("frame", frame)):
            object.__setattr__(self, name, value)

    @property
    def data(self) -> bytes | None:
        """The bytes, None for a path. They may be read at each call, so that nobody holds those of a whole data set."""
        return self.stored if self.stored is None or isinstance(self.stored, bytes) else self.stored.read()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One problem of a benchmark. `tags` are the groups it is counted in; `fields` what else prompts and rules need."""

    id: str
    question: str
    reference: Reference
    images: tuple[Image, ...] = ()
    tags: Mapping[str, Tag] = field(default_factory=dict)
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """Text inside a message."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart:
    """A picture inside a message."""

    image: Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn: who speaks, and text and pictures in order."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[TextPart | ImagePart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a model is asked for one sample; `sample_id` names the sample it was rendered from.

    `indices` are those of the `Sampling.samples` responses that are still wanted; None means all of them. A run that
    goes on after it was killed asks only for what its journal lacks. Where there are `options`, no response is wanted
    but how likely the model would write each of these texts (rfteval.models.likelihood).
    """

    sample_id: str
    messages: tuple[Message, ...]
    indices: tuple[int, ...] | None = None
    options: tuple[str, ...] = ()

    def wanted(self, sampling: Sampling) -> tuple[int, ...]:
        """The indices of the responses to generate, ascending."""
        return tuple(range(sampling.samples)) if self.indices is None else self.indices


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How to generate. `temperature` 0 is greedy; `samples` responses are drawn for each prompt.

    A model's own defaults never count: what is None here is off. `top_k` keeps the k likeliest tokens, `min_p` those at
    least that fraction as likely as the likeliest, `repetition_penalty` divides the logits of tokens seen before (1 is
    none). A response ends before the first of the texts `stop`. `thinking` switches a chat template's reasoning on or
    off (None: as the template does by itself); after `thinking_budget` tokens of reasoning the model is made to answer.
    Raises ValueError where a value makes no sense.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 2048
    samples: int = 1
    seed: int | None = None
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    stop: tuple[str, ...] = ()
    thinking: bool | None = None
    thinking_budget: int | None = None

    def __post_init__(self) -> None:
        sensible = {
            "temperature": 0 <= self.temperature < float("inf"),
            "top_p": 0 < self.top_p <= 1,
            "max_tokens": self.max_tokens >= 1,
            "samples": self.samples >= 1,
            "top_k": self.top_k is None or self.top_k >= 1,
            "min_p": self.min_p is None or 0 <= self.min_p <= 1,
            "repetition_penalty": self.repetition_penalty is None or 0 < self.repetition_penalty < float("inf"),
            "stop": not isinstance(self.stop, str) and all(self.stop),
            "thinking_budget": self.thinking_budget is None or self.thinking_budget >= 0,
        }
        wrong = [name for name, right in sensible.items() if not right]
        if wrong:
            raise ValueError(f"sampling cannot have {wrong[0]} {getattr(self, wrong[0])!r}")

    def settings(self) -> dict[str, object]:
        """What is set, as JSON values: a setting that is off is left out, so that a new one changes no old run."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items() if v not in (None, ())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a model returned for one prompt, or what was stored of it. `extras` holds fields kept beside stored ones.

    `text` is what is judged. `reasoning` is what a server returned apart from it, in a field of its own; reasoning that
    a model wrote between tags into its text stays there. `seed` is the one that this response was drawn with.
    """

    sample_id: str
    text: str
    index: int = 0
    finish_reason: Literal["stop", "length", "error", "unknown"] = "unknown"
    prompt_tokens: int | None = None
    response_tokens: int | None = None
    error: str | None = None
    extras: Mapping[str, object] = field(default_factory=dict)
    reasoning: str | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What a response, cut off after `budget` tokens (or characters), would have been given: status and score."""

    budget: int
    status: str
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One journal line: a response and how it was scored. `scored` is None when no response could be had.

    `cuts` tell what is left of the score under smaller budgets (rfteval.budgets), ascending. `prompt_sha256` is the
    digest of the prompt that was answered (rfteval.asking), empty for stored responses. `judged` is what an optional
    judge said of it (rfteval.judging).
    """

    sample_id: str
    index: int
    response: Response
    scored: ScoredItem | None
    prompt_sha256: str = ""
    cuts: tuple[Cut, ...] = ()
    judged: Verdict | None = None
