"""Configuration of training runs: YAML with dotted overrides in, checked settings out, and what was wrong in words."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, overload

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from rfteval.errors import InputFileError, UsageError
from training.settings import TrainSettings

Kind = TypeVar("Kind", bound=BaseModel)


@overload
def load(path: Path, overrides: Sequence[str] = ()) -> TrainSettings: ...


@overload
def load(path: Path, overrides: Sequence[str], kind: type[Kind]) -> Kind: ...


def load(path: Path, overrides: Sequence[str] = (), kind: type[BaseModel] = TrainSettings) -> BaseModel:
    """The settings in the YAML file `path`, changed by `overrides` such as "optimizer.lr=5e-5".

    `kind` is what they are settings of: a training run, or a supervised one (training/sft_config.py).

    Raises UsageError for a file that is not there and a bad override, InputFileError for what does not fit.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"no such file: {path}; examples are in examples/train/") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputFileError(f"cannot read {path}: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise InputFileError(f"{path} must be a mapping of sections such as model, data, reward; see docs/training.md")
    for override in overrides:
        _apply(values, override)
    return parse(values, str(path), kind)


@overload
def parse(values: Mapping[str, object], where: str = "the configuration") -> TrainSettings: ...


@overload
def parse(values: Mapping[str, object], where: str, kind: type[Kind]) -> Kind: ...


def parse(
    values: Mapping[str, object], where: str = "the configuration", kind: type[BaseModel] = TrainSettings
) -> BaseModel:
    """The settings in `values`. Raises InputFileError with one clause for each thing that is wrong."""
    try:
        return kind.model_validate(_numbers(values))
    except ValidationError as error:
        problems = [_problem(detail, kind) for detail in error.errors(include_url=False)]
        raise InputFileError(f"{where}: {'; '.join(problems)}") from None


def fields(model: type[BaseModel] = TrainSettings, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """(dotted name, default, meaning) of every setting, depth first; the table of docs/training.md."""
    for name, info in model.model_fields.items():
        dotted = f"{prefix}{info.alias or name}"
        inner, is_list = _section(info)
        yield dotted, _default(info, inner), info.description or ""
        if inner is not None:
            yield from fields(inner, f"{dotted}{'[]' if is_list else ''}.")


def _apply(values: dict[str, object], override: str) -> None:
    name, separator, text = override.partition("=")
    if not separator or not all(name.split(".")):
        raise UsageError(f"--set {override!r} must be NAME=VALUE, such as --set optimizer.lr=5e-5")
    *sections, last = name.split(".")
    where = values
    for section in sections:
        inner = where.setdefault(section, {})
        if not isinstance(inner, dict):
            raise UsageError(f"--set {override!r}: {section} is no section")
        where = inner
    try:
        where[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"--set {override!r}: {' '.join(str(error).split())}") from None


def _numbers(value: object) -> object:
    """YAML 1.1 reads 1e-5 (no point) as a text; here it is the number it looks like."""
    if isinstance(value, Mapping):
        return {key: _numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_numbers(inner) for inner in value]
    if isinstance(value, str) and "e" in value.lower() and value[:1] in "+-.0123456789":
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _problem(detail: ErrorDetails, kind: type[BaseModel]) -> str:
    path = _dotted(detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = _names_at(kind, detail["loc"][:-1])
        close = difflib.get_close_matches(str(detail["loc"][-1]), known, n=2, cutoff=0.5)
        remedy = f"did you mean {' or '.join(close)}?" if close else f"known here: {', '.join(known)}"
        return f"unknown setting {path}; {remedy}"
    if detail["type"] == "missing":
        return f"{path} is missing"
    message = detail["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    shown = "" if isinstance(detail["input"], Mapping) else f", got {detail['input']!r}"
    return f"{path}: {message}{shown}" if path else message


def _dotted(place: Sequence[int | str]) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _names_at(kind: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """The settings known at a place, for suggestions."""
    model = kind
    for part in place:
        info = None if isinstance(part, int) else model.model_fields.get(part)
        inner = None if info is None else _section(info)[0]
        model = inner or model
    return [info.alias or name for name, info in model.model_fields.items()]


def _section(info: FieldInfo) -> tuple[type[BaseModel] | None, bool]:
    """The section that a field holds, if any, and whether it holds a list of them."""
    candidates = [info.annotation]
    is_list = False
    while candidates:
        annotation = candidates.pop()
        if isinstance(annotation, type) and not typing.get_args(annotation) and issubclass(annotation, BaseModel):
            return annotation, is_list
        if typing.get_origin(annotation) is list:
            is_list = True
        if typing.get_origin(annotation) in (list, types.UnionType, typing.Union, typing.Annotated):
            candidates += typing.get_args(annotation)
    return None, False


def _default(info: FieldInfo, inner: type[BaseModel] | None) -> str:
    if info.is_required():
        return "required"
    if inner is not None:
        return "none" if info.default in (None, []) else "section"
    return str(yaml.safe_dump(info.default, default_flow_style=True)).removesuffix("...\n").strip()
