"""Aggregation: each way's definition, and that no split, padding or number of ranks changes the result."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.training.core import slow
from tests.training.core.batches import Batch, batches
from tests.training.tolerance import assert_close
from training.core.aggregation import AGGREGATIONS, Aggregation, BatchSize, aggregate, batch_size

ways = st.sampled_from(AGGREGATIONS)


@given(batch=batches, how=ways, longest=st.integers(1, 9))
def test_slow_reference(batch: Batch, how: Aggregation, longest: int) -> None:
    result = aggregate(batch.logprobs, batch.mask, how, batch_size(batch.mask, longest))
    assert_close(result, slow.aggregate(batch.logprobs.tolist(), batch.mask.tolist(), how, longest))


@given(batch=batches, how=ways, data=st.data())
def test_micro_batches_add_up_to_the_batch(batch: Batch, how: Aggregation, data: st.DataObject) -> None:
    """Value and gradient, for any order and any cut; ranks are micro-batches on other machines."""
    rows = len(batch.mask)
    order = data.draw(st.permutations(range(rows)))
    cuts = sorted(data.draw(st.sets(st.integers(1, rows), max_size=rows)) | {rows})
    whole_leaf, parts_leaf = batch.leaf(), batch.leaf()
    whole_size = batch_size(batch.mask, 7)
    aggregate(whole_leaf.square(), batch.mask, how, whole_size).backward()
    parts = [order[start:end] for start, end in zip([0, *cuts[:-1]], cuts, strict=True)]
    size = BatchSize(responses=0, tokens=0, longest=7)
    for part in parts:
        size += batch_size(batch.mask[part], 7)
    assert size == whole_size
    total = torch.zeros((), dtype=torch.float64)
    for part in parts:
        share = aggregate(parts_leaf[part].square(), batch.mask[part], how, size)
        share.backward()
        total += share.detach()
    assert_close(total, aggregate(batch.logprobs.square(), batch.mask, how, size), absolute=1e-10)
    assert_close(_gradient(parts_leaf), _gradient(whole_leaf), absolute=1e-10)


@given(batch=batches, how=ways, width=st.integers(0, 5), rows=st.integers(0, 3))
def test_padding_changes_nothing(batch: Batch, how: Aggregation, width: int, rows: int) -> None:
    """Neither columns nor rows of padding, whatever they hold, in value or gradient."""
    plain, padded = batch.leaf(), batch.leaf()
    aggregate(plain.square(), batch.mask, how, batch_size(batch.mask, 7)).backward()
    pad = torch.nn.functional.pad(padded.square(), (0, width, 0, rows), value=math.nan)
    mask = torch.nn.functional.pad(batch.mask, (0, width, 0, rows))
    loss = aggregate(pad, mask, how, batch_size(mask, 7))
    loss.backward()
    assert_close(loss, aggregate(batch.logprobs.square(), batch.mask, how, batch_size(batch.mask, 7)), absolute=1e-12)
    assert_close(_gradient(padded), _gradient(plain), absolute=1e-12)


@pytest.mark.parametrize("how", AGGREGATIONS)
def test_an_empty_batch_has_no_loss(how: Aggregation) -> None:
    nothing = torch.zeros(2, 3, dtype=torch.bool)
    leaf = torch.full((2, 3), math.nan, requires_grad=True)
    loss = aggregate(leaf, nothing, how, batch_size(nothing, 3))
    loss.backward()
    assert loss.item() == 0
    assert not _gradient(leaf).any()


@pytest.mark.parametrize("how", AGGREGATIONS)
def test_gradient_by_autograd(how: Aggregation) -> None:
    mask = torch.tensor([[True, True, False], [True, False, False]])
    leaf = torch.randn(2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    assert torch.autograd.gradcheck(lambda losses: aggregate(losses, mask, how, batch_size(mask, 4)), leaf)


@pytest.mark.parametrize(
    "size", [{"responses": -1, "tokens": 0}, {"responses": 2, "tokens": 1}, {"responses": 0, "tokens": 0, "longest": 0}]
)
def test_impossible_sizes_are_refused(size: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="no batch has"):
        BatchSize(**{"longest": 1, **size})


def test_parts_with_different_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        BatchSize(responses=1, tokens=1, longest=3) + BatchSize(responses=1, tokens=1, longest=4)


def _gradient(leaf: Tensor) -> Tensor:
    assert leaf.grad is not None
    return leaf.grad
