"""Process reward models from outcomes: the toy losses, slow references, gradients."""

from __future__ import annotations

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.core import slow
from tests.training.core.batches import Batch, batches, tensor
from tests.training.tolerance import assert_close
from training.core.process_models import (
    hard_labels,
    implicit_model_loss,
    implicit_rewards,
    soft_labels,
    step_label_loss,
)

LOGITS = tensor([[2.0, 0.5, -1.0]])
RIGHT, COMPLETIONS = tensor([[8.0, 6.0, 2.0]]), tensor([[8.0, 8.0, 8.0]])
STEPS = torch.ones(1, 3, dtype=torch.bool)
LOG_RATIOS = tensor([[0.4, -0.1, 0.3], [-0.2, 0.1, 0.0]])
TOKENS = torch.ones(2, 3, dtype=torch.bool)


def cross_entropy(logit: float, label: float) -> float:
    probability = 1 / (1 + math.exp(-logit))
    return -label * math.log(probability) - (1 - label) * math.log(1 - probability)


def test_math_shepherd_labels() -> None:
    assert_close(soft_labels(RIGHT, COMPLETIONS), [[1.0, 0.75, 0.25]])
    assert_close(hard_labels(RIGHT), [[1.0, 1.0, 1.0]])
    assert_close(hard_labels(tensor([[0.0, 1.0]])), [[0.0, 1.0]])


def test_math_shepherd_losses() -> None:
    soft = step_label_loss(LOGITS, soft_labels(RIGHT, COMPLETIONS), STEPS, steps=3)
    hard = step_label_loss(LOGITS, hard_labels(RIGHT), STEPS, steps=3)
    assert_close(soft.loss, 0.429756)
    assert_close(hard.loss, 0.638089)
    assert (int(soft.right), int(soft.counted)) == (3, 3)


def test_implicit_rewards_and_loss() -> None:
    rewards = implicit_rewards(LOG_RATIOS, torch.zeros(2, 3), TOKENS, beta=0.5)
    assert_close(rewards, [[0.2, -0.05, 0.15], [-0.1, 0.05, 0]])
    assert_close(implicit_model_loss(rewards, tensor([1.0, 0.0]), TOKENS, responses=2).loss, 0.611407)


@given(batch=batches)
def test_step_loss_slow_reference(batch: Batch) -> None:
    labels = torch.sigmoid(batch.reference)
    mask = batch.mask.tolist()
    steps = int(batch.mask.sum())

    def slowly(logits: list[list[float]]) -> float:
        rows = [
            [cross_entropy(x, y) for x, y in zip(row, ys, strict=True)]
            for row, ys in zip(logits, labels.tolist(), strict=True)
        ]
        return slow.aggregate(rows, mask, "token_mean", 1)

    leaf = batch.leaf()
    result = step_label_loss(leaf, labels, batch.mask, steps=steps)
    (gradient,) = torch.autograd.grad(result.loss, leaf)
    assert_close(result.loss, slowly(batch.logprobs.tolist()), absolute=1e-10)
    assert_close(gradient, slow.gradient(slowly, batch.logprobs), absolute=1e-7)


@given(batch=batches, beta=st.floats(0.01, 1))
def test_implicit_loss_slow_reference(batch: Batch, beta: float) -> None:
    outcomes = [float(value > 0) for value in batch.advantages[:, 0].tolist()]
    mask, reference = batch.mask.tolist(), batch.reference.tolist()
    responses = sum(any(row) for row in mask)

    def slowly(logp: list[list[float]]) -> float:
        losses = [
            cross_entropy(sum(beta * (a - b) for a, b, counts in zip(row, others, marks, strict=True) if counts), y)
            for row, others, marks, y in zip(logp, reference, mask, outcomes, strict=True)
            if any(marks)
        ]
        return math.fsum(losses) / max(responses, 1)

    leaf = batch.leaf()
    rewards = implicit_rewards(leaf, batch.reference, batch.mask, beta=beta)
    result = implicit_model_loss(rewards, tensor(outcomes), batch.mask, responses=responses)
    (gradient,) = torch.autograd.grad(result.loss, leaf)
    assert_close(result.loss, slowly(batch.logprobs.tolist()), absolute=1e-10)
    assert_close(gradient, slow.gradient(slowly, batch.logprobs), absolute=1e-7)


def test_gradient_by_autograd() -> None:
    labels = soft_labels(RIGHT, COMPLETIONS)
    assert torch.autograd.gradcheck(
        lambda logits: step_label_loss(logits, labels, STEPS, steps=3).loss, LOGITS.clone().requires_grad_(True)
    )
    assert torch.autograd.gradcheck(
        lambda logprobs: (
            implicit_model_loss(
                implicit_rewards(logprobs, torch.zeros(2, 3, dtype=torch.float64), TOKENS),
                tensor([1.0, 0.0]),
                TOKENS,
                responses=2,
            ).loss
        ),
        LOG_RATIOS.clone().requires_grad_(True),
    )


def test_what_does_not_count_is_never_read() -> None:
    mask = torch.tensor([[True, False, True]])
    logits = LOGITS.masked_fill(~mask, math.nan).requires_grad_(True)
    loss = step_label_loss(logits, tensor([[1.0, math.nan, 0.0]]), mask, steps=2).loss
    assert loss.isfinite() and torch.autograd.grad(loss, logits)[0].isfinite().all()
