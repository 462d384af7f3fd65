"""Parameters of verifiers: plain values from the wire or a command line → a verifier's frozen dataclass, checked.

Each field of such a dataclass has a default, a type among bool, int, float, str, their `| None` and `tuple[str, ...]`,
and metadata: "doc" (one sentence), and where it applies "choices" (allowed values), "minimum", "maximum".
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast

from reward_service.errors import ParameterError

P = TypeVar("P")

_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def parameter(
    default: Any,
    doc: str,
    *,
    choices: tuple[str, ...] | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any:
    """Declare one field of a parameters dataclass."""
    metadata = {"doc": doc, "choices": choices, "minimum": minimum, "maximum": maximum}
    return dataclasses.field(default=default, metadata=metadata)


def parse_parameters(verifier: str, kind: type[P], values: Mapping[str, object]) -> P:
    """An instance of `kind` with `values` set. Raises ParameterError naming the verifier, the field and the remedy."""
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    hints = _hints(cast(Any, kind))
    checked: dict[str, object] = {}
    for name, value in values.items():
        if name not in fields:
            close = difflib.get_close_matches(name, fields, n=1)
            known = f"did you mean {close[0]!r}?" if close else f"it has: {', '.join(fields) or 'none'}"
            raise ParameterError(f"verifier {verifier!r} has no parameter {name!r}; {known}")
        try:
            checked[name] = _check(value, hints[name], fields[name].metadata)
        except ValueError as error:
            raise ParameterError(f"parameter {name!r} of verifier {verifier!r}: {error}") from None
    try:
        return kind(**checked) if checked else cast(P, _defaults(cast(Any, kind)))
    except ValueError as error:  # a rule between several fields, from __post_init__
        raise ParameterError(f"parameters of verifier {verifier!r}: {error}") from None


def schema_of(kind: type) -> str:
    """JSON Schema (draft 2020-12) of a parameters dataclass, as text."""
    hints = _hints(kind)
    properties = {}
    for field in dataclasses.fields(kind):
        base, optional = _base(hints[field.name])
        entry: dict[str, object]
        if base is tuple:
            entry = {"type": "array", "items": {"type": "string"}}
        else:
            entry = {"type": [_JSON_TYPES[base], "null"] if optional else _JSON_TYPES[base]}
        entry["description"] = field.metadata["doc"]
        entry["default"] = field.default
        for key, word in (("choices", "enum"), ("minimum", "minimum"), ("maximum", "maximum")):
            if field.metadata.get(key) is not None:
                entry[word] = field.metadata[key]
        properties[field.name] = entry
    return json.dumps({"type": "object", "additionalProperties": False, "properties": properties})


@cache
def _defaults(kind: type) -> Any:
    return kind()


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _base(hint: Any) -> tuple[type, bool]:
    """(plain type, whether None is allowed)."""
    if isinstance(hint, types.UnionType):
        inner = [part for part in typing.get_args(hint) if part is not type(None)]
        return inner[0], True
    if typing.get_origin(hint) is tuple:
        return tuple, False
    return hint, False


def _check(value: object, hint: Any, metadata: Mapping[str, Any]) -> object:
    base, optional = _base(hint)
    if value is None:
        if optional:
            return None
        raise ValueError("must not be null")
    if base is tuple:
        if not isinstance(value, (list, tuple)) or not all(isinstance(part, str) for part in value):
            raise ValueError(f"expected a list of texts, got {value!r}")
        return tuple(value)
    if base is int and isinstance(value, float) and value.is_integer():
        value = int(value)  # protobuf's Struct has only doubles
    if base is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError:
            raise ValueError("must be within the range of a double") from None
    if not isinstance(value, base) or (isinstance(value, bool) and base is not bool):
        raise ValueError(f"expected {_JSON_TYPES[base]}, got {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"must be finite, got {value!r}")
    choices = metadata.get("choices")
    if choices is not None and value not in choices:
        raise ValueError(f"expected one of {', '.join(choices)}, got {value!r}")
    if isinstance(value, (int, float)):
        low, high = metadata.get("minimum"), metadata.get("maximum")
        if low is not None and value < low:
            raise ValueError(f"must be at least {low}, got {value!r}")
        if high is not None and value > high:
            raise ValueError(f"must be at most {high}, got {value!r}")
    return value
