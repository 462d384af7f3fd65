"""What a benchmark is: one value that says how to load its samples, ask them, score them and group the scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reward_service.types import Component, Verdict
from rfteval.metrics import Item
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
class Metric:
    """A number of a benchmark's own, where its accuracy is not what it is known by.

    `value` lies between 0 and `highest` and is None where nothing it needs was scored; `samples` is how many samples it
    is made of, and `note` what a reader must know to compare it.
    """

    name: str
    value: float | None
    highest: float
    samples: int
    note: str = ""

    def __post_init__(self) -> None:
        if self.value is not None and not -1e-9 <= self.value <= self.highest + 1e-9:
            raise ValueError(f"{self.name} must lie between 0 and {self.highest}, got {self.value}")


Headline = Callable[[Sequence[Item], Mapping[str, Sample]], tuple[Metric, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A published score, to hold a run against: of which model, of what, and where it was read."""

    model: str
    score: float
    of: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A sample, a response to it, and its first verdict (None where there was nothing to judge), for a layout.

    `sample` is as a run stores it, without `fields`; `asked` is the text of the prompt, empty for stored responses.
    """

    sample: Sample
    response: Response
    verdict: Verdict | None
    asked: str = ""


# One answer to each sample → file names below a folder, and what the JSON files hold. Pure.
Layout = Callable[[Sequence[Answer]], Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One benchmark. `prompts` and `profiles` are looked up by name; `breakdowns` are keys of `Sample.tags`.

    `recorded` maps a split to a packaged JSONL file of responses in the `outputs` format, for the `replay` model.
    `headline` makes the benchmark's own metrics of all items and the samples by id; it is pure. `quirks` are what one
    should know before comparing a score. `layouts` are forms of a run's answers that the authors' own scripts read.
    Of a `ranked` one the prompts have options, and a model says how likely each is instead of answering.
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
    headline: Headline | None = None
    anchors: tuple[Anchor, ...] = ()
    quirks: tuple[str, ...] = ()
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    ranked: bool = False
