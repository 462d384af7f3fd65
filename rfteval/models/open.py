"""From the name of a model to the model: which backend, which options, and what to say where it cannot be.

A name is `BACKEND:NAME`, or a hub id or folder alone, for which the backend follows from what is installed, or
`embedded`, the model that comes with the package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

from rfteval.benchmark import Benchmark
from rfteval.errors import ModelError, RftevalError, UnknownNameError, UsageError, unknown_name
from rfteval.installation import installed_version
from rfteval.models import Model
from rfteval.models.backend import Backend, ModelRequest
from rfteval.models.builtin import builtin
from rfteval.types import Sample

GROUP = "rfteval.models"
EMBEDDED = "embedded"
REPLAY = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """A model as a person names it: `name` as in the module's docstring, a backend or None, and options as texts."""

    name: str
    backend: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def backends(points: Iterable[EntryPoint] | None = None) -> dict[str, Backend]:
    """Every backend by name, ours and installed ones. Raises RftevalError naming the entry point that is at fault."""
    found = {backend.name: backend for backend in builtin()}
    for point in entry_points(group=GROUP) if points is None else points:
        for backend in _load(point):
            if backend.name in found and found[backend.name] is not backend:
                raise RftevalError(
                    f"two backends are called {backend.name!r}, one from {point.value!r}; uninstall one of them"
                )
            found[backend.name] = backend
    return dict(sorted(found.items()))


def open_model(choice: Model | ModelChoice | str, benchmark: Benchmark, split: str) -> Model:
    """The model of `choice`, of a name alone, or `choice` itself where it is one already.

    Raises UsageError, UnknownNameError and ModelError.
    """
    if isinstance(choice, str):
        choice = ModelChoice(name=choice)
    if not isinstance(choice, ModelChoice):
        return choice
    backend, name = pick(choice, backends())
    options = backend.read_options(choice.options)
    lacking = backend.lacking()
    if lacking:
        raise ModelError(
            f"backend {backend.name} needs {', '.join(lacking)}, not installed here; install with: {backend.install}"
        )
    if benchmark.ranked and backend.rank is None:
        able = " or ".join(other.name for other in backends().values() if other.rank is not None)
        raise ModelError(
            f"{benchmark.name} needs the likelihood of each option, which backend {backend.name} does not give; "
            f"use --backend {able}, or ask for answers by another benchmark"
        )
    opener = backend.rank if benchmark.ranked and backend.rank is not None else backend.open
    return opener(
        ModelRequest(
            name=name,
            label=choice.name,
            options=options,
            deciding=backend.deciding(options),
            benchmark=benchmark,
            split=split,
        )
    )


def pick(choice: ModelChoice, known: Mapping[str, Backend]) -> tuple[Backend, str]:
    """(the backend of `choice`, the model's name there). Raises UsageError and UnknownNameError."""
    if choice.backend is not None and choice.backend not in known:
        raise unknown_name("backend", choice.backend, known)
    prefix, colon, rest = choice.name.partition(":")
    if prefix in known:
        if choice.backend not in (None, prefix):
            raise UsageError(f"--model {choice.name} names backend {prefix}, and --backend {choice.backend}; leave one")
        if not rest and prefix != REPLAY:
            raise UsageError(
                f"--model {choice.name} names no model; write {prefix}:NAME, where NAME is {known[prefix].names}"
            )
        return known[prefix], rest
    if prefix == EMBEDDED:
        return known[choice.backend or _installed(known, ("transformers", "vllm"))], _embedded(rest)
    if colon:
        raise unknown_name("backend", prefix, known)
    if not choice.name:
        raise UsageError("--model is empty; give a hub id, a folder, or see `rfteval models`")
    if choice.backend is None and "/" not in choice.name and not find_folder(choice.name):
        # A hub id has a slash but for a few old ones, so that this is far more often a slip.
        slip = unknown_name("model", choice.name, [EMBEDDED, f"{EMBEDDED}:base", *known])
        raise UnknownNameError(f"{slip}; no folder here has that name, and a hub id without a slash needs --backend")
    return known[choice.backend or _installed(known, _local_order())], choice.name


def default_model(samples: Sequence[Sample]) -> str:
    """The model that is asked where none was named: the embedded one. Raises UsageError for questions without pictures.

    It was made for pictures of its own kind, and nobody would want its answers to anything else.
    """
    if not any(sample.images for sample in samples):
        raise UsageError("these questions have no pictures, for which there is no default model; name one with --model")
    return EMBEDDED


def find_folder(name: str) -> bool:
    """Whether a model's folder of that name is there."""
    from pathlib import Path

    return Path(name).expanduser().is_dir()


def _local_order() -> tuple[str, ...]:
    """vLLM's build for GPUs is wanted where it is installed; its build for processors only where nothing else is."""
    return ("vllm", "transformers") if installed_version("vllm") else ("transformers", "vllm")


def _installed(known: Mapping[str, Backend], order: Sequence[str]) -> str:
    """The first of `order` that has what it needs, or else the first of all, whose error says what to install."""
    return next((name for name in order if name in known and not known[name].lacking()), order[0])


def _embedded(variant: str) -> str:
    """The folder of the packaged model. Raises ModelError where this installation has none, UnknownNameError."""
    if find_spec("rfteval.models.embedded") is None:
        raise ModelError("this installation has no embedded model; name another with --model")
    from rfteval.models import embedded

    return str(embedded.path(variant or "thinker"))


def _load(point: EntryPoint) -> tuple[Backend, ...]:
    try:
        value = point.load()
    except Exception as error:  # a third party's module may fail in any way; the person must learn which one it was
        raise RftevalError(
            f"cannot load backends from {point.value!r}: {type(error).__name__}: {error}; "
            "repair or uninstall that package"
        ) from error
    if not isinstance(value, tuple) or not all(isinstance(part, Backend) for part in value):
        raise RftevalError(f"{point.value!r} is not a tuple of Backend values; correct its entry point")
    return value
