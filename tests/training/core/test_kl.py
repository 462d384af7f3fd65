"""The KL to the reference: the toy numbers, what each estimator estimates, and where it enters."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.training.core import slow
from tests.training.core.batches import TOY, Batch, batches, tensor
from tests.training.tolerance import assert_close
from training.core.kl import KL_ESTIMATORS, KlEstimator, kl_estimates, penalised_rewards, token_rewards
from training.core.masked import masked_mean


@pytest.mark.parametrize(("estimator", "mean"), [("k1", -0.02), ("k2", 0.043), ("k3", 0.044336), ("k3+", 0.044336)])
def test_masked_means_of_the_toy_batch(estimator: KlEstimator, mean: float) -> None:
    assert_close(masked_mean(kl_estimates(TOY.logprobs, TOY.reference, TOY.mask, estimator), TOY.mask), mean)


@given(batch=batches, estimator=st.sampled_from(KL_ESTIMATORS))
def test_slow_reference(batch: Batch, estimator: KlEstimator) -> None:
    """Value of the estimator; gradient of it, or of k2 where the name ends in a plus."""
    reference, mask = batch.reference.tolist(), batch.mask.tolist()

    def slowly(of: str, logp: list[list[float]]) -> float:
        return sum(
            slow.kl_token(of, value, other)
            for row, others, marks in zip(logp, reference, mask, strict=True)
            for value, other, counts in zip(row, others, marks, strict=True)
            if counts
        )

    leaf = batch.leaf()
    total = kl_estimates(leaf, batch.reference, batch.mask, estimator).sum()
    (gradient,) = torch.autograd.grad(total, leaf)
    moving = "k2" if estimator.endswith("+") else estimator
    assert_close(total, slowly(estimator, batch.logprobs.tolist()), absolute=1e-10)
    assert_close(gradient, slow.gradient(lambda logp: slowly(moving, logp), batch.logprobs), absolute=1e-7)


@pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
def test_gradient_by_autograd(estimator: KlEstimator) -> None:
    assert torch.autograd.gradcheck(
        lambda logprobs: kl_estimates(logprobs, TOY.reference, TOY.mask, estimator), TOY.leaf()
    )


@given(batch=batches)
def test_k3_is_never_negative(batch: Batch) -> None:
    assert (kl_estimates(batch.logprobs, batch.reference, batch.mask, "k3") >= 0).all()


def test_expectations_over_all_actions() -> None:
    """Under the policy, k1 and k3 are unbiased for the KL; of the gradients only k2's is that of the KL."""
    logits, reference = tensor([0.3, -0.2, 0.9]), torch.log_softmax(tensor([0.0, 0.5, 0.1]), 0)
    leaf = logits.clone().requires_grad_(True)
    logprobs = torch.log_softmax(leaf, 0)
    exact = (logprobs.exp() * (logprobs - reference)).sum()
    (exact_gradient,) = torch.autograd.grad(exact, leaf, retain_graph=True)

    def expected(estimator: KlEstimator) -> tuple[Tensor, Tensor]:
        every = torch.ones(3, 1, dtype=torch.bool)
        values = kl_estimates(logprobs.unsqueeze(1), reference.unsqueeze(1), every, estimator)[:, 0]
        mean = (logprobs.exp().detach() * values).sum()
        return mean.detach(), torch.autograd.grad(mean, leaf, retain_graph=True)[0]

    assert_close(expected("k1")[0], exact)
    assert_close(expected("k3")[0], exact)
    assert_close(expected("k3+")[0], exact)
    assert_close(expected("k2")[1], exact_gradient)
    assert_close(expected("k3+")[1], exact_gradient)
    assert_close(expected("k1+")[1], exact_gradient)
    assert_close(expected("k1")[1], torch.zeros(3))
    assert (expected("k3")[1] - exact_gradient).abs().max() > 0.01


def test_kl_in_the_reward_of_the_toy_batch() -> None:
    kl = kl_estimates(TOY.logprobs, TOY.reference, TOY.mask, "k1")
    rewards = token_rewards(tensor([1.0, 0.0]), kl, TOY.mask, 0.1)
    assert_close(rewards, [[-0.04, 0.04, 0.99], [0.03, -0.01, 0]])
    assert_close(penalised_rewards(tensor([1.0, 0.0]), kl, TOY.mask, 0.1), rewards.sum(-1))


def test_the_score_stands_at_the_last_trained_token() -> None:
    """Also where the mask has holes; a response without tokens has no place for it."""
    mask = torch.tensor([[True, False, True, False], [False, False, False, False], [True, True, True, True]])
    rewards = token_rewards(tensor([1.0, 2.0, 3.0]), torch.zeros(3, 4, dtype=torch.float64), mask, 0.1)
    assert_close(rewards, [[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 3]])


def test_the_penalty_in_the_reward_carries_no_gradient() -> None:
    leaf = TOY.leaf()
    kl = kl_estimates(leaf, TOY.reference, TOY.mask, "k1")
    assert not token_rewards(tensor([1.0, 0.0]), kl, TOY.mask, 0.1).requires_grad
    assert not penalised_rewards(tensor([1.0, 0.0]), kl, TOY.mask, 0.1).requires_grad


@given(batch=batches, estimator=st.sampled_from(KL_ESTIMATORS))
def test_what_is_not_trained_is_never_read(batch: Batch, estimator: KlEstimator) -> None:
    leaf = batch.logprobs.masked_fill(~batch.mask, math.nan).requires_grad_(True)
    total = kl_estimates(leaf, batch.reference.masked_fill(~batch.mask, -math.inf), batch.mask, estimator).sum()
    assert total.isfinite()
    assert torch.autograd.grad(total, leaf)[0].isfinite().all()
