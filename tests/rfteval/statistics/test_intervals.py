"""Standard errors and intervals: against their definitions, known quantiles, and how often they hold the truth."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rfteval.statistics.intervals import estimate, student_quantile, wilson_interval
from rfteval.statistics.resampling import bootstrap_mean

# Student's t, two-sided 95 %: degrees of freedom → quantile, as in any printed table.
QUANTILES = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 10: 2.228, 30: 2.042, 100: 1.984}

shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])
clustered_scores = st.lists(st.tuples(shares, st.integers(0, 5)), min_size=2, max_size=40)


def named(values: list[float]) -> dict[str, float]:
    return {f"s{place}": value for place, value in enumerate(values)}


@pytest.mark.parametrize(("degrees", "quantile"), QUANTILES.items())
def test_quantiles_are_those_of_the_tables(degrees: int, quantile: float) -> None:
    assert student_quantile(degrees) == pytest.approx(quantile, rel=2e-3)


@given(st.lists(st.booleans(), min_size=1, max_size=200))
def test_independent_right_and_wrong_get_the_plain_wilson_interval(right: list[bool]) -> None:
    found = estimate(named([float(each) for each in right]))
    assert found.method == "Wilson"
    assert found.interval == wilson_interval(sum(right), len(right))
    if len(right) > 1:
        share = sum(right) / len(right)
        assert found.standard_error == pytest.approx(math.sqrt(share * (1 - share) / (len(right) - 1)), abs=1e-12)


@given(clustered_scores)
def test_the_clustered_error_is_its_definition(drawn: list[tuple[float, int]]) -> None:
    """The sum over all pairs of scores in one cluster: Miller's eq. 4 written out, with G/(G-1)."""
    scores = named([score for score, _ in drawn])
    clusters = {name: str(group) for name, (_, group) in zip(scores, drawn, strict=True)}
    found = estimate(scores, clusters)
    groups = len(set(clusters.values()))
    assert found.clusters == groups
    if groups < 2:
        assert found.standard_error is None
        return
    mean = sum(scores.values()) / len(scores)
    pairs = sum(
        (scores[one] - mean) * (scores[other] - mean)
        for one in scores
        for other in scores
        if clusters[one] == clusters[other]
    )
    expected = math.sqrt(max(pairs, 0.0) / len(scores) ** 2 * groups / (groups - 1))
    assert found.standard_error == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.booleans(), min_size=3, max_size=60), st.integers(2, 5))
def test_copies_of_a_score_add_nothing_to_what_is_known(right: list[bool], copies: int) -> None:
    """Each score several times over in its own cluster: the error is that of the scores taken once."""
    assume(0 < sum(right) < len(right))
    once = {f"s{place}": float(each) for place, each in enumerate(right)}
    many = {f"{name}.{copy}": score for name, score in once.items() for copy in range(copies)}
    clusters = {name: name.split(".")[0] for name in many}
    found, single = estimate(many, clusters), estimate(once)
    assert found.mean == pytest.approx(single.mean)
    assert found.standard_error == pytest.approx(single.standard_error or 0.0, rel=1e-9)
    assert found.interval is not None and single.interval is not None
    assert found.interval[0] <= single.interval[0] + 1e-9 and found.interval[1] >= single.interval[1] - 1e-9


@given(clustered_scores)
def test_intervals_hold_the_mean_inside_0_and_1_and_clusters_never_narrow_them(drawn: list[tuple[float, int]]) -> None:
    scores = named([score for score, _ in drawn])
    clusters = {name: str(group) for name, (_, group) in zip(scores, drawn, strict=True)}
    found, independent = estimate(scores, clusters), estimate(scores)
    for each in (found, independent):
        assert each.interval is not None
        low, high = each.interval
        assert 0 <= low <= each.mean + 1e-12 and each.mean - 1e-12 <= high <= 1
    assert found.interval is not None and independent.interval is not None
    width, plain = (high - low for low, high in (found.interval, independent.interval))
    assert width >= plain - 1e-9


def test_scores_that_are_no_shares_get_a_t_interval() -> None:
    found = estimate({"a": -1.0, "b": 3.0, "c": 2.0})
    assert found.method == "Student's t"
    assert found.interval is not None and found.standard_error is not None
    assert found.interval[1] - found.mean == pytest.approx(4.303 * found.standard_error, rel=1e-3)
    assert estimate({"a": 0.0, "b": 1.0}, shares=False).method == "Student's t"
    assert estimate({"a": 7.0}).interval is None
    with pytest.raises(ValueError):
        estimate({})


def draws(generator: random.Random, clusters: int, size: int) -> tuple[dict[str, float], dict[str, str]]:
    """Right and wrong in clusters whose own rates differ much (beta 1, 2: mean 1/3, correlation 1/4)."""
    scores, of = {}, {}
    for cluster in range(clusters):
        rate = generator.betavariate(1, 2)
        for place in range(size):
            scores[f"{cluster}.{place}"] = float(generator.random() < rate)
            of[f"{cluster}.{place}"] = str(cluster)
    return scores, of


@pytest.mark.parametrize(("clusters", "size"), [(12, 4), (40, 5)])
def test_clustered_intervals_hold_the_truth_as_often_as_they_say(clusters: int, size: int) -> None:
    """Over simulated runs of known mean: near 95 %, where intervals that ignore the clusters hold it far less often."""
    generator = random.Random(1)
    runs = 300
    held = ignored = drawn = 0
    for number in range(runs):
        scores, of = draws(generator, clusters, size)
        found, independent = estimate(scores, of), estimate(scores)
        assert found.interval is not None and independent.interval is not None
        held += found.interval[0] <= 1 / 3 <= found.interval[1]
        ignored += independent.interval[0] <= 1 / 3 <= independent.interval[1]
        if number < 100:
            resampled = bootstrap_mean(scores, of, resamples=400)
            assert resampled is not None
            drawn += resampled.interval[0] <= 1 / 3 <= resampled.interval[1]
    assert 0.93 <= held / runs <= 0.985
    assert ignored / runs < 0.90
    assert drawn / 100 > 0.85  # percentile intervals of few clusters are known to be somewhat narrow


@given(clustered_scores, st.randoms())
def test_resampling_is_decided_by_the_scores_alone(drawn: list[tuple[float, int]], shuffler: random.Random) -> None:
    scores = named([score for score, _ in drawn])
    clusters = {name: str(group) for name, (_, group) in zip(scores, drawn, strict=True)}
    order = list(scores)
    shuffler.shuffle(order)
    found = bootstrap_mean(scores, clusters, resamples=50)
    assert found == bootstrap_mean({name: scores[name] for name in order}, clusters, resamples=50)
    if len(set(clusters.values())) < 2:
        assert found is None
    else:
        assert found is not None
        assert min(scores.values()) - 1e-9 <= found.interval[0] <= found.interval[1] <= max(scores.values()) + 1e-9


def test_the_bootstrap_and_the_formula_agree_where_there_is_plenty() -> None:
    scores, of = draws(random.Random(3), 300, 3)
    found, resampled = estimate(scores, of), bootstrap_mean(scores, of)
    assert resampled is not None and found.interval is not None
    for one, other in zip(found.interval, resampled.interval, strict=True):
        assert one == pytest.approx(other, abs=0.006)


def test_many_clusters_are_drawn_in_blocks() -> None:
    """The blocks change nothing but the memory: with one block a resample the interval is as wide as it should be."""
    generator = random.Random(5)
    scores = {str(place): float(generator.random() < 0.4) for place in range(50_000)}
    resampled, found = bootstrap_mean(scores, resamples=200), estimate(scores)
    assert resampled is not None and found.standard_error is not None
    width = resampled.interval[1] - resampled.interval[0]
    assert width == pytest.approx(2 * 1.96 * found.standard_error, rel=0.2)
