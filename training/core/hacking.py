"""Is the reward still about the task? Drift of a measure, agreement of two, components that part ways. Plain numbers.

What to do about an alarm (log, freeze, raise beta, drop a component, stop) is the loop's to say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cusum:
    """A one-sided CUSUM chart (Page 1954): `S <- max(0, S + value - baseline - slack)`, alarm where S > limit.

    The baseline is the mean of the first `warmup` values, during which S stays 0. For reward hacking the value is the
    gap between the trained reward and the evaluation verifier's on held-out samples; for the KL, or the entropy with
    its sign turned, it finds the step where they break away.
    """

    slack: float = 0.02
    limit: float = 0.2
    warmup: int = 2

    def __post_init__(self) -> None:
        if self.slack < 0 or self.limit <= 0 or self.warmup < 1:
            raise ValueError(
                f"needs slack >= 0, limit > 0, warmup >= 1, got {self.slack}, {self.limit} and {self.warmup}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CusumState:
    """What a checkpoint keeps: values seen, their baseline, the sum S and whether it is over the limit."""

    seen: int = 0
    baseline: float = 0.0
    total: float = 0.0
    alarm: bool = False


def advance_cusum(chart: Cusum, state: CusumState, value: float) -> CusumState:
    """The state after one more value. Raises ValueError for one that is not finite: a gap that could not be measured
    is no value.
    """
    if not math.isfinite(value):
        raise ValueError(f"a chart takes finite values, got {value}")
    seen = state.seen + 1
    if seen <= chart.warmup:
        return CusumState(seen=seen, baseline=state.baseline + (value - state.baseline) / seen)
    total = max(0.0, state.total + value - state.baseline - chart.slack)
    return CusumState(seen=seen, baseline=state.baseline, total=total, alarm=total > chart.limit)


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation, ties at their mean rank; None where it says nothing: fewer than three pairs, or one
    side all equal. Length against reward near 1 means that long answers are what is rewarded.
    """
    if len(first) != len(second):
        raise ValueError(f"a correlation needs pairs, got {len(first)} and {len(second)} values")
    if len(first) < 3:
        return None
    left, right = _ranks(first), _ranks(second)
    middle = (len(first) + 1) / 2
    product = sum((a - middle) * (b - middle) for a, b in zip(left, right, strict=True))
    spread = math.sqrt(sum((a - middle) ** 2 for a in left) * sum((b - middle) ** 2 for b in right))
    return product / spread if spread > 0 else None


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda index: values[index])
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for index in order[start:end]:
            ranks[index] = (start + 1 + end) / 2
        start = end
    return ranks


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """How two components moved over a window: `easy` (format, length) and `hard` (accuracy), as the change of a
    straight line fitted to each, from the window's start to its end. `parted`: one rose and the other fell.
    """

    easy: float
    hard: float
    parted: bool


def component_divergence(
    easy: Sequence[float], hard: Sequence[float], *, rise: float = 0.05, fall: float = 0.02
) -> Divergence:
    """Whether `easy` rose by at least `rise` while `hard` fell by at least `fall` over the same steps.

    A fitted line, not the ends, so that one noisy step does not decide. Two steps at least; ours.
    """
    if len(easy) != len(hard) or len(easy) < 2:
        raise ValueError(f"needs two or more steps of both components, got {len(easy)} and {len(hard)}")
    up, down = _change(easy), _change(hard)
    return Divergence(easy=up, hard=down, parted=up >= rise and down <= -fall)


def _change(values: Sequence[float]) -> float:
    """The least-squares line's value at the last step minus that at the first."""
    middle = (len(values) - 1) / 2
    slope = sum((i - middle) * value for i, value in enumerate(values)) / sum(
        (i - middle) ** 2 for i in range(len(values))
    )
    return slope * (len(values) - 1)
