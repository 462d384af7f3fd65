"""Two runs on the same questions: the difference of their scores with its uncertainty, and what could be seen. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rfteval.statistics.intervals import Z_95, Estimate, estimate
from rfteval.statistics.resampling import RESAMPLES, SEED, Resampled, bootstrap_mean

Z_POWER_80 = 0.8416212335729143  # 80 % quantile of the standard normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Questions on which exactly one of two runs is right, and McNemar's exact test of whether they are balanced."""

    gained: int
    lost: int
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Second minus first, over the questions that both have.

    `estimate` has the clustered error and interval, `resampled` the bootstrap's interval, `p_value` is of the clustered
    t-test (None where no error can be told). `detectable` is the smallest true difference that a comparison like this
    one would find in four of five cases. `correlation` is that of the two runs' scores, None where one has no variance.
    """

    first: float
    second: float
    estimate: Estimate
    resampled: Resampled | None
    p_value: float | None
    detectable: float | None
    correlation: float | None


def difference(
    first: Mapping[str, float],
    second: Mapping[str, float],
    clusters: Mapping[str, str] | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Difference:
    """Compare two runs by the scores of their questions (Miller 2024, arXiv:2411.00640, sec. 4.2, clustered).

    The interval is mean ± t·SE of the per-question differences. Raises ValueError where they have no question in
    common.
    """
    both = sorted(first.keys() & second.keys())
    if not both:
        raise ValueError("the two runs have no question in common")
    gaps = {sample: second[sample] - first[sample] for sample in both}
    found = estimate(gaps, clusters, shares=False)
    error = found.standard_error
    return Difference(
        first=math.fsum(first[sample] for sample in both) / len(both),
        second=math.fsum(second[sample] for sample in both) / len(both),
        estimate=found,
        resampled=bootstrap_mean(gaps, clusters, resamples=resamples, seed=seed),
        p_value=None if error is None else _p_value(found.mean, error, found.clusters - 1),
        detectable=None if error is None else detectable_difference(error),
        correlation=_correlation([first[sample] for sample in both], [second[sample] for sample in both]),
    )


def flips(first: Mapping[str, bool], second: Mapping[str, bool]) -> Flips:
    """Count the flips of two runs and test them: McNemar 1947, exact (two-sided sign test on the discordant pairs)."""
    both = first.keys() & second.keys()
    gained = sum(second[sample] and not first[sample] for sample in both)
    lost = sum(first[sample] and not second[sample] for sample in both)
    return Flips(gained=gained, lost=lost, p_value=sign_test(gained, lost))


def sign_test(gained: int, lost: int) -> float:
    """The two-sided binomial probability of a split at least as uneven, if either side were as likely."""
    count = gained + lost
    if count == 0:
        return 1.0
    ways = tail = 1
    for place in range(min(gained, lost)):
        ways = ways * (count - place) // (place + 1)
        tail += ways
    return min(1.0, 2 * tail / (1 << count))  # whole numbers: exact for any count


def detectable_difference(standard_error: float) -> float:
    """The true difference that is significant at 5 % (two-sided) with a probability of 80 %.

    (z_0.975 + z_0.8) · SE (Miller 2024, arXiv:2411.00640, sec. 5; Cohen 1988, ch. 2).
    """
    return (Z_95 + Z_POWER_80) * standard_error


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values adjusted for testing several at once (Holm 1979, Scand. J. Stat. 6(2))."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return tuple(adjusted)


def _p_value(mean: float, error: float, degrees: int) -> float:
    """Two-sided, of Student's t with `degrees` of freedom."""
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    return student_tail(abs(mean) / error, degrees)


def student_tail(value: float, degrees: int) -> float:
    """P(|T| >= value) for whole `degrees` of freedom, as a finite sum (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).

    Above 2000 degrees the normal distribution stands in; they differ by less than 0.001 of the probability there.
    """
    if degrees > 2000:
        return math.erfc(value / math.sqrt(2))
    angle = math.atan(value / math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    if degrees == 1:
        return 1 - 2 * angle / math.pi
    odd = degrees % 2 == 1
    term = cosine if odd else 1.0
    total = term
    for step in range(3 if odd else 2, degrees - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        total += term
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return max(0.0, 1 - inside)


def _correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    mean_first, mean_second = math.fsum(first) / len(first), math.fsum(second) / len(second)
    across = math.fsum((a - mean_first) * (b - mean_second) for a, b in zip(first, second, strict=True))
    along = math.fsum((a - mean_first) ** 2 for a in first) * math.fsum((b - mean_second) ** 2 for b in second)
    return across / math.sqrt(along) if along > 0 else None
