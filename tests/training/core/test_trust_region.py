"""TRPO's step: the worked example, the solver against a dense one, and that nothing leaves the region."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.training.core.batches import tensor
from tests.training.tolerance import assert_close
from training.core.trust_region import backtrack, conjugate_gradient, distribution_kl, trust_region_step

ADVANTAGES = tensor([1.0, 0.0, -1.0])


def surrogate(logits: Tensor) -> Tensor:
    """E over the old (uniform) policy of w A."""
    return (torch.softmax(logits, -1) * ADVANTAGES).sum()


def kl_to_uniform(logits: Tensor) -> Tensor:
    old = torch.full((1, 1, 3), -math.log(3), dtype=torch.float64)
    return distribution_kl(old, torch.log_softmax(logits, -1).view(1, 1, 3), torch.ones(1, 1, dtype=torch.bool))


def test_three_action_softmax() -> None:
    """The damping moves the sixth digit."""
    step = trust_region_step(torch.zeros(3, dtype=torch.float64), surrogate, kl_to_uniform, delta=0.01, damping=1e-6)
    assert_close(step.parameters, [0.173205, 0, -0.173205], relative=1e-4)
    assert_close(torch.softmax(step.parameters, -1), [0.392436, 0.330025, 0.277539], relative=1e-4)
    assert_close(step.line.kl, 0.009975, relative=1e-4)
    assert_close(step.line.gain, 0.114896, relative=1e-4)
    assert step.line.backtracks == 0 and step.line.accepted
    assert step.line.kl <= 0.01


@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 8))
def test_conjugate_gradient_solves_like_a_dense_solver(seed: int, size: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(size, size, generator=generator, dtype=torch.float64)
    matrix = root @ root.T + torch.eye(size, dtype=torch.float64)
    right = torch.randn(size, generator=generator, dtype=torch.float64)
    solution = conjugate_gradient(lambda vector: matrix @ vector, right, iterations=4 * size, tolerance=1e-24)
    assert_close(solution, torch.linalg.solve(matrix, right))


@given(seed=st.integers(0, 2**32 - 1), delta=st.sampled_from([1e-4, 1e-2, 0.1, 1.0]))
def test_a_step_stays_inside_and_improves(seed: int, delta: float) -> None:
    """A linear softmax policy over several states, as a small head on frozen features is."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(5, 4, generator=generator, dtype=torch.float64)
    advantages = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    start = torch.randn(12, generator=generator, dtype=torch.float64)
    mask = torch.ones(5, 1, dtype=torch.bool)

    def logprobs(parameters: Tensor) -> Tensor:
        return torch.log_softmax(features @ parameters.view(4, 3), -1).unsqueeze(1)

    old = logprobs(start)

    def gain(parameters: Tensor) -> Tensor:
        return (old.exp() * (logprobs(parameters) - old).exp() * advantages.unsqueeze(1)).sum(-1).mean()

    def kl(parameters: Tensor) -> Tensor:
        return distribution_kl(old, logprobs(parameters), mask)

    step = trust_region_step(start, gain, kl, delta=delta)
    assert step.line.accepted
    assert_close(float(kl(step.parameters)), step.line.kl, absolute=1e-9)
    assert step.line.kl <= delta
    assert gain(step.parameters) > gain(start)


def test_the_step_is_the_natural_gradient() -> None:
    """Against F assembled entry by entry: diag(pi) - pi pi^T at the old policy."""
    logits = tensor([0.4, -0.3, 0.2])
    old = torch.log_softmax(logits, -1).view(1, 1, 3)

    def kl(parameters: Tensor) -> Tensor:
        return distribution_kl(old, torch.log_softmax(parameters, -1).view(1, 1, 3), torch.ones(1, 1, dtype=torch.bool))

    pi = old.exp().view(3)
    fisher = torch.diag(pi) - torch.outer(pi, pi) + 0.1 * torch.eye(3, dtype=torch.float64)
    gradient = pi * (ADVANTAGES - (pi * ADVANTAGES).sum())
    direction = torch.linalg.solve(fisher, gradient)
    expected = torch.sqrt(2 * 0.001 / (direction @ fisher @ direction)) * direction
    step = trust_region_step(logits, surrogate, kl, delta=0.001)
    assert step.line.backtracks == 0
    assert step.residual < 1e-6
    assert_close(step.parameters - logits, expected)


def test_no_gradient_is_no_step() -> None:
    start = torch.zeros(3, dtype=torch.float64)
    step = trust_region_step(start, lambda logits: (logits * 0).sum(), kl_to_uniform)
    assert not step.line.accepted
    assert torch.equal(step.parameters, start)


def test_a_step_without_improvement_is_taken_back() -> None:
    line = backtrack(lambda fraction: (0.0, -1.0), delta=0.01)
    assert (line.accepted, line.backtracks, line.fraction) == (False, 10, 0.0)


def test_backtracking_takes_the_first_fraction_inside() -> None:
    """KL grows with the square of the step: 0.04 f^2 <= 0.01 from f = 0.8^4 = 0.4096 on."""
    seen: list[float] = []

    def measure(fraction: float) -> tuple[float, float]:
        seen.append(fraction)
        return 0.04 * fraction**2, fraction

    line = backtrack(measure, delta=0.01)
    assert line.backtracks == 4
    assert_close(line.fraction, 0.8**4)
    assert_close(seen, [0.8**i for i in range(5)])


def test_a_nan_is_never_accepted() -> None:
    assert not backtrack(lambda fraction: (math.nan, 1.0), delta=0.01).accepted
    assert not backtrack(lambda fraction: (0.0, math.nan), delta=0.01).accepted


@pytest.mark.parametrize("values", [{"delta": 0.0}, {"delta": 0.1, "ratio": 1.0}, {"delta": 0.1, "tries": -1}])
def test_impossible_settings_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="needs"):
        backtrack(lambda fraction: (0.0, 1.0), **values)  # type: ignore[arg-type]


def test_distribution_kl_leaves_padding_out() -> None:
    old = torch.log_softmax(tensor([[[0.0, 1.0], [5.0, 0.0]]]), -1)
    new = torch.log_softmax(tensor([[[1.0, 0.0], [0.0, 5.0]]]), -1)
    mask = torch.tensor([[True, False]])
    expected = (old[0, 0].exp() * (old[0, 0] - new[0, 0])).sum()
    assert_close(distribution_kl(old, new, mask), expected)
