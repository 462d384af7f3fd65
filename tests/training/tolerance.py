"""The one way to compare numbers in the trainer's tests. A loose tolerance passes on a wrong formula: it is refused."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

LOOSEST_ABSOLUTE = 1e-5
LOOSEST_RELATIVE = 1e-4

Numbers = Tensor | float | Sequence["Numbers"]


class LooseToleranceError(AssertionError):
    """A test asked for a tolerance that would let a wrong formula pass."""


def assert_close(actual: Numbers, expected: Numbers, *, absolute: float = 1e-6, relative: float = 0.0) -> None:
    """Each number of `actual` is within `absolute + relative |expected|` of its partner; shapes are equal, too.

    NaN is close to nothing. Infinity is close to itself. Raises LooseToleranceError for a tolerance above 1e-5 or,
    relative, 1e-4, and for an empty comparison, which would hold for any formula.
    """
    if not (0 <= absolute <= LOOSEST_ABSOLUTE and 0 <= relative <= LOOSEST_RELATIVE):
        raise LooseToleranceError(
            f"tolerances end at {LOOSEST_ABSOLUTE} and {LOOSEST_RELATIVE} relative, got {absolute} and {relative}"
        )
    left, right = _tensor(actual), _tensor(expected)
    if right.numel() == 0:
        raise LooseToleranceError("nothing is compared")
    assert left.shape == right.shape, f"shapes differ: {tuple(left.shape)} and {tuple(right.shape)}"
    same_infinity = (left == right) & left.isinf()
    distance = torch.where(same_infinity, 0.0, (left - right).abs())
    within = distance <= absolute + relative * right.abs().nan_to_num(posinf=0.0)
    assert bool(within.all()), f"off by {float(distance[~within].max()):.3g}\nactual\n{left}\nexpected\n{right}"


def _tensor(numbers: Numbers) -> Tensor:
    tensor = numbers if isinstance(numbers, Tensor) else torch.tensor(numbers, dtype=torch.float64)
    return tensor.detach().to(device="cpu", dtype=torch.float64)
