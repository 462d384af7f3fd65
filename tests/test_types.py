"""The invariants of the nouns: each one property. What the types allow must hold for every value, not for examples."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service import errors
from reward_service import types as service_types
from reward_service.types import Component, Reference, Status, Verdict
from rfteval import types as harness_types
from rfteval.types import Image

anything = st.floats(allow_nan=True, allow_infinity=True)
finite = st.floats(allow_nan=False, allow_infinity=False)
DATACLASSES = [
    kind
    for module in (service_types, harness_types)
    for kind in vars(module).values()
    if dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind.__module__ == module.__name__
]


def _names(kinds: list[type]) -> list[str]:
    return [kind.__name__ for kind in kinds]


def test_the_first_four_statuses_are_scored_and_no_other() -> None:
    scored = {Status.CORRECT, Status.INCORRECT, Status.PARTIAL, Status.NO_ANSWER}
    assert {status for status in Status if status.scored} == scored


@given(status=st.sampled_from(Status), score=st.none() | finite)
def test_a_score_is_there_exactly_when_the_status_is_scored(status: Status, score: float | None) -> None:
    """The central rule: a failure of ours cannot carry a number, and a scored response cannot lack one."""
    if status.scored == (score is not None):
        assert Verdict(status=status, score=score).score == score
    else:
        with pytest.raises(ValueError, match=status.name):
            Verdict(status=status, score=score)


@given(status=st.sampled_from([status for status in Status if status.scored]), score=anything)
def test_a_score_is_finite(status: Status, score: float) -> None:
    if math.isfinite(score):
        Verdict(status=status, score=score)
    else:
        with pytest.raises(ValueError, match="finite"):
            Verdict(status=status, score=score)


@given(status=st.sampled_from(Status))
def test_only_the_status_correct_is_correct(status: Status) -> None:
    verdict = Verdict(status=status, score=1.0 if status.scored else None)
    assert verdict.correct == (status is Status.CORRECT)


@given(weight=anything)
def test_a_weight_is_finite_and_not_negative(weight: float) -> None:
    if math.isfinite(weight) and weight >= 0:
        assert Component(weight=weight).weight == weight
    else:
        with pytest.raises(ValueError, match="weight"):
            Component(weight=weight)


@given(gate=st.none() | anything | st.floats(min_value=-0.5, max_value=1.5))
def test_a_gate_is_absent_or_between_0_and_1(gate: float | None) -> None:
    if gate is None or 0 <= gate <= 1:
        assert Component(gate=gate).gate == gate
    else:
        with pytest.raises(ValueError, match="gate"):
            Component(gate=gate)


@given(path=st.none() | st.text(), data=st.none() | st.binary())
def test_an_image_has_exactly_one_origin(path: str | None, data: bytes | None) -> None:
    if (path is None) != (data is None):
        assert (Image(path=path, data=data).path, Image(path=path, data=data).data) == (path, data)
    else:
        with pytest.raises(ValueError, match="either"):
            Image(path=path, data=data)


@given(
    answer=st.text(),
    kind=st.text(),
    precision=st.none() | st.integers(),
    tolerance=st.none() | anything,
    unit=st.text(),
)
def test_a_reference_never_refuses_its_content(
    answer: str, kind: str, precision: int | None, tolerance: float | None, unit: str
) -> None:
    """One unusable gold answer in a batch is a verdict (INVALID_REFERENCE), so building it must not raise."""
    Reference(answer=answer, kind=kind, precision=precision, tolerance=tolerance, unit=unit)


@pytest.mark.parametrize("kind", DATACLASSES, ids=_names(DATACLASSES))
def test_nouns_are_frozen_slotted_and_keyword_only(kind: type) -> None:
    parameters = kind.__dataclass_params__  # type: ignore[attr-defined]
    assert parameters.frozen
    assert "__slots__" in vars(kind)
    assert all(field.kw_only for field in dataclasses.fields(kind))


@given(status=st.sampled_from(Status), reason=st.text(), flags=st.lists(st.text()).map(tuple))
def test_a_verdict_survives_being_copied_between_processes(status: Status, reason: str, flags: tuple[str, ...]) -> None:
    verdict = Verdict(status=status, score=0.5 if status.scored else None, reason=reason, flags=flags)
    assert pickle.loads(pickle.dumps(verdict)) == verdict == copy.deepcopy(verdict)


ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", ERRORS, ids=_names(ERRORS))
def test_errors_have_one_root_and_survive_being_copied_between_processes(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.RewardServiceError)
    error = pickle.loads(pickle.dumps(kind("what and why")))
    assert type(error) is kind
    assert error.args == ("what and why",)
