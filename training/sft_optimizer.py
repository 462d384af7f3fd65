"""Muon for the matrices of hidden layers, Adam for everything else, and the schedule of both.

Muon: the update of a matrix is its momentum made orthogonal by five Newton-Schulz steps, whose coefficients and whose
scale by the matrix's shape are Keller Jordan's (https://kellerjordan.github.io/posts/muon). In fp32: processors
without bfloat16 arithmetic are slower with it. Matrices of one shape are made orthogonal together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from training.sft_config import SftOptimizerSettings

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
STEPS = 5


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest orthogonal matrices, roughly, to `matrices` of shape (count, rows, columns)."""
    a, b, c = COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(STEPS):
        square = torch.bmm(x, x.mT)
        x = a * x + torch.bmm(torch.baddbmm(square, square, square, beta=b, alpha=c), x)
    made: Tensor = x.mT if tall else x
    return made


class Muon(torch.optim.Optimizer):
    """Momentum with Nesterov's look-ahead, made orthogonal. A convolution is a matrix over patches."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, momentum: float, weight_decay: float) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[nn.Parameter]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape.setdefault(parameter.shape, []).append(parameter)
            for shape, parameters in by_shape.items():
                ahead = [self._look_ahead(one, group["momentum"]).flatten(1) for one in parameters]
                update = orthogonal(torch.stack(ahead))
                scale = max(1.0, update.shape[1] / update.shape[2]) ** 0.5
                for parameter, change in zip(parameters, update, strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(change.view(shape), alpha=-group["lr"] * scale)

    def _look_ahead(self, parameter: nn.Parameter, momentum: float) -> Tensor:
        assert parameter.grad is not None
        state = self.state[parameter]
        if "velocity" not in state:
            state["velocity"] = torch.zeros_like(parameter)
        velocity: Tensor = state["velocity"]
        velocity.lerp_(parameter.grad, 1 - momentum)
        return parameter.grad.lerp(velocity, momentum)


def optimizers_of(
    named: Sequence[tuple[str, nn.Parameter]], settings: SftOptimizerSettings
) -> list[torch.optim.Optimizer]:
    """The optimizers of a model's parameters: Muon for matrices between hidden layers where it is asked for."""
    outer = ("embed_tokens", "position_embedding", "lm_head")
    hidden = [one for name, one in named if one.ndim >= 2 and not any(word in name for word in outer)]
    found: list[torch.optim.Optimizer] = []
    if settings.name == "muon" and hidden:
        found.append(Muon(hidden, settings.muon_lr, settings.momentum, settings.weight_decay))
    own = {id(one) for one in hidden} if found else set()
    rest = [one for _, one in named if id(one) not in own]
    groups = [
        {"params": [one for one in rest if one.ndim >= 2], "weight_decay": settings.weight_decay if not found else 0.0},
        {"params": [one for one in rest if one.ndim < 2], "weight_decay": 0.0},
    ]
    found.append(torch.optim.AdamW(groups, lr=settings.lr, betas=settings.betas, foreach=True))
    return found


def factor(step: int, total: int, warmup: int, decay: int) -> float:
    """What the learning rates are multiplied by: a linear rise, a plateau, a linear fall to 0 over the last `decay`."""
    rising = min(1.0, (step + 1) / max(1, warmup))
    return rising * min(1.0, (total - step) / max(1, decay))
