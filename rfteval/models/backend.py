"""What a backend is: one value that says how models are opened by it, which options it takes, and what it needs.

The entry-point group `rfteval.models` names tuples of `Backend`; a third party adds one line to its own pyproject. The
list is looked through at every start, so what `open` needs is imported inside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rfteval.benchmark import Benchmark
from rfteval.errors import UsageError, unknown_name
from rfteval.installation import installed_version
from rfteval.models import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a backend. `read` makes its value of a text and raises ValueError where it cannot.

    `decides` marks one that responses depend on: it belongs to a run's settings, and a run goes on only with the same.
    """

    name: str
    help: str
    read: Callable[[str], object] = str
    decides: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """What `Backend.open` is given: the model's name there, checked options, and the split it will be asked.

    `label` is what the person wrote; a run's settings hold it, and not where this machine keeps the packaged model.
    `deciding` are those of the options that responses depend on.
    """

    name: str
    label: str
    options: Mapping[str, object] = field(default_factory=dict)
    deciding: Mapping[str, object] = field(default_factory=dict)
    benchmark: Benchmark
    split: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A way to run models. `open` raises ModelError where the model cannot be had; loading may wait for `generate`.

    `packages` are the distributions it needs, each with its alternatives; `install` is the command that brings them.
    `rank` opens the same model to say how likely it would write each of a prompt's options (rfteval.models.likelihood);
    None where the backend cannot tell.
    """

    name: str
    summary: str
    open: Callable[[ModelRequest], Model]
    names: str = "as it calls them"  # what a model's name is there, for people
    options: tuple[Option, ...] = ()
    packages: tuple[tuple[str, ...], ...] = ()
    install: str = ""
    rank: Callable[[ModelRequest], Model] | None = None

    def versions(self) -> dict[str, str]:
        """The packages that are there, with their versions."""
        every = {name: installed_version(name) for names in self.packages for name in names}
        return {name: found for name, found in every.items() if found is not None}

    def lacking(self) -> tuple[str, ...]:
        """The packages of which no alternative is there."""
        there = self.versions()
        return tuple(names[0] for names in self.packages if not any(name in there for name in names))

    def found(self) -> str:
        """What is there of what it needs, or what is lacking, for people."""
        lacking = self.lacking()
        if lacking:
            return f"lacks {', '.join(lacking)}"
        return ", ".join(f"{name} {version}" for name, version in self.versions().items()) or "needs nothing more"

    def read_options(self, given: Mapping[str, str]) -> dict[str, object]:
        """The values of `given`. Raises UnknownNameError and UsageError naming the option."""
        known = {option.name: option for option in self.options}
        values = {}
        for name, text in given.items():
            if name not in known:
                raise unknown_name(f"option of backend {self.name}", name, known)
            try:
                values[name] = known[name].read(text)
            except ValueError as error:
                raise UsageError(f"option {name} of backend {self.name} cannot be {text!r}: {error}") from None
        return values

    def deciding(self, values: Mapping[str, object]) -> dict[str, object]:
        """Those of `values` that responses depend on."""
        return {option.name: values[option.name] for option in self.options if option.decides and option.name in values}


def whole(lowest: int = 1) -> Callable[[str], int]:
    """Reads a whole number from `lowest`."""

    def read(text: str) -> int:
        value = int(text) if text.strip().lstrip("-").isdigit() else None
        if value is None or value < lowest:
            raise ValueError(f"it takes a whole number from {lowest}")
        return value

    return read


def fraction(text: str) -> float:
    """Reads a number above 0 and at most 1."""
    value = _number(text)
    if not 0 < value <= 1:
        raise ValueError("it takes a number above 0 and at most 1")
    return value


def positive(text: str) -> float:
    """Reads a finite number above 0."""
    value = _number(text)
    if not 0 < value < float("inf"):
        raise ValueError("it takes a number above 0")
    return value


def switch(text: str) -> bool:
    """Reads true or false."""
    if text.lower() not in ("true", "false", "yes", "no", "on", "off", "1", "0"):
        raise ValueError("it takes true or false")
    return text.lower() in ("true", "yes", "on", "1")


def one_of(*allowed: str) -> Callable[[str], str]:
    """Reads one of the texts `allowed`."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"it takes {', '.join(allowed)}")
        return text

    return read


def json_object(text: str) -> dict[str, object]:
    """Reads a JSON object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it takes a JSON object") from None
    if not isinstance(value, dict):
        raise ValueError("it takes a JSON object")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("it takes a number") from None
