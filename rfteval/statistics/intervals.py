"""Standard errors and intervals of mean scores, independent or in clusters. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Z_95 = 1.959963984540054  # two-sided 95 % quantile of the standard normal distribution

Method = Literal["Wilson", "Wilson, clustered", "Student's t"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The mean of some scores with its uncertainty.

    `standard_error` is clustered, `independent_standard_error` is what it would be if every score were a draw of its
    own; both are None for a single cluster, of which no variance can be told. `design_effect` is the ratio of their
    squares. `interval` is the 95 % one, None for a single cluster of scores that are no shares.
    """

    mean: float
    count: int
    clusters: int
    largest_cluster: int
    standard_error: float | None
    independent_standard_error: float | None
    design_effect: float | None
    interval: tuple[float, float] | None
    method: Method


def wilson_interval(successes: float, trials: float, z: float = Z_95) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22, eq. at p. 209).

    `successes` may be fractional (partial scores in 0 to 1): the variance p(1-p) is then an upper bound, so the
    interval is at most too wide. `trials` may be an effective number. Raises ValueError for no trials or a share
    outside 0 to 1.
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


def estimate(
    scores: Mapping[str, float], clusters: Mapping[str, str] | None = None, *, shares: bool = True
) -> Estimate:
    """The mean of `scores` (one a sample) and its 95 % interval.

    `clusters` maps a sample to its cluster; one that it lacks is a cluster of its own. Scores of 0 and 1 that are
    independent get the plain Wilson interval. Otherwise it is taken for the effective number of draws (Dean and
    Pagano 2015, Surv. Methodol. 41(2), sec. 2.2), which the standard error implies; clusters never make it more than
    the number of scores would, and few of them widen it by Student's t. Scores outside 0 to 1, and those that are no
    `shares` (differences), get mean ± t·SE.
    Raises ValueError for no scores.
    """
    if not scores:
        raise ValueError("a mean needs at least one score")
    values = list(scores.values())
    count = len(values)
    total = math.fsum(values)
    mean = total / count
    sizes, totals = cluster_sums(scores, clusters or {})
    clustered = len(sizes) < count
    independent_se = _clustered_error([1] * count, values, mean)
    error = _clustered_error(sizes, totals, mean) if clustered else independent_se
    effect = error**2 / independent_se**2 if error is not None and independent_se else None
    binary = all(value in (0, 1) for value in values)
    shares = shares and all(0 <= value <= 1 for value in values)
    interval: tuple[float, float] | None
    method: Method
    if shares and binary and not clustered:
        interval, method = wilson_interval(total, count), "Wilson"
    elif shares:
        draws = _effective_draws(mean, count, len(sizes), independent_se, effect)
        quantile = student_quantile(len(sizes) - 1) if clustered and len(sizes) > 1 else Z_95
        interval = wilson_interval(mean * draws, draws, quantile)
        method = "Wilson, clustered" if clustered else "Wilson"
    else:
        half = None if error is None else student_quantile(len(sizes) - 1) * error
        interval = None if half is None else (mean - half, mean + half)
        method = "Student's t"
    return Estimate(
        mean=mean,
        count=count,
        clusters=len(sizes),
        largest_cluster=max(sizes),
        standard_error=error,
        independent_standard_error=independent_se,
        design_effect=effect,
        interval=interval,
        method=method,
    )


def cluster_sums(scores: Mapping[str, float], clusters: Mapping[str, str]) -> tuple[list[int], list[float]]:
    """(number of scores, their sum) of each cluster."""
    place_of: dict[str, int] = {}
    sizes: list[int] = []
    totals: list[float] = []
    for sample, value in scores.items():
        key = clusters.get(sample)
        place = len(sizes) if key is None else place_of.setdefault(key, len(sizes))
        if place == len(sizes):
            sizes.append(1)
            totals.append(value)
        else:
            sizes[place] += 1
            totals[place] += value
    return sizes, totals


def _clustered_error(sizes: Sequence[int], totals: Sequence[float], mean: float) -> float | None:
    """The standard error of a mean of scores that come in clusters (Miller 2024, arXiv:2411.00640, eq. 4).

    SE² = Σ_g (Σ_i (s_i - mean))² / n², times G/(G-1) for the mean that was estimated from the same scores; with
    clusters of one that is the usual s/√n. None for fewer than two clusters.
    """
    if len(sizes) < 2:
        return None
    squares = math.fsum((total - size * mean) ** 2 for size, total in zip(sizes, totals, strict=True))
    return math.sqrt(squares / sum(sizes) ** 2 * len(sizes) / (len(sizes) - 1))


def _effective_draws(
    mean: float, count: int, clusters: int, independent_se: float | None, effect: float | None
) -> float:
    """How many independent draws of 0 and 1 would have the standard error that was found.

    Where all scores are equal no error can be found, and each cluster counts once.
    """
    if effect is None or independent_se is None or independent_se == 0 or not 0 < mean < 1:
        return clusters
    alike = mean * (1 - mean) / (count - 1) / independent_se**2  # above 1 where scores are means or partial ones
    return count * max(alike, 1.0) / max(effect, 1.0)


def student_quantile(degrees: int) -> float:
    """The two-sided 95 % quantile of Student's t for whole `degrees` of freedom, to 0.2 %.

    Exact for 1 and 2; above, the expansion about the normal quantile (Abramowitz and Stegun 1964, 26.7.5).
    Raises ValueError for none.
    """
    if degrees < 1:
        raise ValueError(f"Student's t needs at least one degree of freedom, got {degrees}")
    if degrees == 1:
        return math.tan(math.pi * 0.475)
    if degrees == 2:
        return 0.95 * math.sqrt(2 / (4 * 0.975 * 0.025))
    z = Z_95
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / degrees**power for power, term in enumerate(terms, start=1))
