"""The page of algorithms is true: its functions exist, all are on it, and its defaults are those of the code."""

from __future__ import annotations

import importlib
import inspect
import itertools
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from training.core.algorithms import ALGORITHMS
from training.settings import TrainSettings

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "algorithms.md").read_text(encoding="utf-8")
MODULES = sorted(path.stem for path in (ROOT / "training" / "core").glob("*.py") if path.stem != "__init__")
# Not on the page: what a name of the page is made of or returns.
PARTS = ("keep", "masked_sum", "masked_mean", "masked_std", "same", "group_advantages")


def rows() -> Iterator[tuple[list[tuple[str, str]], list[tuple[str, str]], str]]:
    """(module, function) pairs, (parameter, default) pairs of the next cell, and the text of each row."""
    for line in PAGE.splitlines():
        cells = line.split("|")
        for cell, following in itertools.pairwise(cells):
            if named := re.findall(r"`(\w+)\.py` `(\w+)`", cell):
                yield named, re.findall(r"`(\w+)=([^`]+)`", following), line


def module(name: str) -> ModuleType:
    return importlib.import_module(f"training.core.{name}")


@pytest.mark.parametrize(("named", "defaults", "line"), list(rows()), ids=lambda value: None)
def test_functions_and_their_defaults(named: list[tuple[str, str]], defaults: list[tuple[str, str]], line: str) -> None:
    parameters: dict[str, Any] = {}
    for file, function in reversed(named):  # where two have a parameter, the first one's default counts
        parameters |= inspect.signature(getattr(module(file), function)).parameters
    wrong = [
        f"{name}={value}, the code has {parameters[name].default!r}"
        for name, value in defaults
        if parameters[name].default != _value(value)
    ]
    assert not wrong, line


def test_every_public_function_is_on_the_page() -> None:
    on_page = {function for named, _, _ in rows() for _, function in named}
    missing = [
        f"{name}.{function}"
        for name in MODULES
        for function, value in vars(module(name)).items()
        if inspect.isfunction(value) and value.__module__ == f"training.core.{name}"
        if not function.startswith("_") and function not in on_page and function not in PARTS
    ]
    assert not missing


def test_every_algorithm_is_on_the_page_with_its_parts() -> None:
    for name, algorithm in ALGORITHMS.items():
        row = re.search(rf"^\| `{name}` \| .*$", PAGE, re.MULTILINE)
        assert row is not None, name
        _, _, advantage, loss, aggregation, kl, _ = row[0].split("|")
        policy = algorithm.policy
        assert advantage.strip() == f"`{algorithm.advantage}`"
        assert aggregation.strip() == f"`{policy.aggregation}`"
        if policy.loss == "ppo_clip":
            assert [float(number) for number in re.findall(r"\d[\d.e-]*", loss)] == [policy.clip_low, policy.clip_high]
            assert ("`sequence`" in loss) == (policy.level == "sequence")
        else:
            assert loss.strip() == f"`cispo` cap {policy.cap:g}"
        if algorithm.beta:
            assert kl.strip() == f"{policy.kl_estimator} in the {policy.kl_place}, {algorithm.beta:g}"
        else:
            assert kl.strip() == "none"


def test_a_configuration_can_name_every_algorithm() -> None:
    assert set(typing.get_args(TrainSettings.model_fields["algorithm"].annotation)) == set(ALGORITHMS)


def test_settings_that_are_named_exist() -> None:
    known: set[str] = set()
    for name, info in TrainSettings.model_fields.items():
        inner = [info.annotation, *typing.get_args(info.annotation)]
        known |= {f"{name}.{field}" for part in inner for field in getattr(part, "model_fields", {})}
    sections = "|".join(TrainSettings.model_fields)
    named = set(re.findall(rf"`((?:{sections})\.\w+)", PAGE)) - {f"{name}.py" for name in MODULES}
    assert named
    assert not named - known


def _value(text: str) -> object:
    if text == "None":
        return None
    if text in ("True", "False"):
        return text == "True"
    return text.strip('"') if text.startswith('"') else float(text)
