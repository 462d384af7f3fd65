"""Several responses a question: every formula against all draws written out."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfteval.statistics.repeats import Vote, all_of, any_of, majority_of, points

votes = st.builds(
    lambda answer, right: Vote(answer=None if answer == "-" else answer, score=float(right), right=right),
    st.sampled_from("xyz-"),
    st.booleans(),
)


@given(st.integers(1, 8), st.data())
def test_any_and_all_are_means_over_all_draws(responses: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, responses))
    k = data.draw(st.integers(1, responses))
    drawn = list(itertools.combinations([True] * right + [False] * (responses - right), k))
    assert any_of(responses, right, k) == pytest.approx(sum(map(any, drawn)) / len(drawn))
    assert all_of(responses, right, k) == pytest.approx(sum(map(all, drawn)) / len(drawn))


def most_frequent(drawn: tuple[Vote, ...]) -> float:
    """The score of the most frequent answer, tied ones in equal shares, of one draw."""
    groups: dict[object, list[float]] = {}
    for vote in drawn:
        if vote.right or vote.answer is not None:
            groups.setdefault(True if vote.right else vote.answer, []).append(vote.score)
    most = max(map(len, groups.values()), default=0)
    return sum(sum(scores) / len(scores) / sum(len(each) == most for each in groups.values())
               for scores in groups.values() if len(scores) == most)  # fmt: skip


@given(st.lists(votes, min_size=1, max_size=8), st.data())
def test_the_majority_is_the_mean_over_all_draws(cast: list[Vote], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(cast)))
    drawn = list(itertools.combinations(cast, k))
    assert majority_of(cast, k) == pytest.approx(sum(map(most_frequent, drawn)) / len(drawn))


@given(st.permutations([Vote(answer=each, score=float(each == "a"), right=each == "a") for each in "aabbc"]))
def test_no_order_of_the_responses_decides_a_tie(cast: list[Vote]) -> None:
    assert majority_of(cast, 5) == 0.5


def test_answers_are_one_however_they_are_written() -> None:
    """Right ones by the verifier's word, wrong ones by their text without case and blanks."""
    written = [("0.5", True), ("1/2", True), (" Seven", False), ("seven ", False), ("SEVEN", False)]
    cast = [Vote(answer=answer, score=float(right), right=right) for answer, right in written]
    assert majority_of(cast, 5) == 0
    assert majority_of(cast[:4], 4) == 0.5


@given(st.lists(votes, min_size=2, max_size=9))
def test_the_curve_is_ordered_as_it_must_be(cast: list[Vote]) -> None:
    """One response: all three are its score. More: all <= mean <= any, and any only grows."""
    found = points({"q": cast})
    mean = sum(vote.right for vote in cast) / len(cast)
    assert [point.k for point in found][-1] == len(cast)
    assert (found[0].k, found[0].any_right, found[0].all_right) == (1, pytest.approx(mean), pytest.approx(mean))
    for point, following in itertools.pairwise(found):
        assert following.any_right >= point.any_right - 1e-12
        assert following.all_right <= point.all_right + 1e-12
    assert all(point.all_right - 1e-12 <= mean <= point.any_right + 1e-12 for point in found)


def test_questions_with_fewer_responses_leave_the_longer_draws() -> None:
    vote = Vote(answer="a", score=1.0, right=True)
    found = points({"one": [vote], "three": [vote, vote, vote]})
    assert [(point.k, point.samples) for point in found] == [(1, 2), (2, 1), (3, 1)]
    assert points({"one": [vote], "other": [vote]}) == ()


def test_a_published_example() -> None:
    """Chen et al. 2021: of 200 samples 20 right, pass@100 is 1 - C(180,100)/C(200,100); pass@1 is 20/200."""
    assert any_of(200, 20, 1) == pytest.approx(0.1)
    product = 1.0
    for place in range(181, 201):  # their numerically stable form: 1 - prod(1 - k/i)
        product *= 1 - 100 / place
    assert any_of(200, 20, 100) == pytest.approx(1 - product)


@pytest.mark.parametrize("wrong", [(3, 4, 1), (3, 1, 0), (3, 1, 4), (3, -1, 1)])
def test_no_draw_from_what_is_not_there(wrong: tuple[int, int, int]) -> None:
    for formula in (any_of, all_of):
        with pytest.raises(ValueError):
            formula(*wrong)
