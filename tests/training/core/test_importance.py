"""Correction for another sampler: the toy numbers, a slow reference, tokens whose probability is not known."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.core.batches import Batch, batches, tensor
from tests.training.tolerance import assert_close
from training.core.importance import CORRECTION_LEVELS, EXCESSES, CorrectionLevel, Excess, importance_weights

OLD = tensor([[-1.0, -0.9, -2.0], [-0.1, -1.2, -1.0]])
ROLLOUT = OLD - tensor([[0, 0.1, -1], [0.9, -0.2, 0]])
EVERY = torch.ones(2, 3, dtype=torch.bool)


def test_truncated_token_weights() -> None:
    result = importance_weights(OLD, ROLLOUT, EVERY, highest=2.0)
    assert_close(result.weights_N_T, [[1, 1.105171, 0.367879], [2.0, 0.818731, 1]])
    assert int(result.outside) == 1
    assert_close(result.difference_sum / result.tokens, 2.2 / 6)


def test_truncated_sequence_weights() -> None:
    result = importance_weights(OLD, ROLLOUT, EVERY, level="sequence", highest=2.0)
    assert_close(result.weights_N_T, [[math.exp(-0.9)] * 3, [2.0] * 3])
    assert_close(math.exp(-0.9), 0.40657)
    uncapped = importance_weights(OLD, ROLLOUT, EVERY, level="sequence", highest=3.0)
    assert_close(uncapped.weights_N_T[1], [math.exp(0.7)] * 3)  # 2.0138
    assert (int(result.outside), int(result.counted), int(uncapped.outside)) == (1, 2, 0)


def test_masked_weights() -> None:
    token = importance_weights(OLD, ROLLOUT, EVERY, excess="mask", highest=2.0)
    assert_close(token.weights_N_T, [[1, 1.105171, 0.367879], [0, 0.818731, 1]])
    sequence = importance_weights(OLD, ROLLOUT, EVERY, level="sequence", excess="mask", highest=2.0)
    assert_close(sequence.weights_N_T, [[math.exp(-0.9)] * 3, [0.0] * 3])


@given(
    batch=batches,
    level=st.sampled_from(CORRECTION_LEVELS),
    excess=st.sampled_from(EXCESSES),
    lowest=st.floats(0, 1),
    highest=st.floats(1, 4),
)
def test_slow_reference(batch: Batch, level: CorrectionLevel, excess: Excess, lowest: float, highest: float) -> None:
    result = importance_weights(
        batch.logprobs, batch.old, batch.mask, level=level, excess=excess, lowest=lowest, highest=highest
    )
    for i, marks in enumerate(batch.mask.tolist()):
        differences = [
            float(batch.logprobs[i, t] - batch.old[i, t]) if counts else 0.0 for t, counts in enumerate(marks)
        ]
        for t, counts in enumerate(marks):
            ratio = math.exp(math.fsum(differences) if level == "sequence" else differences[t])
            if excess == "truncate":
                ratio = min(max(ratio, lowest), highest)
            elif not lowest <= ratio <= highest:
                ratio = 0.0
            assert_close(result.weights_N_T[i, t], ratio if counts else 0.0)


@given(batch=batches, level=st.sampled_from(CORRECTION_LEVELS), excess=st.sampled_from(EXCESSES))
def test_the_same_engine_needs_no_correction(batch: Batch, level: CorrectionLevel, excess: Excess) -> None:
    result = importance_weights(batch.old, batch.old, batch.mask, level=level, excess=excess)
    assert torch.equal(result.weights_N_T, batch.mask.double())
    assert int(result.outside) == 0


def test_a_missing_log_probability_weighs_one_and_is_counted() -> None:
    rollout = ROLLOUT.clone()
    rollout[1, 0] = math.nan
    result = importance_weights(OLD, rollout, EVERY)
    assert_close(result.weights_N_T[1], [1.0, 0.818731, 1.0])
    assert int(result.missing) == 1


def test_padding_is_never_read() -> None:
    mask = torch.tensor([[True, True, False], [True, True, True]])
    rollout = ROLLOUT.masked_fill(~mask, math.nan)
    result = importance_weights(OLD.masked_fill(~mask, math.inf), rollout, mask, level="sequence")
    assert_close(result.weights_N_T[0], [math.exp(0.1)] * 2 + [0.0])
    assert (int(result.missing), int(result.tokens)) == (0, 5)


def test_weights_carry_no_gradient() -> None:
    assert not importance_weights(OLD.requires_grad_(True), ROLLOUT, EVERY).weights_N_T.requires_grad
    OLD.requires_grad_(False)


def test_limits_must_enclose_one() -> None:
    with pytest.raises(ValueError, match="enclose"):
        importance_weights(OLD, ROLLOUT, EVERY, lowest=1.5)
