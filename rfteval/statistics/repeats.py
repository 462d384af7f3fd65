"""Several responses to one question: at least one right, all right, the most frequent answer right. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What `k` responses a question give, as means over the `samples` questions that have as many scored ones."""

    k: int
    samples: int
    any_right: float
    majority: float
    all_right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One scored response as it votes: its answer (None where it gave none, so that it abstains), score, right or not.

    Responses found right vote for one answer, however they wrote it.
    """

    answer: str | None
    score: float
    right: bool


def any_of(responses: int, right: int, k: int) -> float:
    """The chance that of `k` responses, drawn without replacement from `responses`, one of the `right` ones is there.

    pass@k, unbiased: 1 - C(n-c, k) / C(n, k) (Chen et al. 2021, arXiv:2107.03374, eq. 1). Raises ValueError unless
    0 <= right <= responses and 1 <= k <= responses.
    """
    _check(responses, right, k)
    return 1 - math.comb(responses - right, k) / math.comb(responses, k)


def all_of(responses: int, right: int, k: int) -> float:
    """The chance that all of `k` drawn responses are right: C(c, k) / C(n, k) (Yao et al. 2024, arXiv:2406.12045)."""
    _check(responses, right, k)
    return math.comb(right, k) / math.comb(responses, k)


def majority_of(votes: Sequence[Vote], k: int) -> float:
    """The expected score of the most frequent answer among `k` of `votes`, drawn without replacement.

    Self-consistency (Wang et al. 2022, arXiv:2203.11171, sec. 2). Answers tied for the most votes are each as likely
    to be taken, so nothing depends on the order of the responses. Abstentions are drawn but do not vote; where nobody
    votes the score is 0. Raises ValueError unless 1 <= k <= len(votes).
    """
    _check(len(votes), 0, k)
    groups = _groups(votes)
    abstaining = len(votes) - sum(len(scores) for scores in groups)
    if k == len(votes):
        most = max((len(scores) for scores in groups), default=0)
        winners = [math.fsum(scores) / len(scores) for scores in groups if len(scores) == most]
        return math.fsum(winners) / len(winners) if winners else 0.0
    draws = math.comb(len(votes), k)
    sizes = [len(scores) for scores in groups]
    expected = 0.0
    for place, scores in enumerate(groups):
        mean = math.fsum(scores) / len(scores)
        if mean:
            others = sizes[:place] + sizes[place + 1 :]
            expected += mean * _winning_draws(len(scores), others, abstaining, k) / draws
    return expected


def points(votes: Mapping[str, Sequence[Vote]]) -> tuple[Point, ...]:
    """The curve over k = 1, 2, 4, ... and the largest number of responses; empty where no question has two."""
    most = max((len(each) for each in votes.values()), default=0)
    if most < 2:
        return ()
    wanted = [2**power for power in range(most.bit_length()) if 2**power < most]
    found = []
    for k in (*wanted, most):
        enough = [each for each in votes.values() if len(each) >= k]
        rights = [(len(each), sum(vote.right for vote in each)) for each in enough]
        found.append(
            Point(
                k=k,
                samples=len(enough),
                any_right=math.fsum(any_of(count, right, k) for count, right in rights) / len(enough),
                majority=math.fsum(majority_of(each, k) for each in enough) / len(enough),
                all_right=math.fsum(all_of(count, right, k) for count, right in rights) / len(enough),
            )
        )
    return tuple(found)


def _groups(votes: Sequence[Vote]) -> list[list[float]]:
    """The scores of the votes for each answer."""
    found: dict[tuple[bool, str], list[float]] = {}
    for vote in votes:
        if vote.right or vote.answer is not None:
            key = (True, "") if vote.right else (False, " ".join((vote.answer or "").casefold().split()))
            found.setdefault(key, []).append(vote.score)
    return list(found.values())


def _winning_draws(size: int, others: Sequence[int], abstaining: int, k: int) -> float:
    """In how many of the draws of `k` an answer of `size` votes is taken; one tied with t others counts 1 / (t + 1).

    For each number of votes that it may get, ways[drawn][tied] counts the draws from the other answers.
    """
    total = 0.0
    for count in range(1, min(size, k) + 1):
        ways = {(0, 0): 1}
        for other in others:
            following: dict[tuple[int, int], int] = {}
            for (drawn, tied), number in ways.items():
                for taken in range(min(other, count, k - count - drawn) + 1):
                    key = (drawn + taken, tied + (taken == count))
                    following[key] = following.get(key, 0) + number * math.comb(other, taken)
            ways = following
        of_these = math.comb(size, count)
        for (drawn, tied), number in ways.items():
            total += of_these * number * math.comb(abstaining, k - count - drawn) / (tied + 1)
    return total


def _check(responses: int, right: int, k: int) -> None:
    if not (0 <= right <= responses and 1 <= k <= responses):
        raise ValueError(f"cannot draw {k} of {responses} responses, {right} of them right")
