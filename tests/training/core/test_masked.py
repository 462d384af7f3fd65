"""Masked sums, means and spreads: by hand, and that what does not count reaches neither value nor gradient."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from torch import Tensor

from tests.training.core.batches import Batch, batches, tensor
from tests.training.tolerance import assert_close
from training.core.masked import keep, masked_mean, masked_std, masked_sum, same, whiten

FUNCTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "keep": keep,
    "sum": masked_sum,
    "sum of rows": lambda values, mask: masked_sum(values, mask, -1),
    "mean": masked_mean,
    "mean of rows": lambda values, mask: masked_mean(values, mask, -1),
    "std": masked_std,
    "whiten": whiten,
}


@given(batch=batches)
def test_by_hand(batch: Batch) -> None:
    kept = batch.old[batch.mask]
    assert_close(masked_sum(batch.old, batch.mask), kept.sum())
    assert_close(masked_mean(batch.old, batch.mask), kept.mean() if len(kept) else 0.0)
    assert_close(masked_std(batch.old, batch.mask), kept.std() if len(kept) > 1 else 0.0)
    for row, (values, mask) in enumerate(zip(batch.old, batch.mask, strict=True)):
        assert_close(masked_mean(batch.old, batch.mask, -1)[row], values[mask].mean() if mask.any() else 0.0)
        assert_close(masked_std(batch.old, batch.mask, -1)[row], values[mask].std() if mask.sum() > 1 else 0.0)
        assert bool(same(batch.old, batch.mask, -1)[row]) == (len(set(values[mask].tolist())) < 2)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("filler", [math.nan, math.inf])
def test_what_does_not_count_reaches_no_value_and_no_gradient(name: str, filler: float) -> None:
    mask = torch.tensor([[True, True, False], [True, False, False]])
    results = []
    for other in (0.0, filler):
        leaf = tensor([[1.0, 2.5, other], [4.0, other, other]]).requires_grad_(True)
        value = FUNCTIONS[name](leaf, mask)
        (gradient,) = torch.autograd.grad((value * value).sum(), leaf)
        results.append((value.detach(), gradient))
    assert all(torch.equal(a, b) and a.isfinite().all() for a, b in zip(*results, strict=True))


@given(batch=batches)
def test_whitened_values_have_mean_0_and_spread_1(batch: Batch) -> None:
    whitened = whiten(batch.old, batch.mask)
    assert_close(masked_mean(whitened, batch.mask), 0.0)
    if batch.mask.sum() > 1:
        assert_close(masked_std(whitened, batch.mask), 1.0)


def test_neighbouring_numbers_are_not_the_same() -> None:
    """No tolerance: equal means equal, for rewards that a schedule makes small, too."""
    above = math.nextafter(0.1, 1.0)
    values, every = tensor([[0.1, above], [0.1, 0.1], [0.0, 5e-324]]), torch.ones(3, 2, dtype=torch.bool)
    assert same(values, every, -1).tolist() == [False, True, False]
