"""Length rewards over groups: the papers' numbers, and where they are switched off."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.core.batches import tensor
from tests.training.tolerance import assert_close
from training.core.length import LENGTH_RULES, LengthRule, length_rewards, only_where_accurate, without_truncated

EVERY = torch.ones(1, 4, dtype=torch.bool)


def test_dapo_overlong() -> None:
    lengths = torch.tensor([[16384, 17408, 18432, 20480, 20481]])
    every = torch.ones(1, 5, dtype=torch.bool)
    rewards = length_rewards("dapo_overlong", lengths, every, every, limit=20480, cache=4096)
    assert_close(rewards, [[0, -0.25, -0.5, -1, -1]])


@pytest.mark.parametrize(("right", "start", "end"), [(True, 2.0, 1.0), (False, -10.0, 0.0)])
def test_cosine(right: bool, start: float, end: float) -> None:
    """2, 1.8536, 1.5, 1.1464 and -10, -8.5355, -5, -1.4645; over the limit always -10."""
    lengths = torch.tensor([[0, 250, 500, 750]])
    rewards = length_rewards("cosine", lengths, EVERY & right, EVERY, limit=1000)
    expected = [end + (start - end) / 2 * (1 + math.cos(math.pi * n / 1000)) for n in (0, 250, 500, 750)]
    assert_close(rewards, [expected])
    assert [round(value, 4) for value in expected] == (
        [2.0, 1.8536, 1.5, 1.1464] if right else [-10.0, -8.5355, -5.0, -1.4645]
    )
    assert_close(length_rewards("cosine", lengths + 1001, EVERY & right, EVERY, limit=1000), [[-10.0] * 4])


def test_kimi() -> None:
    lengths = torch.tensor([[100, 200, 300, 300]])
    right = torch.tensor([[True, True, False, True]])
    assert_close(length_rewards("kimi", lengths, right, EVERY, limit=1000), [[0.5, 0, -0.5, -0.5]])


def test_l1() -> None:
    lengths = torch.tensor([[100, 1100, 100, 1100]])
    right = torch.tensor([[True, True, False, False]])
    rewards = length_rewards("l1", lengths, right, EVERY, limit=2000, wanted=100)
    assert_close(rewards, [[1.0, 0.7, 0.0, -0.3]])


@pytest.mark.parametrize("rule", LENGTH_RULES)
@given(data=st.data())
def test_unscored_responses_have_no_say(rule: LengthRule, data: st.DataObject) -> None:
    """Neither their length (the longest of a group, to Kimi) nor their being right."""
    lengths = data.draw(st.lists(st.integers(0, 100), min_size=4, max_size=4))
    right = data.draw(st.lists(st.booleans(), min_size=4, max_size=4))
    scored = data.draw(st.lists(st.booleans(), min_size=4, max_size=4))

    def rewards(junk: int) -> torch.Tensor:
        return length_rewards(
            rule,
            torch.tensor([[n if counts else junk for n, counts in zip(lengths, scored, strict=True)]]),
            torch.tensor([[r if counts else junk > 50 for r, counts in zip(right, scored, strict=True)]]),
            torch.tensor([scored]),
            limit=90,
            cache=40,
            wanted=50,
        )

    assert torch.equal(rewards(0), rewards(100_000))
    assert not rewards(0)[~torch.tensor([scored])].any()


def test_length_counts_only_in_accurate_groups() -> None:
    values = tensor([[0.5, -0.5, 0.1, 0.2], [0.5, -0.5, 0.1, 0.2]])
    right = torch.tensor([[True, True, True, False], [True, True, False, False]])
    scored = torch.ones(2, 4, dtype=torch.bool)
    assert_close(only_where_accurate(values, right, scored), [[0.5, -0.5, 0.1, 0.2], [0, 0, 0, 0]])


def test_truncated_responses_are_not_trained_on() -> None:
    mask = torch.tensor([[True, True], [True, False]])
    assert without_truncated(mask, torch.tensor([True, False])).tolist() == [[False, False], [True, False]]


@pytest.mark.parametrize(("rule", "missing"), [("dapo_overlong", "cache"), ("l1", "wanted")])
def test_a_missing_parameter_is_named(rule: LengthRule, missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        length_rewards(rule, torch.tensor([[1, 2, 3, 4]]), EVERY, EVERY, limit=10)
