"""Advantages: the papers' numbers, a slow reference, and what must hold for any rewards."""

from __future__ import annotations

import math
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.core import slow
from tests.training.core.batches import REWARDS, tensor
from tests.training.tolerance import assert_close
from training.core import advantages
from training.core.algorithms import ADVANTAGES, AdvantageName, group_advantages

SLAS_REWARDS = tensor([[0.9, 0.5, 0.4, 0.2], [1, 1, 1, 0]])

numbers = st.one_of(st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.075]), st.floats(-5, 5))


def random_groups(seed: int, prompts: int, size: int) -> list[tuple[list[float], list[bool]]]:
    """Rewards with and without ties, of which about three in four are scored. (By seed: drawing lists takes long.)"""
    source = random.Random(seed)
    return [
        (
            [source.choice([0.0, 0.1, 0.5, 1.0, 2.075, source.uniform(-5, 5)]) for _ in range(size)],
            [source.random() < 0.75 for _ in range(size)],
        )
        for _ in range(prompts)
    ]


groups = st.builds(random_groups, seed=st.integers(0, 2**32 - 1), prompts=st.integers(1, 4), size=st.integers(2, 6))
names = st.sampled_from(ADVANTAGES)


def test_grpo_of_the_toy_rewards() -> None:
    high, low = 0.25 / (0.5 + 1e-4), -0.75 / (0.5 + 1e-4)
    expected = [[0.865875, -0.865875, -0.865875, 0.865875], [high, high, high, low]]
    assert_close(advantages.grpo(REWARDS).values_P_G, expected)


def test_rloo_of_the_toy_rewards() -> None:
    expected = [[2 / 3, -2 / 3, -2 / 3, 2 / 3], [1 / 3, 1 / 3, 1 / 3, -1.0]]
    assert_close(advantages.rloo(REWARDS).values_P_G, expected)


def test_dr_grpo_of_the_toy_rewards() -> None:
    assert_close(advantages.dr_grpo(REWARDS).values_P_G, [[0.5, -0.5, -0.5, 0.5], [0.25, 0.25, 0.25, -0.75]])


def test_step_grpo_of_scalar_step_rewards() -> None:
    """R1-VL's rewards with a = 0.1: right answer + StepRAR + StepRVR."""
    rewards = tensor([[1 + 0.1 * 3 / 4 + 1, 0.1 * 2 / 4 + 1, 0.1 * 1 / 4, 0.0]])
    assert_close(rewards, [[2.075, 1.05, 0.025, 0.0]])
    assert_close(advantages.grpo(rewards).values_P_G, [[1.303074, 0.265675, -0.771723, -0.797026]])


@pytest.mark.parametrize(
    ("gamma", "expected"),
    [
        (0.0, [[0.993123, 0, -0.248281, -0.744843], [0.620702, 0.620702, 0.620702, -1.862106]]),
        (0.5, [[0.989703, 0, -0.123713, -0.642831], [0.489018, 0.489018, 0.489018, -2.541012]]),
        (1.0, [[0.986294, 0, -0.061643, -0.55479], [0.385271, 0.385271, 0.385271, -3.467441]]),
    ],
)
def test_slas_of_the_toy_rewards(gamma: float, expected: list[list[float]]) -> None:
    assert_close(advantages.slas(SLAS_REWARDS, gamma=gamma).values_P_G, expected)


def test_slas_without_division() -> None:
    expected = [[0.252982, 0, -0.031623, -0.164317], [0.125, 0.125, 0.125, -0.649519]]
    assert_close(advantages.slas(SLAS_REWARDS, gamma=0.5, epsilon=None).values_P_G, expected)


def test_slas_with_gamma_0_is_batch_normalised() -> None:
    assert_close(
        advantages.slas(SLAS_REWARDS, gamma=0.0).values_P_G, advantages.batch_normalised(SLAS_REWARDS).values_P_G
    )


@given(groups=groups, name=names, gamma=st.floats(0, 2))
def test_slow_reference(groups: list[tuple[list[float], list[bool]]], name: AdvantageName, gamma: float) -> None:
    rewards, scored = [row for row, _ in groups], [marks for _, marks in groups]
    result = group_advantages(name, tensor(rewards), torch.tensor(scored), epsilon=1e-4, gamma=gamma)
    expected = slow.advantages(name, rewards, scored, epsilon=1e-4, gamma=gamma)
    largest = max(abs(value) for row in expected for value in row)
    assert_close(result.values_P_G / max(largest, 1.0), tensor(expected) / max(largest, 1.0))


@pytest.mark.parametrize("name", ADVANTAGES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("reward", [0.1, 0.3, 1 / 3, 1e-3, 1e3])
def test_identical_rewards_give_exactly_zero(name: AdvantageName, dtype: torch.dtype, reward: float) -> None:
    """Also where the float mean of equal values is not that value; the other group keeps the batch's spread above 0."""
    rewards = torch.tensor([[reward] * 7, [0, 1, 0, 1, 0, 1, 1]], dtype=dtype)
    result = group_advantages(name, rewards)
    assert torch.equal(result.values_P_G[0], torch.zeros(7, dtype=dtype))
    assert result.signal_P.tolist() == [False, True]


def test_the_trap_of_a_float_standard_deviation_is_real() -> None:
    """Why rewards are compared and not their standard deviation: in float32 that of equal values need not be 0."""
    spreads = [torch.full((size,), 0.1 * k).std().item() for size in range(2, 17) for k in range(1, 10)]
    assert any(spread > 0 for spread in spreads)


@given(groups=groups, name=names)
def test_unscored_rollouts_have_no_say(groups: list[tuple[list[float], list[bool]]], name: AdvantageName) -> None:
    """Whatever stands in their place, NaN included, changes nothing, and they get exactly 0."""
    scored = torch.tensor([marks for _, marks in groups])
    rewards = tensor([row for row, _ in groups])
    results = [
        group_advantages(name, rewards.masked_fill(~scored, filler), scored).values_P_G
        for filler in (0.0, 77.0, math.nan, math.inf)
    ]
    assert all(torch.equal(results[0], other) for other in results[1:])
    assert not results[0][~scored].any()


@given(groups=groups, name=names)
def test_a_group_without_unscored_ones_is_the_same_as_without_the_mask(
    groups: list[tuple[list[float], list[bool]]], name: AdvantageName
) -> None:
    """Dropping the unscored columns by hand gives the same advantages."""
    if name in ("batch", "slas"):
        groups = groups[:1]  # else the batch's spread is that of the other groups, too
    for row, marks in groups:
        kept = [reward for reward, counts in zip(row, marks, strict=True) if counts]
        if len(kept) < 2:
            continue
        masked = group_advantages(name, tensor([row]), torch.tensor([marks])).values_P_G[torch.tensor([marks])]
        assert_close(masked, group_advantages(name, tensor([kept])).values_P_G[0])


@given(name=names, reward=numbers)
def test_fewer_than_two_scored_have_no_advantage(name: AdvantageName, reward: float) -> None:
    scored = torch.tensor([[True, False, False], [False, False, False], [True, True, True]])
    result = group_advantages(name, tensor([[reward, 5, 5], [1, 2, 3], [0, 1, 1]]), scored)
    assert not result.values_P_G[:2].any()
    assert result.usable_P_G.tolist() == [[False] * 3, [False] * 3, [True] * 3]
    assert result.signal_P.tolist() == [False, False, True]


@given(groups=groups, name=names, data=st.data())
def test_permuting_a_group_permutes_its_advantages(
    groups: list[tuple[list[float], list[bool]]], name: AdvantageName, data: st.DataObject
) -> None:
    rewards, scored = tensor([row for row, _ in groups]), torch.tensor([marks for _, marks in groups])
    order = data.draw(st.permutations(range(rewards.shape[1])))
    before = group_advantages(name, rewards, scored).values_P_G
    after = group_advantages(name, rewards[:, order], scored[:, order]).values_P_G
    scale = max(float(before.abs().max()), 1.0)
    assert_close(after / scale, before[:, order] / scale)


@given(groups=groups, name=st.sampled_from(["grpo", "dr_grpo", "rloo", "batch"]))
def test_advantages_of_a_group_sum_to_zero(groups: list[tuple[list[float], list[bool]]], name: AdvantageName) -> None:
    """All but SLAS, whose power breaks it."""
    rewards, scored = tensor([row for row, _ in groups]), torch.tensor([marks for _, marks in groups])
    values = group_advantages(name, rewards, scored).values_P_G
    assert_close(values.sum(-1) / values.abs().sum(-1).clamp(min=1), torch.zeros(len(groups)))


@given(row=st.lists(st.floats(0, 1), min_size=2, max_size=6), shift=st.floats(-3, 3), name=names)
def test_a_shift_of_all_rewards_changes_nothing(row: list[float], shift: float, name: AdvantageName) -> None:
    rewards = tensor([row, [0.0, 1.0] * (len(row) // 2) + [0.0] * (len(row) % 2)])
    before, after = group_advantages(name, rewards), group_advantages(name, rewards + shift)
    if torch.equal(before.signal_P, after.signal_P):  # a shift may round two rewards onto each other
        assert_close(after.values_P_G, before.values_P_G)


def test_a_scored_reward_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="unscored"):
        advantages.grpo(tensor([[1.0, math.nan]]))


def test_a_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="prompts, group"):
        advantages.grpo(tensor([1.0, 0.0]))


def test_a_negative_gamma_is_refused() -> None:
    with pytest.raises(ValueError, match="gamma"):
        advantages.slas(REWARDS, gamma=-0.5)
