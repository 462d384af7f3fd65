"""The toy batch that the numbers of the papers' formulas were worked out on, and random batches."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import Tensor


def tensor(values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Log-probabilities of policy, sampler and reference, advantages of responses, and which tokens are trained."""

    logprobs: Tensor
    old: Tensor
    reference: Tensor
    advantages: Tensor
    mask: Tensor

    def leaf(self) -> Tensor:
        """The policy's log-probabilities as a fresh leaf with gradient."""
        return self.logprobs.clone().requires_grad_(True)


TOY = Batch(
    logprobs=tensor([[-0.7, -2.3, -0.5], [-1.1, -1.0, -3.0]]),
    old=tensor([[-1.0, -2.0, -0.5], [-0.7, -1.2, -3.0]]),
    reference=tensor([[-1.1, -1.9, -0.6], [-0.8, -1.1, -2.5]]),
    advantages=tensor([[1.0], [-0.5]]),
    mask=torch.tensor([[True, True, True], [True, True, False]]),
)
REWARDS = tensor([[1, 0, 0, 1], [1, 1, 1, 0]])


def random_batch(seed: int, responses: int, tokens: int) -> Batch:
    """Any batch: masks with holes and empty rows included, ratios from about 0.2 to 5."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    logprobs = -normal(responses, tokens).abs() - 0.05
    return Batch(
        logprobs=logprobs,
        old=logprobs + 0.5 * normal(responses, tokens),
        reference=logprobs + 0.5 * normal(responses, tokens),
        advantages=normal(responses, 1),
        mask=torch.rand(responses, tokens, generator=generator) < 0.8,
    )


batches = st.builds(
    random_batch,
    seed=st.integers(0, 2**32 - 1),
    responses=st.integers(1, 5),
    tokens=st.integers(1, 6),
)
