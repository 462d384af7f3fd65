"""The comparison helper refuses what would make a test worthless."""

from __future__ import annotations

import math

import pytest
import torch

from tests.training.tolerance import LooseToleranceError, assert_close


@pytest.mark.parametrize("tolerance", [{"absolute": 1e-4}, {"relative": 1e6}, {"absolute": math.inf}, {"relative": -1}])
def test_loose_tolerances_are_refused(tolerance: dict[str, float]) -> None:
    with pytest.raises(LooseToleranceError):
        assert_close(1.0, 1.0, **tolerance)


def test_a_nan_tolerance_is_refused() -> None:
    with pytest.raises(LooseToleranceError):
        assert_close(1.0, 1.0, absolute=math.nan)


def test_comparing_nothing_is_refused() -> None:
    with pytest.raises(LooseToleranceError):
        assert_close(torch.zeros(0), torch.zeros(0))


@pytest.mark.parametrize(
    ("actual", "expected"),
    [(1.0, 1.00001), (math.nan, math.nan), (math.nan, 0.0), (math.inf, -math.inf), ([1.0], [1.0, 1.0]), (1.0, [1.0])],
)
def test_what_differs_is_told_apart(actual: object, expected: object) -> None:
    with pytest.raises(AssertionError):
        assert_close(actual, expected)  # type: ignore[arg-type]


def test_what_is_close_passes() -> None:
    assert_close([1.0, math.inf], torch.tensor([1.0 + 5e-7, math.inf], dtype=torch.float64))
