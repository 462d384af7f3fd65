"""Intervals for measured shares. Pure."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054  # two-sided 95 % quantile of the standard normal distribution


def wilson_interval(successes: float, trials: int, z: float = Z_95) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22, eq. at p. 209).

    `successes` may be fractional (partial scores in 0 to 1): the variance p(1-p) is then an upper bound, so the
    interval is at most too wide. Raises ValueError for no trials or a share outside 0 to 1.
    """
    if trials <= 0:
        raise ValueError(f"an interval needs at least one trial, got {trials}")
    share = successes / trials
    if not -1e-9 <= share <= 1 + 1e-9:
        raise ValueError(f"a share must lie between 0 and 1, got {share}")
    share = min(max(share, 0.0), 1.0)
    spread = z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    # At the ends the formula is exactly 0 and 1; rounding must not move them past the share itself.
    return min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)
