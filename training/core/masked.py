"""Sums, means and spreads over the entries of a tensor that count.

What does not count is never read: a padded position may hold anything, also NaN or infinity, without reaching a result
or a gradient.
"""

from __future__ import annotations

import torch
from torch import Tensor


def keep(values: Tensor, mask: Tensor) -> Tensor:
    """`values` where the boolean `mask` (same shape, or one that broadcasts) is true, 0 elsewhere.

    Multiplication by the mask would not do: 0 times NaN is NaN.
    """
    return torch.where(mask, values, torch.zeros((), dtype=values.dtype, device=values.device))


def masked_sum(values: Tensor, mask: Tensor, dim: int | None = None) -> Tensor:
    """Sum over what counts, over all entries or along `dim`."""
    kept = keep(values, mask)
    return kept.sum() if dim is None else kept.sum(dim)


def masked_mean(values: Tensor, mask: Tensor, dim: int | None = None) -> Tensor:
    """Mean over what counts, over all entries or along `dim`; 0 where nothing counts."""
    count = mask.expand_as(values).sum() if dim is None else mask.expand_as(values).sum(dim)
    return masked_sum(values, mask, dim) / count.clamp(min=1)


def masked_std(values: Tensor, mask: Tensor, dim: int | None = None, *, ddof: int = 1) -> Tensor:
    """Standard deviation over what counts with `ddof` degrees of freedom taken off; 0 where too little counts."""
    values = keep(values, mask)
    mean = masked_mean(values, mask, dim)
    centred = values - (mean if dim is None else mean.unsqueeze(dim))
    squares = masked_sum(centred.square(), mask, dim)
    count = mask.expand_as(values).sum() if dim is None else mask.expand_as(values).sum(dim)
    return (squares / (count - ddof).clamp(min=1)).sqrt()


def whiten(values: Tensor, mask: Tensor, *, epsilon: float = 1e-8) -> Tensor:
    """Values shifted to mean 0 and scaled to standard deviation 1 (ddof 1) over all that counts; 0 elsewhere.

    The whole batch must be in one call: whitening micro-batches one by one would give each its own scale.
    """
    values = keep(values, mask)
    return keep((values - masked_mean(values, mask)) / (masked_std(values, mask) + epsilon), mask)


def same(values: Tensor, mask: Tensor, dim: int) -> Tensor:
    """Whether all that counts along `dim` is equal, by comparing the values themselves.

    A float standard deviation of equal values is not always 0 (three times 0.1 in float32), so it is not asked.
    """
    highest = values.masked_fill(~mask, -torch.inf).amax(dim)
    lowest = values.masked_fill(~mask, torch.inf).amin(dim)
    return highest <= lowest
