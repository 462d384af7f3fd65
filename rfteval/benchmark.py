"""What a benchmark is: one value that says how to load its samples, ask them, score them and group the scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reward_service.types import Component
from rfteval.types import Prompt, Response, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """What to load: a split, from a local snapshot (`data`) or, when None, from the package or the hub."""

    split: str
    data: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A way to score: which text of a response is judged, and by which components.

    `text` picks the text (the response itself, or an extraction stored beside it); None means that this response has
    none, which is counted as unscored with the reason `missing_text`. `components` may depend on the sample.
    """

    name: str
    summary: str
    components: Callable[[Sample], tuple[Component, ...]]
    text: Callable[[Response], str | None] = lambda response: response.text
    missing_text: str = "the stored response has no such field"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFormat:
    """Field names of the authors' released outputs, for `rescore`; `verdict` (a boolean) is compared row by row."""

    sample_id: str = "id"
    text: str = "response"
    verdict: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One benchmark. `prompts` and `profiles` are looked up by name; `breakdowns` are keys of `Sample.tags`.

    `recorded` maps a split to a packaged JSONL file of responses in the `outputs` format, for the `replay` model.
    """

    name: str
    title: str
    homepage: str
    licence: str
    citation: str
    splits: tuple[str, ...]
    default_split: str
    load: Callable[[LoadRequest], Sequence[Sample]]
    prompts: Mapping[str, Callable[[Sample], Prompt]]
    default_prompt: str
    profiles: Mapping[str, Profile]
    default_profile: str
    breakdowns: tuple[str, ...] = ()
    cluster_key: str | None = None
    outputs: OutputFormat = field(default_factory=OutputFormat)
    recorded: Mapping[str, str] = field(default_factory=dict)
