"""What is declared and pinned: a light core, the extras by name, and a pin for everything that gets installed."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {"reward_service", "rfteval", "benchmarks", "training"}
HEAVY = {"torch", "transformers", "vllm", "ray", "accelerate", "peft", "trl"}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def installed_for(requirements: list[str]) -> dict[str, str]:
    """Name → version of every distribution here that `requirements` bring in, directly or not."""
    found: dict[str, str] = {}
    queue = [(Requirement(text), "") for text in requirements]
    seen = set()
    while queue:
        requirement, extra = queue.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for wanted in ("", *requirement.extras):
            if (name, wanted) in seen:
                continue
            seen.add((name, wanted))
            distribution = importlib.metadata.distribution(name)
            found[name] = distribution.version
            queue += [(Requirement(text), wanted) for text in distribution.requires or ()]
    return found


def test_the_core_is_light() -> None:
    core = installed_for(PROJECT["dependencies"])
    assert "grpcio" in core
    assert not set(core) & HEAVY


def test_every_import_is_declared() -> None:
    """What the packages import is a dependency of their own, not a guest of another's."""
    extras = PROJECT["optional-dependencies"]
    declared = [*PROJECT["dependencies"], *(text for name in extras if name != "test" for text in extras[name])]
    known = {canonicalize_name(Requirement(text).name) for text in declared}
    providers = importlib.metadata.packages_distributions()
    undeclared = set()
    for package in ("reward_service", "rfteval", "benchmarks", "training"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                for name in {name.split(".")[0] for name in names} - OURS - set(sys.stdlib_module_names):
                    owners = {canonicalize_name(owner) for owner in providers.get(name, [name])}
                    if name == "google":  # a namespace of many; ours is protobuf
                        owners = {"protobuf"}
                    if not owners & known:
                        undeclared.add(f"{path.relative_to(ROOT)} imports {name}")
    assert not undeclared


def test_the_extras_are_those_that_are_documented() -> None:
    assert set(PROJECT["optional-dependencies"]) == {"models", "vllm", "train", "scale", "video", "otel", "test"}
    readme = (ROOT / "README.md").read_text()
    assert not [name for name in PROJECT["optional-dependencies"] if name != "test" and f"`{name}`" not in readme]


def test_everything_that_is_installed_is_pinned_as_it_is_here() -> None:
    """The tested set is whole: nothing comes in unpinned, and what the tests ran with is what is pinned."""
    here = installed_for([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]])
    here["setuptools"] = importlib.metadata.version("setuptools")
    del here["rfteval"]  # extras that name other extras of ours
    here["torch"] = here["torch"].partition("+")[0]  # builds for other processors are of one version
    assert {name: pins().get(name) for name in here} == here, "run `make constraints`, or install with the pins"


def test_nothing_is_pinned_that_is_not_installed() -> None:
    here = installed_for([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]])
    assert not set(pins()) - set(here) - {"setuptools"} - _only_elsewhere()


def _only_elsewhere() -> set[str]:
    """Distributions in the pinned set that another Python or platform needs and this one does not."""
    every = {
        canonicalize_name(Requirement(text).name)
        for name in pins()
        for text in _requirements(name)
        if Requirement(text).marker is not None
    }
    return every


def _requirements(name: str) -> list[str]:
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []


def test_pins_are_exact() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert not [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+!-]+", line)]
