"""Credit by step: the worked example, a slow reference, and who has no say."""

from __future__ import annotations

import math
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.core import slow
from tests.training.core.batches import tensor
from tests.training.tolerance import assert_close
from training.core.advantages import grpo
from training.core.process import hybrid_advantages, process_advantages


def padded(rewards: list[list[float]], ends: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One group of ragged steps as (1, G, S) tensors, what is not there as NaN."""
    most = max(len(row) for row in rewards)
    filled = [row + [math.nan] * (most - len(row)) for row in rewards]
    places = [row + [0] * (most - len(row)) for row in ends]
    exists = [[True] * len(row) + [False] * (most - len(row)) for row in rewards]
    return tensor([filled]), torch.tensor([places]), torch.tensor([exists])


def test_process_supervision_of_the_toy_steps() -> None:
    rewards, ends, exist = padded([[0.8, 0.4, 0.9], [0.2, 0.1]], [[1, 3, 4], [2, 4]])
    result = process_advantages(rewards, ends, exist, 6, epsilon=0.0)
    first = [1.852005, 1.852005, 0.954063, 0.954063, 1.178548, 0.0]
    second = [-1.852005, -1.852005, -1.852005, -1.066306, -1.066306, 0.0]
    assert_close(result.values_P_G_T, [[first, second]])


def test_steps_of_one_length_are_the_outcome() -> None:
    """One step a response, ending at its last token, is plain GRPO."""
    rewards = tensor([[1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 0.0]])
    ends = torch.tensor([[3, 2, 1, 0], [3, 3, 3, 3]])
    result = process_advantages(
        rewards.unsqueeze(-1), ends.unsqueeze(-1), torch.ones(2, 4, 1, dtype=torch.bool), 4, epsilon=1e-4
    )
    before_end = torch.arange(4) <= ends.unsqueeze(-1)
    assert_close(result.values_P_G_T, grpo(rewards).values_P_G.unsqueeze(-1) * before_end)


Steps = list[list[tuple[float, int, bool]]]


def random_steps(seed: int, responses: int) -> Steps:
    """(reward, end, whether scored) of up to four steps of each response, ends in any order."""
    source = random.Random(seed)
    return [
        [
            (source.choice([0.0, 0.5, 1.0, source.uniform(-2, 2)]), source.randrange(5), source.random() < 0.8)
            for _ in range(source.randrange(5))
        ]
        for _ in range(responses)
    ]


@given(group=st.builds(random_steps, seed=st.integers(0, 2**32 - 1), responses=st.integers(2, 4)))
def test_slow_reference(group: Steps) -> None:
    """Steps in any order, unscored ones among them."""
    if not any(group):
        return
    rewards, ends, exist = padded(
        [[reward for reward, _, _ in row] for row in group], [[end for _, end, _ in row] for row in group]
    )
    for index, row in enumerate(group):
        for step, (_, _, counts) in enumerate(row):
            exist[0, index, step] &= counts
    result = process_advantages(rewards, ends, exist, 5, epsilon=1e-4)
    pool = [reward for row in group for reward, _, counts in row if counts]
    with_steps = sum(any(counts for _, _, counts in row) for row in group)
    mean, std, _ = slow.group_mean_std(pool, [True] * len(pool))
    useful = with_steps >= 2 and len(set(pool)) > 1
    for index, row in enumerate(group):
        for token in range(5):
            expected = sum((r - mean) / (std + 1e-4) for r, end, counts in row if counts and end >= token)
            assert_close(result.values_P_G_T[0, index, token], expected if useful else 0.0)
    assert result.signal_P.tolist() == [useful]


def test_equal_step_rewards_give_exactly_zero() -> None:
    rewards, ends, exist = padded([[0.1] * 3, [0.1] * 4], [[0, 1, 2], [0, 1, 2, 3]])
    result = process_advantages(rewards.float(), ends, exist, 4)
    assert not result.values_P_G_T.any()
    assert result.signal_P.tolist() == [False]


def test_steps_of_a_single_response_say_nothing() -> None:
    """There is nothing to compare it with but itself."""
    rewards, ends, exist = padded([[0.1, 0.9], []], [[0, 1], []])
    assert not process_advantages(rewards, ends, exist, 4).values_P_G_T.any()


def test_credit_stays_with_the_step_that_earned_it() -> None:
    """Two responses that differ in the last step only differ in every token's future, and the token after it has
    nothing to gain; a right first step followed by a wrong one is worth more before than after."""
    rewards, ends, exist = padded([[1.0, 0.0], [1.0, 1.0]], [[1, 3], [1, 3]])
    values = process_advantages(rewards, ends, exist, 5).values_P_G_T[0]
    assert values[0, 0] > values[0, 2]
    assert values[1, 2] > 0 > values[0, 2]
    assert not values[:, 4].any()


def test_hybrid_advantages() -> None:
    process = tensor([[[1.0, 2.0], [3.0, 4.0]]])
    assert_close(hybrid_advantages(tensor([[1.0, -1.0]]), process, 0.75, 0.25), [[[1.0, 1.25], [0.0, 0.25]]])


def test_a_step_outside_its_response_is_refused() -> None:
    rewards, ends, exist = padded([[1.0], [0.0]], [[5], [1]])
    with pytest.raises(ValueError, match="outside the 4 tokens"):
        process_advantages(rewards, ends, exist, 4)
