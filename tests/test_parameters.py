"""Parameters of verifiers: what the schema admits is accepted unchanged, everything else is refused by name."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reward_service.errors import ParameterError
from reward_service.parameters import parameter, parse_parameters, schema_of
from reward_service.verifiers import registry


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """One field of each type a parameter may have."""

    flag: bool = parameter(False, "a switch")
    count: int = parameter(3, "a count", minimum=1, maximum=10)
    share: float = parameter(0.5, "a share", minimum=0.0, maximum=1.0)
    mode: str = parameter("slow", "a word", choices=("slow", "fast"))
    text: str = parameter("", "any text")
    words: tuple[str, ...] = parameter(("a",), "some words")
    limit: int | None = parameter(None, "a count or nothing", minimum=0)
    scale: float | None = parameter(2.0, "a number or nothing")
    name: str | None = parameter(None, "a text or nothing")


NAMES = tuple(field.name for field in dataclasses.fields(Every))
good: dict[str, st.SearchStrategy[Any]] = {
    "flag": st.booleans(),
    "count": st.integers(1, 10),
    "share": st.floats(0.0, 1.0),
    "mode": st.sampled_from(("slow", "fast")),
    "text": st.text(),
    "words": st.lists(st.text(), max_size=4).map(tuple),
    "limit": st.none() | st.integers(min_value=0),
    "scale": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "name": st.none() | st.text(),
}
some_good = st.fixed_dictionaries({}, optional=good)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


def parse(**values: object) -> Every:
    return parse_parameters("every", Every, values)


@given(some_good)
def test_what_is_allowed_is_taken_unchanged_and_the_rest_is_default(values: dict[str, Any]) -> None:
    assert parse(**values) == Every(**values)


@given(some_good)
def test_what_was_taken_can_be_given_again(values: dict[str, Any]) -> None:
    taken = parse(**values)
    assert parse(**{name: getattr(taken, name) for name in NAMES}) == taken


@given(some_good)
def test_the_wire_loses_nothing(values: dict[str, Any]) -> None:
    """A protobuf Struct has only doubles and lists; whole doubles stand for integers."""
    assume(all(not isinstance(value, int) or abs(value) < 2**53 for value in values.values()))
    on_wire = {
        name: float(value)
        if isinstance(value, int) and not isinstance(value, bool)
        else list(value)
        if isinstance(value, tuple)
        else value
        for name, value in values.items()
    }
    assert parse(**on_wire) == parse(**values)


@given(name=st.sampled_from(NAMES), value=anything)
def test_any_value_is_taken_with_its_declared_type_or_refused_by_name(name: str, value: object) -> None:
    """Never another exception, never a value of another type."""
    try:
        taken = getattr(parse(**{name: value}), name)
    except ParameterError as error:
        assert repr(name) in str(error)
        assert "'every'" in str(error)
        return
    declared = {
        "flag": bool,
        "count": int,
        "share": float,
        "mode": str,
        "text": str,
        "words": tuple,
        "limit": (int, type(None)),
        "scale": (float, type(None)),
        "name": (str, type(None)),
    }[name]
    assert isinstance(taken, declared)
    assert isinstance(taken, bool) == (name == "flag")


@given(st.text())
def test_an_unknown_name_is_refused_with_a_way_out(name: str) -> None:
    assume(name not in NAMES)
    with pytest.raises(ParameterError) as caught:
        parse(**{name: 1})
    assert "did you mean" in str(caught.value) or all(known in str(caught.value) for known in NAMES)


@pytest.mark.parametrize(("typo", "meant"), [("modes", "mode"), ("cuont", "count"), ("scal", "scale")])
def test_a_slip_is_answered_with_the_close_name(typo: str, meant: str) -> None:
    with pytest.raises(ParameterError, match=f"did you mean '{meant}'"):
        parse(**{typo: 1})


@given(st.integers())
def test_bounds_hold(count: int) -> None:
    if 1 <= count <= 10:
        assert parse(count=count).count == count
    else:
        with pytest.raises(ParameterError, match=r"at (least 1|most 10)"):
            parse(count=count)


@given(name=st.sampled_from(["share", "scale"]), value=st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_number_is_finite(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match="finite"):
        parse(**{name: value})


@given(st.booleans())
def test_a_truth_value_is_no_number(value: bool) -> None:
    for name in ("count", "share", "limit", "scale"):
        with pytest.raises(ParameterError):
            parse(**{name: value})


def test_none_is_taken_only_where_it_is_declared() -> None:
    assert parse(limit=None, scale=None, name=None) == Every(scale=None)
    for name in ("flag", "count", "share", "mode", "text", "words"):
        with pytest.raises(ParameterError, match="null"):
            parse(**{name: None})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Two fields with a rule between them."""

    low: int = parameter(0, "the lower end")
    high: int = parameter(1, "the upper end")

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("'low' must not be above 'high'")


@given(low=st.integers(), high=st.integers())
def test_a_rule_between_fields_is_a_parameter_error_too(low: int, high: int) -> None:
    if low <= high:
        assert parse_parameters("interval", Interval, {"low": low, "high": high}) == Interval(low=low, high=high)
    else:
        with pytest.raises(ParameterError, match=r"'interval'.*'low'"):
            parse_parameters("interval", Interval, {"low": low, "high": high})


def test_the_schema_says_all_of_it() -> None:
    schema = json.loads(schema_of(Every))
    assert schema["additionalProperties"] is False
    assert tuple(schema["properties"]) == NAMES
    assert schema["properties"]["count"] == {
        "type": "integer",
        "description": "a count",
        "default": 3,
        "minimum": 1,
        "maximum": 10,
    }
    assert schema["properties"]["mode"]["enum"] == ["slow", "fast"]
    assert schema["properties"]["words"] == {
        "type": "array",
        "items": {"type": "string"},
        "description": "some words",
        "default": ["a"],
    }
    assert schema["properties"]["limit"]["type"] == ["integer", "null"]


def needed_by(name: str) -> str | None:
    """The parameter without which a verifier cannot run, None where its defaults suffice."""
    verifier = registry.get(name)
    try:
        registry.parameters_for(verifier, {})
    except ParameterError as error:
        fields = [field.name for field in dataclasses.fields(verifier.parameters)]
        named = [field for field in fields if repr(field) in str(error)]
        assert named, f"{name}: the message names no parameter: {error}"
        return named[0]
    return None


def test_few_verifiers_need_a_parameter() -> None:
    """A caller can name nearly every verifier with nothing else; the others are known here."""
    needed = {name: needed_by(name) for name in registry.names() if needed_by(name)}
    assert needed == {"step_accuracy": "key_steps", "length": "length"}


@pytest.mark.parametrize("name", registry.names())
def test_every_parameter_is_documented_and_its_default_can_be_given(name: str) -> None:
    """The defaults a verifier publishes pass its own checks."""
    verifier = registry.get(name)
    properties = json.loads(verifier.info().parameters_schema)["properties"]
    assert all(len(entry["description"].split()) >= 2 for entry in properties.values())
    if needed_by(name) is None:
        defaults = {key: entry["default"] for key, entry in properties.items()}
        assert registry.parameters_for(verifier, defaults) == registry.parameters_for(verifier, {})


@pytest.mark.parametrize("name", registry.names())
@given(data=st.data())
def test_a_verifiers_parameters_are_taken_or_refused_by_name(name: str, data: st.DataObject) -> None:
    verifier = registry.get(name)
    field = data.draw(st.sampled_from([*(field.name for field in dataclasses.fields(verifier.parameters)), "other"]))
    try:
        registry.parameters_for(verifier, {field: data.draw(anything)})
    except ParameterError as error:
        assert any(repr(mentioned) in str(error) for mentioned in (field, needed_by(name)))
