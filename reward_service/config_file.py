"""Server settings from a TOML or YAML file: an unknown or wrong setting is named, not ignored."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reward_service.config import PoolConfig, ServerConfig, TlsConfig
from reward_service.errors import ServerStartError
from reward_service.judges.config import JudgeConfig

_SECTIONS = {"pool": PoolConfig, "tls": TlsConfig}


def load_config(path: str | Path, overrides: Mapping[str, Any] | None = None) -> ServerConfig:
    """The settings of `path` with `overrides` on top (a flag wins over the file). Raises ServerStartError.

    Keys are the fields of ServerConfig; the sections `pool` and `tls` hold those of PoolConfig and TlsConfig.
    `overrides` may hold such sections too.
    `judges` is a list of sections with the fields of JudgeConfig.
    """
    values = _read(Path(path))
    return config_from(_merged(values, overrides or {}), source=str(path))


def config_from(values: Mapping[str, Any], *, source: str) -> ServerConfig:
    """A ServerConfig from plain values. Raises ServerStartError naming `source` and the setting."""
    from pydantic import TypeAdapter, ValidationError  # only a server with a file pays for the import

    _check_names(ServerConfig, values, source, "")
    for section, kind in _SECTIONS.items():
        if not isinstance(values.get(section, {}), Mapping):
            raise ServerStartError(f"{source}: {section} must be a section with settings of its own")
        _check_names(kind, values.get(section, {}), source, f"{section}.")
    judges = values.get("judges", [])
    if not isinstance(judges, list) or not all(isinstance(judge, Mapping) for judge in judges):
        raise ServerStartError(f"{source}: judges must be a list of sections, as [[judges]]")
    for index, judge in enumerate(judges):
        _check_names(JudgeConfig, judge, source, f"judges[{index}].")
    try:
        config: ServerConfig = TypeAdapter(ServerConfig).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ServerStartError(f"{source}: {where}: {first['msg'].lower()}, got {first['input']!r}") from None
    return config


def _check_names(kind: type, values: Mapping[str, Any], source: str, prefix: str) -> None:
    known = [field.name for field in dataclasses.fields(kind)]
    for name in values:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, n=1)
            hint = f"did you mean {prefix}{close[0]}?" if close else f"known: {', '.join(known)}"
            raise ServerStartError(f"{source}: no setting {prefix}{name}; {hint}")


def _merged(values: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**values, **overrides}
    for section in _SECTIONS:
        if section in values and section in overrides:
            merged[section] = {**values[section], **overrides[section]}
    return merged


def _read(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ServerStartError(f"cannot read the configuration {path}: {error}") from None
    values: Any
    if path.suffix == ".toml":
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ServerStartError(f"{path}: {error}") from None
    elif path.suffix in (".yaml", ".yml"):
        import yaml  # only where a YAML file is given

        try:
            values = yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            raise ServerStartError(f"{path}: {' '.join(str(error).split())}") from None
    else:
        raise ServerStartError(f"{path}: a configuration ends in .toml, .yaml or .yml")
    if not isinstance(values, Mapping):
        raise ServerStartError(f"{path}: expected settings by name")
    return values
