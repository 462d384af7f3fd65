"""Bootstrap intervals of mean scores and of paired differences: whole clusters are drawn again. Pure, and seeded.

Efron 1979, Ann. Stat. 7(1); clusters as the unit: Davison and Hinkley 1997, Bootstrap Methods, sec. 3.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rfteval.statistics.intervals import cluster_sums

RESAMPLES = 2000
SEED = 0
_CELLS = 4_000_000  # of random numbers drawn at once, so that memory does not grow with the number of clusters


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampled:
    """A 95 % percentile interval, and what it was drawn with."""

    interval: tuple[float, float]
    resamples: int
    seed: int


def bootstrap_mean(
    scores: Mapping[str, float],
    clusters: Mapping[str, str] | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Resampled | None:
    """The percentile interval of the mean of `scores` over draws of whole clusters, with replacement.

    `clusters` is as in `rfteval.statistics.intervals.estimate`. Equal arguments give an equal interval, in whatever
    order the scores come. None for fewer than two clusters.
    """
    import numpy  # takes a tenth of a second to load

    sizes, sums = cluster_sums({sample: scores[sample] for sample in sorted(scores)}, clusters or {})
    if len(sizes) < 2:
        return None
    totals, counts = numpy.array(sums), numpy.array(sizes, dtype=float)
    generator = numpy.random.default_rng(seed)
    means = numpy.empty(resamples)
    block = max(1, _CELLS // len(totals))
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = generator.integers(0, len(totals), size=(rows, len(totals)), dtype=numpy.int32)
        means[start : start + rows] = totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = numpy.quantile(means, [0.025, 0.975])
    return Resampled(interval=(float(low), float(high)), resamples=resamples, seed=seed)
