"""Each formula once more, as a paper writes it: loops over Python floats, no tensors, no shared code with the core."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Rows = Sequence[Sequence[float]]
Marks = Sequence[Sequence[bool]]


def group_mean_std(rewards: Sequence[float], scored: Sequence[bool]) -> tuple[float, float, int]:
    values = [reward for reward, counts in zip(rewards, scored, strict=True) if counts]
    if not values:
        return 0.0, 0.0, 0
    mean = math.fsum(values) / len(values)
    spread = math.fsum((value - mean) ** 2 for value in values)
    return mean, math.sqrt(spread / (len(values) - 1)) if len(values) > 1 else 0.0, len(values)


def advantages(name: str, rewards: Rows, scored: Marks, *, epsilon: float, gamma: float) -> list[list[float]]:
    everything = [r for row, marks in zip(rewards, scored, strict=True) for r, m in zip(row, marks, strict=True) if m]
    batch_std = group_mean_std(everything, [True] * len(everything))[1]
    result = []
    for row, marks in zip(rewards, scored, strict=True):
        mean, std, count = group_mean_std(row, marks)
        values = {reward for reward, counts in zip(row, marks, strict=True) if counts}
        line = []
        for index, (reward, counts) in enumerate(zip(row, marks, strict=True)):
            if not counts or len(values) < 2:
                line.append(0.0)
                continue
            others = [r for i, (r, m) in enumerate(zip(row, marks, strict=True)) if m and i != index]
            difference = reward - mean
            scaled = difference / (batch_std + epsilon)
            line.append(
                {
                    "grpo": difference / (std + epsilon),
                    "dr_grpo": difference,
                    "rloo": reward - math.fsum(others) / max(count - 1, 1),
                    "batch": scaled,
                    "slas": math.copysign(abs(scaled) ** (1 + gamma), scaled),
                }[name]
            )
        result.append(line)
    return result


def ppo_token(w: float, a: float, low: float, high: float, dual: float | None) -> float:
    loss = -min(w * a, min(max(w, 1 - low), 1 + high) * a)
    return min(loss, -dual * a) if dual is not None and a < 0 else loss


def kl_token(estimator: str, logp: float, reference: float) -> float:
    d = logp - reference
    return {"k1": d, "k2": d * d / 2, "k3": math.exp(-d) + d - 1}[estimator.rstrip("+")]


def aggregate(losses: Rows, mask: Marks, how: str, longest: int) -> float:
    kept = [
        [loss for loss, counts in zip(row, marks, strict=True) if counts]
        for row, marks in zip(losses, mask, strict=True)
    ]
    kept = [row for row in kept if row]
    if not kept:
        return 0.0
    tokens = sum(len(row) for row in kept)
    total = math.fsum(loss for row in kept for loss in row)
    return {
        "seq_mean": math.fsum(math.fsum(row) / len(row) for row in kept) / len(kept),
        "token_mean": total / tokens,
        "constant": total / (len(kept) * longest),
        "seq_sum_mean": total / len(kept),
    }[how]


def ratios(logp: Rows, old: Rows, mask: Marks, level: str) -> list[list[float]]:
    result = []
    for row, before, marks in zip(logp, old, mask, strict=True):
        if level == "token":
            result.append([math.exp(n - o) if m else 1.0 for n, o, m in zip(row, before, marks, strict=True)])
        else:
            differences = [n - o for n, o, m in zip(row, before, marks, strict=True) if m]
            mean = math.fsum(differences) / len(differences) if differences else 0.0
            result.append([math.exp(mean)] * len(row))
    return result


def gae(rewards: Rows, values: Rows, mask: Marks, gamma: float, decay: float) -> tuple[list[list[float]], ...]:
    """Advantage and return of each token as the sum over all later surprises, not by recursion."""
    advantages, returns = [], []
    for row, value, marks in zip(rewards, values, mask, strict=True):
        places = [t for t, counts in enumerate(marks) if counts]
        following = {t: value[places[i + 1]] if i + 1 < len(places) else 0.0 for i, t in enumerate(places)}
        surprise = [row[t] + gamma * following[t] - value[t] for t in places]
        line, line_returns = [0.0] * len(row), [0.0] * len(row)
        for i, t in enumerate(places):
            line[t] = math.fsum((gamma * decay) ** (j - i) * surprise[j] for j in range(i, len(places)))
            line_returns[t] = line[t] + value[t]
        advantages.append(line)
        returns.append(line_returns)
    return advantages, returns


def gradient(function: Callable[[list[list[float]]], float], at: Tensor, step: float = 1e-6) -> Tensor:
    """Central differences of a function of rows of numbers, entry by entry."""
    rows = at.tolist()
    result = torch.zeros_like(at)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            row[j] = value + step
            above = function(rows)
            row[j] = value - step
            below = function(rows)
            row[j] = value
            result[i, j] = (above - below) / (2 * step)
    return result
