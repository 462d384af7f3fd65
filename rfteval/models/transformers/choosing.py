"""Logits → the next token of each row. A row draws from its own source of randomness, so its neighbours change nothing.

One uniform number a row and step, turned into a token by the inverse of the cumulative distribution: a draw costs the
same on every device, and does not depend on how a device's own generator is consumed.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from rfteval.types import Sampling


def choose(
    logits_BV: torch.Tensor, sampling: Sampling, uniforms: Sequence[float], seen_BV: torch.Tensor | None
) -> torch.Tensor:
    """Token ids, of shape B; -1 where a row's logits hold something that is no number.

    `uniforms` are numbers in [0, 1), one a row, read where the sampling draws; `seen_BV` marks tokens that prompt and
    response already have, read where there is a repetition penalty (Keskar et al., arXiv:1909.05858, sec. 4.1).
    """
    logits_BV = logits_BV.float()
    penalty = sampling.repetition_penalty
    if penalty is not None and seen_BV is not None:
        penalised = torch.where(logits_BV > 0, logits_BV / penalty, logits_BV * penalty)
        logits_BV = torch.where(seen_BV, penalised, logits_BV)
    highest_B, greedy_B = logits_BV.max(dim=-1)
    tokens_B = greedy_B if sampling.temperature == 0 else _drawn(logits_BV, sampling, uniforms)
    return torch.where(highest_B.isfinite(), tokens_B, -1)


def _drawn(logits_BV: torch.Tensor, sampling: Sampling, uniforms: Sequence[float]) -> torch.Tensor:
    logits_BV = logits_BV / sampling.temperature
    if sampling.top_k is not None and sampling.top_k < logits_BV.shape[-1]:
        lowest_B1 = logits_BV.topk(sampling.top_k, dim=-1).values[:, -1:]
        logits_BV = logits_BV.masked_fill(logits_BV < lowest_B1, -torch.inf)
    # float64 where there is one: with 150,000 tokens, rounding in float32 would move the ends of the distribution.
    precise = torch.float32 if logits_BV.device.type == "mps" else torch.float64
    probabilities_BV = torch.softmax(logits_BV.to(precise), dim=-1)
    if sampling.top_p < 1:
        probabilities_BV = _nucleus(probabilities_BV, sampling.top_p)
    if sampling.min_p:
        least_B1 = sampling.min_p * probabilities_BV.max(dim=-1, keepdim=True).values
        probabilities_BV = probabilities_BV.masked_fill(probabilities_BV < least_B1, 0.0)
    cumulative_BV = probabilities_BV.cumsum(dim=-1)
    total_B1 = cumulative_BV[:, -1:]
    drawn_B1 = torch.tensor(uniforms, dtype=precise).to(total_B1.device)[:, None] * total_B1
    below_B1 = torch.nextafter(total_B1, torch.zeros_like(total_B1))  # rounding must not reach past the last token
    return torch.searchsorted(cumulative_BV, torch.minimum(drawn_B1, below_B1), right=True)[:, 0]


def _nucleus(probabilities_BV: torch.Tensor, top_p: float) -> torch.Tensor:
    """The likeliest tokens that together reach `top_p`, others at 0 (Holtzman et al., arXiv:1904.09751, sec. 3.1)."""
    sorted_BV, order_BV = probabilities_BV.sort(dim=-1, descending=True, stable=True)
    dropped_BV = sorted_BV.cumsum(dim=-1) - sorted_BV >= top_p
    return probabilities_BV.scatter(-1, order_BV, sorted_BV.masked_fill(dropped_BV, 0.0))
