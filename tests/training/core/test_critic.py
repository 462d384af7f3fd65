"""Generalised advantage estimation and the critic's loss: toy numbers, a slow reference, what a mask may not change."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.training.core import slow
from tests.training.core.batches import Batch, batches, tensor
from tests.training.tolerance import assert_close
from training.core.aggregation import batch_size
from training.core.critic import decoupled_gae, gae, length_adaptive_decay, value_loss
from training.core.masked import whiten

REWARDS = tensor([[0, 0, 1], [0, 0, 0]])
VALUES = tensor([[0.2, 0.5, 0.6], [0.4, 0.3, 0.9]])
MASK = torch.tensor([[True, True, True], [True, True, False]])
ADVANTAGES = [[0.756, 0.48, 0.4], [-0.385, -0.3, 0]]
RETURNS = [[0.956, 0.98, 1.0], [0.015, 0, 0]]


def test_toy_advantages_and_returns() -> None:
    estimates = gae(REWARDS, VALUES, MASK)
    assert_close(estimates.advantages_N_T, ADVANTAGES)
    assert_close(estimates.returns_N_T, RETURNS)


def test_whitened_toy_advantages() -> None:
    whitened = whiten(gae(REWARDS, VALUES, MASK).advantages_N_T, MASK)
    assert_close(whitened, [[1.120846, 0.574092, 0.415612], [-1.139468, -0.971083, 0]])


def test_decoupled_toy() -> None:
    """VC-PPO: the critic's targets with lambda 1, the policy's advantages with 0.95."""
    estimates = decoupled_gae(REWARDS, VALUES, MASK)
    assert_close(estimates.returns_N_T, [[1, 1, 1], [0, 0, 0]])
    assert_close(estimates.advantages_N_T, ADVANTAGES)


@pytest.mark.parametrize(("decay", "left"), [(0.95, 0.95**99), (1.0, 1.0)])
def test_what_is_left_of_a_reward_100_tokens_earlier(decay: float, left: float) -> None:
    """The cause of failure that VC-PPO states."""
    rewards, values = torch.zeros(1, 100, dtype=torch.float64), torch.zeros(1, 100, dtype=torch.float64)
    rewards[0, -1] = 1.0
    advantages = gae(rewards, values, torch.ones(1, 100, dtype=torch.bool), decay=decay).advantages_N_T
    assert_close(advantages[0, 0], left)
    assert_close(0.95**99, 0.006232)


def test_vapo_decay() -> None:
    mask = torch.arange(200) < torch.tensor([[100], [200], [20], [1]])
    assert_close(length_adaptive_decay(mask), [0.8, 0.9, 0.0, 0.0])


def test_vapo_decay_reaches_each_response_alone() -> None:
    both = gae(REWARDS, VALUES, MASK, decay=tensor([0.5, 0.9])).advantages_N_T
    assert_close(both[0], gae(REWARDS, VALUES, MASK, decay=0.5).advantages_N_T[0])
    assert_close(both[1], gae(REWARDS, VALUES, MASK, decay=0.9).advantages_N_T[1])


@given(batch=batches, gamma=st.floats(0.5, 1), decay=st.floats(0, 1))
def test_slow_reference(batch: Batch, gamma: float, decay: float) -> None:
    """Holes in the mask included: tool output takes no time."""
    rewards = batch.reference * batch.mask
    estimates = gae(rewards, batch.old, batch.mask, gamma=gamma, decay=decay)
    advantages, returns = slow.gae(rewards.tolist(), batch.old.tolist(), batch.mask.tolist(), gamma, decay)
    assert_close(estimates.advantages_N_T, advantages, absolute=1e-9)
    assert_close(estimates.returns_N_T, returns, absolute=1e-9)


@given(batch=batches)
def test_with_lambda_1_returns_are_the_rewards_to_come(batch: Batch) -> None:
    rewards = batch.reference * batch.mask
    returns = gae(rewards, batch.old, batch.mask, decay=1.0).returns_N_T
    assert_close(returns, rewards.flip(-1).cumsum(-1).flip(-1) * batch.mask, absolute=1e-9)


@given(batch=batches, column=st.integers(0, 6), junk=st.sampled_from([0.0, 1e6, math.nan]))
def test_an_untrained_token_put_anywhere_changes_nothing(batch: Batch, column: int, junk: float) -> None:
    column = min(column, batch.mask.shape[1])
    rewards = batch.reference * batch.mask

    def widened(values: torch.Tensor, filler: float) -> torch.Tensor:
        extra = torch.full((len(values), 1), filler, dtype=values.dtype)
        return torch.cat([values[:, :column], extra, values[:, column:]], dim=1)

    plain = gae(rewards, batch.old, batch.mask)
    wide = gae(widened(rewards, 0.0), widened(batch.old, junk), widened(batch.mask, False))
    assert_close(wide.advantages_N_T, widened(plain.advantages_N_T, 0.0), absolute=1e-12)
    assert_close(wide.returns_N_T, widened(plain.returns_N_T, 0.0), absolute=1e-12)


def test_a_reward_at_an_untrained_token_is_refused() -> None:
    with pytest.raises(ValueError, match="response 1 has a reward at token 2"):
        gae(REWARDS + tensor([[0, 0, 0], [0, 0, 1]]), VALUES, MASK)


def test_toy_value_loss() -> None:
    new = tensor([[0.5, 0.5, 0.9], [0, 0.3, 0]])
    result = value_loss(new, VALUES, tensor(RETURNS), MASK, batch_size(MASK, 3))
    assert_close(result.loss, 0.070376)


def test_toy_explained_variance() -> None:
    result = value_loss(VALUES, VALUES, tensor([[1, 1, 1], [0, 0, 0]]), MASK, batch_size(MASK, 3))
    assert_close(result.statistics.means()["explained_variance"], 0.083333)


@given(batch=batches, clip=st.one_of(st.none(), st.floats(0.01, 1)))
def test_value_loss_slow_reference(batch: Batch, clip: float | None) -> None:
    old, returns, mask = batch.old.tolist(), batch.reference.tolist(), batch.mask.tolist()
    moved = (batch.logprobs - batch.old).abs()
    assume(clip is None or not bool(((moved - clip).abs() < 1e-3).any()))

    def slowly(values: list[list[float]]) -> float:
        losses = []
        for row, before, targets in zip(values, old, returns, strict=True):
            line = []
            for value, anchor, target in zip(row, before, targets, strict=True):
                near = value if clip is None else min(max(value, anchor - clip), anchor + clip)
                line.append(0.5 * max((value - target) ** 2, (near - target) ** 2))
            losses.append(line)
        return slow.aggregate(losses, mask, "token_mean", 1)

    leaf = batch.leaf()
    result = value_loss(leaf, batch.old, batch.reference, batch.mask, batch_size(batch.mask, 7), clip=clip)
    (gradient,) = torch.autograd.grad(result.loss, leaf)
    assert_close(result.loss, slowly(batch.logprobs.tolist()), absolute=1e-10)
    expected = slow.gradient(slowly, batch.logprobs)
    # Where clipped and free value are equally far from the return the maximum has a kink.
    near = torch.clamp(batch.logprobs, batch.old - (clip or 9), batch.old + (clip or 9))
    tie = ((near - batch.reference).abs() - (batch.logprobs - batch.reference).abs()).abs() < 1e-4
    tie &= near != batch.logprobs
    assert_close(gradient.masked_fill(tie, 0), expected.masked_fill(tie, 0), absolute=1e-7)


def test_value_gradient_by_autograd() -> None:
    new = tensor([[0.5, 0.5, 0.9], [0.05, 0.31, 0]]).requires_grad_(True)
    assert torch.autograd.gradcheck(
        lambda values: value_loss(values, VALUES, tensor(RETURNS), MASK, batch_size(MASK, 3)).loss, new
    )


@given(batch=batches, cut=st.integers(1, 4))
def test_value_parts_add_up(batch: Batch, cut: int) -> None:
    assume(cut < len(batch.mask))
    size = batch_size(batch.mask, 7)

    def part(rows: slice) -> tuple[torch.Tensor, object]:
        result = value_loss(batch.logprobs[rows], batch.old[rows], batch.reference[rows], batch.mask[rows], size)
        return result.loss, result.statistics

    (whole, statistics), (left, first), (right, second) = part(slice(None)), part(slice(cut)), part(slice(cut, None))
    assert_close(left + right, whole, absolute=1e-10)
    together = (first + second).means()  # type: ignore[operator]
    expected = statistics.means()  # type: ignore[attr-defined]
    assert together.keys() == expected.keys()
    if expected:
        assert_close([*together.values()], [*expected.values()])


def test_explained_variance_of_equal_returns_is_absent() -> None:
    result = value_loss(VALUES, VALUES, torch.ones_like(VALUES), MASK, batch_size(MASK, 3))
    assert "explained_variance" not in result.statistics.means()
