"""A command of `rfteval` as a value, so that the list of them is data, and other packages can add to it.

The entry-point group `rfteval.commands` names tuples of `Command`; the trainer and the benchmarks bring theirs that
way, since this package imports neither. A module that an entry point names is loaded at every start: it must import
nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from rfteval.errors import RftevalError

GROUP = "rfteval.commands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`rfteval NAME`, or `rfteval GROUP NAME` where `group` is set. `function` is annotated as typer reads it.

    `summary` stands in the list of commands, `example` at the end of the command's own help.
    """

    name: str
    summary: str
    example: str
    function: Callable[..., Any]
    group: str = ""

    def __post_init__(self) -> None:
        if not (self.name and self.summary and self.example):
            raise ValueError(f"a command needs a name, a summary and an example: {self.name!r}")


def plugged(points: Iterable[EntryPoint] | None = None) -> tuple[Command, ...]:
    """The commands that installed packages add. Raises RftevalError naming the entry point that is at fault."""
    found: list[Command] = []
    for point in entry_points(group=GROUP) if points is None else points:
        try:
            value = point.load()
        except Exception as error:  # a third party's module may fail in any way; the person must learn which one it was
            raise RftevalError(
                f"cannot load commands from {point.value!r}: {type(error).__name__}: {error}; "
                "repair or uninstall that package"
            ) from error
        if not isinstance(value, tuple) or not all(isinstance(part, Command) for part in value):
            raise RftevalError(f"{point.value!r} is not a tuple of Command values; correct its entry point")
        found += value
    return tuple(found)
