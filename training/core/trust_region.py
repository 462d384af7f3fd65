"""Steps that may move the policy only so far: `max E[w A]` subject to `E[KL(pi_old || pi)] <= delta`.

TRPO, arXiv 1502.05477. Exact: the direction by conjugate gradient on Fisher-vector products, for adapters and small
heads. Scalable: any optimiser's step, measured and drawn back until it is inside; no second derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from training.core.masked import masked_mean

Objective = Callable[[Tensor], Tensor]  # flat parameters → a scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtrack:
    """How a proposed step ended: the `fraction` of it to take (0: none was good), after how many draws back, and KL and
    gain of the surrogate there.
    """

    fraction: float
    backtracks: int
    kl: float
    gain: float

    @property
    def accepted(self) -> bool:
        """Whether the policy moves at all."""
        return self.fraction > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustRegionStep:
    """`parameters` (flat) after the step; `residual` is |Fx - g| / |g| of the conjugate gradient."""

    parameters: Tensor
    line: Backtrack
    residual: float


def backtrack(
    measure: Callable[[float], tuple[float, float]], *, delta: float, ratio: float = 0.8, tries: int = 10
) -> Backtrack:
    """The largest of the fractions 1, ratio, ratio^2, ... of a step that keeps KL <= delta and improves the surrogate.

    arXiv 1502.05477 app. C. `measure(fraction)` puts the policy that far along the step and returns (KL to the old
    policy, gain of the surrogate). The whole step and up to `tries` draws back are measured; a NaN is not accepted.
    When none will do, `fraction` is 0 and the caller restores the old parameters.
    """
    if delta <= 0 or not 0 < ratio < 1 or tries < 0:
        raise ValueError(f"needs delta > 0, 0 < ratio < 1 and tries >= 0, got {delta}, {ratio} and {tries}")
    fraction = 1.0
    for backtracks in range(tries + 1):
        kl, gain = measure(fraction)
        if kl <= delta and gain > 0:
            return Backtrack(fraction=fraction, backtracks=backtracks, kl=kl, gain=gain)
        fraction *= ratio
    return Backtrack(fraction=0.0, backtracks=tries, kl=0.0, gain=0.0)


def trust_region_step(
    parameters: Tensor,
    surrogate: Objective,
    kl: Objective,
    *,
    delta: float = 0.01,
    damping: float = 0.1,
    iterations: int = 10,
    ratio: float = 0.8,
    tries: int = 10,
) -> TrustRegionStep:
    """One exact TRPO step from flat `parameters`.

    `surrogate(parameters)` is E[w A] (to be raised) and `kl(parameters)` the mean KL of the old policy to the one
    with those parameters; both differentiable, kl twice. The step is `sqrt(2 delta / x^T F x) x` with `F x = g`,
    `F` the Hessian of the KL plus `damping`, then `backtrack`.
    """
    start = parameters.detach().requires_grad_(True)
    value = surrogate(start)
    (gradient,) = torch.autograd.grad(value, start)
    (slope,) = torch.autograd.grad(kl(start), start, create_graph=True)

    def fisher(vector: Tensor) -> Tensor:
        (product,) = torch.autograd.grad(slope @ vector, start, retain_graph=True)
        return product + damping * vector

    direction = conjugate_gradient(fisher, gradient, iterations=iterations)
    product = fisher(direction)
    curvature = float(direction @ product)
    residual = float((product - gradient).norm() / gradient.norm().clamp(min=1e-30))
    if not curvature > 0:  # no gradient, or a NaN
        none = Backtrack(fraction=0.0, backtracks=0, kl=0.0, gain=0.0)
        return TrustRegionStep(parameters=parameters.detach().clone(), line=none, residual=residual)
    step = (2 * delta / curvature) ** 0.5 * direction

    @torch.no_grad()
    def measure(fraction: float) -> tuple[float, float]:
        moved = start.detach() + fraction * step
        return float(kl(moved)), float(surrogate(moved) - value.detach())

    line = backtrack(measure, delta=delta, ratio=ratio, tries=tries)
    return TrustRegionStep(parameters=(start + line.fraction * step).detach(), line=line, residual=residual)


def conjugate_gradient(
    product: Callable[[Tensor], Tensor], right: Tensor, *, iterations: int = 10, tolerance: float = 1e-10
) -> Tensor:
    """x with `product(x) = right` for a symmetric positive map (Hestenes and Stiefel 1952), from 0.

    Ends early once the squared residual is below `tolerance` times that of the start.
    """
    solution = torch.zeros_like(right)
    residual = right.clone()
    direction = right.clone()
    size = residual @ residual
    enough = tolerance * size
    for _ in range(iterations):
        if size <= enough:
            break
        mapped = product(direction)
        length = size / (direction @ mapped)
        solution = solution + length * direction
        residual = residual - length * mapped
        new_size = residual @ residual
        direction = residual + new_size / size * direction
        size = new_size
    return solution


def distribution_kl(old_logprobs_N_T_V: Tensor, logprobs_N_T_V: Tensor, mask_N_T: Tensor) -> Tensor:
    """Mean over trained tokens of KL(pi_old || pi) between whole distributions over the vocabulary: exact, a scalar.

    Both are normalised log-probabilities (N, T, V). For the estimate from sampled tokens alone see
    `PolicyStatistics.shift_sum`.
    """
    old_N_T_V = old_logprobs_N_T_V.detach()
    return masked_mean((old_N_T_V.exp() * (old_N_T_V - logprobs_N_T_V)).sum(-1), mask_N_T)
