"""Benchmarks by name, found through the entry-point group `rfteval.benchmarks`; profiles, splits and prompts of one.

An entry point names a tuple of `Benchmark` values; a third party adds one line to its own pyproject.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rfteval.benchmark import Benchmark, Profile
from rfteval.dataset import Dataset
from rfteval.errors import RftevalError, unknown_name
from rfteval.types import Prompt, Sample

GROUP = "rfteval.benchmarks"
DATASETS = "rfteval.datasets"
RELEASES = "rfteval.releases"
FOLDER = "RFTEVAL_BENCHMARKS"  # an environment variable

if TYPE_CHECKING:
    from rfteval.verification.release import Release

T = TypeVar("T")


def benchmarks(points: Iterable[EntryPoint] | None = None) -> dict[str, Benchmark]:
    """Every installed benchmark by name, and those of the YAML files in the folder that RFTEVAL_BENCHMARKS names.

    In order of the names. Raises RftevalError naming the entry point that cannot be loaded or repeats a name.
    """
    found: dict[str, Benchmark] = {}
    origin: dict[str, str] = {}
    for point in entry_points(group=GROUP) if points is None else points:
        for benchmark in _load(point, Benchmark):
            if benchmark.name in found and found[benchmark.name] is not benchmark:
                raise RftevalError(
                    f"two benchmarks are called {benchmark.name!r}: from {origin[benchmark.name]} and {point.value}; "
                    "uninstall one of them or rename it"
                )
            found[benchmark.name] = benchmark
            origin[benchmark.name] = point.value
    folder = os.environ.get(FOLDER)
    if folder and points is None:
        from rfteval import yaml_benchmark  # what reads such files is loaded only for them

        found |= yaml_benchmark.from_folder(folder)
    return dict(sorted(found.items()))


def benchmark(name: str) -> Benchmark:
    """The benchmark of that name, or the one that the YAML file of that path describes.

    Raises UnknownNameError with close names, and InputFileError for a file that describes none.
    """
    if name.endswith((".yaml", ".yml")):
        from rfteval import yaml_benchmark  # what reads such files is loaded only for them

        return yaml_benchmark.from_file(Path(name))
    found = benchmarks()
    if name not in found:
        raise unknown_name("benchmark", name, found)
    return found[name]


def datasets(points: Iterable[EntryPoint] | None = None) -> dict[str, Dataset]:
    """Every installed training set by name. An entry point names a tuple of `Dataset` values.

    Raises RftevalError naming the entry point that cannot be loaded.
    """
    found: dict[str, Dataset] = {}
    for point in entry_points(group=DATASETS) if points is None else points:
        found |= {one.name: one for one in _load(point, Dataset)}
    return dict(sorted(found.items()))


def dataset(name: str) -> Dataset:
    """The training set of that name. Raises UnknownNameError with close names."""
    found = datasets()
    if name not in found:
        raise unknown_name("dataset", name, found)
    return found[name]


def releases(points: Iterable[EntryPoint] | None = None) -> tuple[Release, ...]:
    """What `rfteval verify` can look for, in the order of the entry points, which name tuples of `Release`.

    Raises RftevalError naming the entry point that cannot be loaded.
    """
    from rfteval.verification.release import Release

    return tuple(
        one for point in (entry_points(group=RELEASES) if points is None else points) for one in _load(point, Release)
    )


def split_of(benchmark: Benchmark, name: str | None) -> str:
    """`name` checked, or the default split. Raises UnknownNameError."""
    if name is None:
        return benchmark.default_split
    if name not in benchmark.splits:
        raise unknown_name(f"split of {benchmark.name}", name, benchmark.splits)
    return name


def profile_of(benchmark: Benchmark, name: str | None) -> Profile:
    """The scoring profile of that name, or the default one. Raises UnknownNameError."""
    return _pick("profile", benchmark, benchmark.profiles, name or benchmark.default_profile)


def prompt_of(benchmark: Benchmark, name: str | None) -> tuple[str, Callable[[Sample], Prompt]]:
    """(name, template) of the prompt of that name, or of the default one. Raises UnknownNameError."""
    name = name or benchmark.default_prompt
    return name, _pick("prompt", benchmark, benchmark.prompts, name)


def _pick(what: str, benchmark: Benchmark, known: Mapping[str, T], name: str) -> T:
    if name not in known:
        raise unknown_name(f"{what} of {benchmark.name}", name, known)
    return known[name]


def _load(point: EntryPoint, kind: type[T]) -> tuple[T, ...]:
    try:
        value = point.load()
    except Exception as error:  # a third party's module may fail in any way; the person must learn which one it was
        raise RftevalError(
            f"cannot load {point.group or 'benchmarks'} from {point.value!r}: {type(error).__name__}: {error}; "
            "repair or uninstall that package"
        ) from error
    if not isinstance(value, tuple) or not all(isinstance(part, kind) for part in value):
        raise RftevalError(f"{point.value!r} is not a tuple of {kind.__name__} values; correct its entry point")
    return value
