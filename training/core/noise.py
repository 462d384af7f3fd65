"""NoisyRollout (arXiv 2504.13055): some responses of a group are sampled from a noisier picture, less so as training
goes on.

The noise is for sampling only: log-probabilities and updates see the clean picture, as in the released code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, assert_never

import torch
from torch import Tensor

DIFFUSION_STEPS = 1000
Fading = Literal["sigmoid", "power", "exponential", "linear"]
FADINGS: tuple[Fading, ...] = ("sigmoid", "power", "exponential", "linear")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseSchedule:
    """How strong the noise is at a training step: a diffusion step that fades from `strength` to 0 within `steps`.

    With s the training step and T `steps`, the strength is multiplied by

    - "sigmoid": `1 - sigmoid(coefficient (s - middle) / T)`; released with 30 (Geometry3K, T 60, middle 40) or 60
    - "power": `1 - (s / T)^coefficient`
    - "exponential": `1 - coefficient^(T - s)` with 0 < coefficient < 1
    - "linear": `1 - s / T`
    """

    fading: Fading = "sigmoid"
    strength: int = 500
    steps: int = 60
    middle: float = 40.0
    coefficient: float = 30.0

    def __post_init__(self) -> None:
        if not 0 <= self.strength < DIFFUSION_STEPS or self.steps < 1 or self.coefficient <= 0:
            raise ValueError(
                f"noise needs 0 <= strength < {DIFFUSION_STEPS}, steps >= 1 and coefficient > 0, "
                f"got {self.strength}, {self.steps} and {self.coefficient}"
            )
        if self.fading == "exponential" and self.coefficient >= 1:
            raise ValueError(f"an exponential fading needs a coefficient below 1, got {self.coefficient}")

    def at(self, step: int) -> int:
        """The diffusion step, 0 (clean) to `strength`, at training step `step`, counted from 0."""
        share = step / self.steps
        match self.fading:
            case "sigmoid":
                left = 1 / (1 + math.exp(min(self.coefficient * (step - self.middle) / self.steps, 700.0)))
            case "power":
                left = 1 - share**self.coefficient
            case "exponential":
                left = 1 - self.coefficient ** max(self.steps - step, 0)
            case "linear":
                left = 1 - share
            case _:
                assert_never(self.fading)
        return int(self.strength * max(left, 0.0))


def kept_signal() -> Tensor:
    """`abar_t`, the share of the picture's variance left after each of the 1000 diffusion steps (float64).

    `abar_t = prod (1 - beta)` with `beta = sigmoid(linspace(-6, 6, 1000)) (5e-3 - 1e-5) + 1e-5`, as released.
    """
    betas = torch.sigmoid(torch.linspace(-6, 6, DIFFUSION_STEPS, dtype=torch.float64)) * (5e-3 - 1e-5) + 1e-5
    return torch.cumprod(1 - betas, dim=0)


def diffuse(pixels: Tensor, strength: int, generator: torch.Generator) -> Tensor:
    """`sqrt(abar_t) x + sqrt(1 - abar_t) n` with standard normal n, clamped to 0 to 1: a picture after `strength`
    diffusion steps.

    `pixels` of any shape, from 0 to 1, before a model's own normalisation. The noise is drawn on the generator's
    device. Strength 0 returns the picture unchanged, where the released code still adds the noise of one step.
    """
    if not 0 <= strength < DIFFUSION_STEPS:
        raise ValueError(f"a diffusion step lies between 0 and {DIFFUSION_STEPS - 1}, got {strength}")
    if strength == 0:
        return pixels
    kept = float(kept_signal()[strength])
    noise = torch.randn(pixels.shape, generator=generator, device=generator.device, dtype=torch.float32)
    noisy = math.sqrt(kept) * pixels + math.sqrt(1 - kept) * noise.to(device=pixels.device, dtype=pixels.dtype)
    return noisy.clamp(0.0, 1.0)


def crop_fill(pixels: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """The picture (..., height, width) with a random rectangle black, `share` of its height and width: the other
    augmentation of the released code that needs no resampling. It keeps the size, so image tokens stay the same.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a rectangle takes a share of the picture between 0 and 1, got {share}")
    height, width = pixels.shape[-2:]
    tall, wide = int(height * share), int(width * share)
    top = int(torch.randint(height - tall + 1, (), generator=generator, device=generator.device))
    left = int(torch.randint(width - wide + 1, (), generator=generator, device=generator.device))
    covered = pixels.clone()
    covered[..., top : top + tall, left : left + wide] = 0
    return covered
