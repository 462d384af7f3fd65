"""Token losses: the papers' numbers, a slow reference in value and gradient, and the properties each loss is for."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from tests.training.core import slow
from tests.training.core.batches import TOY, Batch, batches, tensor
from tests.training.tolerance import assert_close
from training.core.aggregation import Aggregation, aggregate, batch_size
from training.core.policy_losses import TokenLosses, cispo, ppo_clip
from training.core.ratios import RATIO_LEVELS, RatioLevel, log_ratios


def loss_and_gradient(losses: TokenLosses, leaf: Tensor, mask: Tensor, how: Aggregation) -> tuple[Tensor, Tensor]:
    loss = aggregate(losses.losses_N_T, mask, how, batch_size(mask, 4))
    (gradient,) = torch.autograd.grad(loss, leaf)
    return loss, gradient


def ppo(batch: Batch, leaf: Tensor, **options: Any) -> TokenLosses:
    return ppo_clip(leaf, batch.old, batch.advantages, batch.mask, **options)


def away_from_kinks(batch: Batch, *bounds: float) -> bool:
    """Central differences are wrong where a clip begins."""
    for level in RATIO_LEVELS:
        ratios = log_ratios(batch.logprobs, batch.old, batch.mask, level).exp()
        if any(bool(((ratios - bound).abs() < 1e-3).any()) for bound in bounds):
            return False
    return bool((batch.advantages.abs() > 1e-3).all())


def test_ratios_of_the_toy_batch() -> None:
    ratios = log_ratios(TOY.logprobs, TOY.old, TOY.mask).exp()
    assert_close(ratios, [[1.349859, 0.740818, 1.0], [0.670320, 1.221403, 1.0]])


def test_clipped_token_losses_of_the_toy_batch() -> None:
    losses = ppo(TOY, TOY.logprobs).losses_N_T
    assert_close(losses[TOY.mask], [-1.2, -0.740818, -1.0, 0.4, 0.610701])
    assert_close(losses[1, 2], 0.0)  # not trained; the unmasked formula gives 0.5


@pytest.mark.parametrize(
    ("how", "options", "expected", "gradient"),
    [
        ("token_mean", {}, -0.386023, [[0, -0.148164, -0.2], [0, 0.12214, 0]]),
        ("seq_mean", {}, -0.237461, [[0, -0.12347, -0.166667], [0, 0.152675, 0]]),
        ("constant", {}, -0.241265, [[0, -0.092602, -0.125], [0, 0.076338, 0]]),
        ("token_mean", {"clip_high": 0.28}, -0.402023, None),
        ("seq_mean", {"level": "sequence"}, -0.273791, None),
    ],
)
def test_losses_of_the_toy_batch(
    how: Aggregation, options: dict[str, Any], expected: float, gradient: list[list[float]] | None
) -> None:
    """PPO, GRPO, Dr. GRPO, clip-higher, GSPO."""
    leaf = TOY.leaf()
    loss, found = loss_and_gradient(ppo(TOY, leaf, **options), leaf, TOY.mask, how)
    assert_close(loss, expected)
    if gradient is not None:
        assert_close(found, gradient)


def test_sequence_ratios_of_the_toy_batch() -> None:
    ratios = log_ratios(TOY.logprobs, TOY.old, TOY.mask, "sequence").exp()
    assert_close(ratios[:, 0], [1.0, 0.904837])


def test_cispo_of_the_toy_batch() -> None:
    leaf = TOY.leaf()
    losses = cispo(leaf, TOY.old, TOY.advantages, TOY.mask, cap=1.2)
    loss, gradient = loss_and_gradient(losses, leaf, TOY.mask, "token_mean")
    assert_close(loss, 0.415041)
    assert_close(gradient, [[-0.24, -0.148164, -0.2], [0.067032, 0.12, 0]])


@pytest.mark.parametrize(("dual", "expected"), [(3.0, 3.0), (None, 4.0)])
def test_dual_clip_bounds_the_loss(dual: float | None, expected: float) -> None:
    now, old = tensor([[math.log(0.4)]]), tensor([[math.log(0.1)]])
    losses = ppo_clip(now, old, tensor([[-1.0]]), torch.ones(1, 1, dtype=torch.bool), dual_clip=dual)
    assert_close(losses.losses_N_T, [[expected]])


@given(
    batch=batches,
    low=st.floats(0.0, 0.9),
    high=st.floats(0.0, 2.0),
    dual=st.one_of(st.none(), st.floats(1.1, 4.0)),
    level=st.sampled_from(RATIO_LEVELS),
)
def test_ppo_clip_slow_reference(batch: Batch, low: float, high: float, dual: float | None, level: RatioLevel) -> None:
    assume(away_from_kinks(batch, 1 - low, 1 + high, dual or 1e9))
    options: dict[str, Any] = {"clip_low": low, "clip_high": high, "dual_clip": dual, "level": level}
    old, mask, advantages = batch.old.tolist(), batch.mask.tolist(), batch.advantages[:, 0].tolist()

    def slowly(logp: list[list[float]]) -> float:
        ratios = slow.ratios(logp, old, mask, level)
        losses = [
            [slow.ppo_token(w, a, low, high, dual) for w in row] for row, a in zip(ratios, advantages, strict=True)
        ]
        return slow.aggregate(losses, mask, "seq_mean", 1)

    leaf = batch.leaf()
    loss, gradient = loss_and_gradient(ppo(batch, leaf, **options), leaf, batch.mask, "seq_mean")
    assert_close(loss, slowly(batch.logprobs.tolist()), absolute=1e-10)
    # For one advantage a response, GSPO-token has the gradient of GSPO (arXiv 2507.18071 sec. 4.3).
    assert_close(gradient, slow.gradient(slowly, batch.logprobs), absolute=1e-7)


@given(batch=batches, cap=st.floats(0.5, 5))
def test_cispo_slow_reference(batch: Batch, cap: float) -> None:
    mask, advantages = batch.mask.tolist(), batch.advantages[:, 0].tolist()
    weights = slow.ratios(batch.logprobs.tolist(), batch.old.tolist(), mask, "token")  # a constant to the gradient

    def slowly(logp: list[list[float]]) -> float:
        losses = [
            [-min(w, cap) * a * value for w, value in zip(ws, row, strict=True)]
            for ws, row, a in zip(weights, logp, advantages, strict=True)
        ]
        return slow.aggregate(losses, mask, "token_mean", 1)

    leaf = batch.leaf()
    losses = cispo(leaf, batch.old, batch.advantages, batch.mask, cap=cap)
    loss, gradient = loss_and_gradient(losses, leaf, batch.mask, "token_mean")
    assert_close(loss, slowly(batch.logprobs.tolist()), absolute=1e-10)
    assert_close(gradient, slow.gradient(slowly, batch.logprobs), absolute=1e-7)


@pytest.mark.parametrize("level", ["token", "sequence"])
def test_gradient_by_autograd(level: RatioLevel) -> None:
    """On the toy batch, whose ratios keep clear of the clips."""

    def loss(logprobs: Tensor) -> Tensor:
        return ppo_clip(
            logprobs, TOY.old, TOY.advantages, TOY.mask, clip_low=0.25, dual_clip=3.0, level=level
        ).losses_N_T

    assert torch.autograd.gradcheck(loss, TOY.leaf())


@given(batch=batches, level=st.sampled_from(RATIO_LEVELS))
def test_on_policy_every_loss_has_the_policy_gradient(batch: Batch, level: RatioLevel) -> None:
    """At ratio 1 the gradient is `-A` a token (spread evenly, at the level of responses): clips do nothing yet."""
    for losses in (
        lambda leaf: ppo_clip(leaf, batch.logprobs, batch.advantages, batch.mask, level=level),
        lambda leaf: cispo(leaf, batch.logprobs, batch.advantages, batch.mask, level=level),
    ):
        leaf = batch.leaf()
        (gradient,) = torch.autograd.grad(losses(leaf).losses_N_T.sum(), leaf)
        assert_close(gradient, -(batch.advantages * batch.mask), absolute=1e-10)


@given(batch=batches, level=st.sampled_from(RATIO_LEVELS))
def test_what_is_not_trained_is_never_read(batch: Batch, level: RatioLevel) -> None:
    """NaN and infinity outside the mask reach neither loss, gradient nor statistics."""
    results = []
    for filler in (0.0, math.nan, -math.inf):
        leaf = batch.logprobs.masked_fill(~batch.mask, filler).requires_grad_(True)
        old = batch.old.masked_fill(~batch.mask, filler)
        advantages = batch.advantages.expand_as(batch.mask).masked_fill(~batch.mask, filler)
        for losses in (
            ppo_clip(leaf, old, advantages, batch.mask, level=level),
            cispo(leaf, old, advantages, batch.mask, level=level),
        ):
            (gradient,) = torch.autograd.grad(losses.losses_N_T.sum(), leaf)
            assert losses.losses_N_T.isfinite().all() and gradient.isfinite().all()
            results.append((losses.losses_N_T.detach(), gradient, losses.statistics.means()))
    for index in (0, 1):
        first = results[index]
        for loss, gradient, means in results[index::2]:
            assert torch.equal(loss, first[0]) and torch.equal(gradient, first[1]) and means == first[2]


def test_a_wrong_answer_twice_as_long_keeps_its_gradient_per_token_in_dr_grpo_only() -> None:
    """The length bias that Dr. GRPO takes out (arXiv 2503.20783 sec. 3.1): under `seq_mean` a wrong answer is punished
    half as much a token for being twice as long."""

    def per_token(how: Aggregation, length: int) -> float:
        leaf = torch.full((2, 8), -1.0, dtype=torch.float64, requires_grad=True)
        mask = torch.arange(8) < torch.tensor([[4], [length]])
        losses = ppo_clip(leaf, leaf.detach(), tensor([[1.0], [-1.0]]), mask)
        loss = aggregate(losses.losses_N_T, mask, how, batch_size(mask, 8))
        return float(torch.autograd.grad(loss, leaf)[0][1, 0])

    assert_close(per_token("constant", 8), per_token("constant", 4))
    assert_close(per_token("seq_sum_mean", 8), per_token("seq_sum_mean", 4))
    assert_close(per_token("seq_mean", 8), per_token("seq_mean", 4) / 2)


def test_advantages_are_constants() -> None:
    """A critic that they come from gets no gradient through the policy's loss."""
    advantages = TOY.advantages.clone().requires_grad_(True)
    for losses in (
        ppo_clip(TOY.leaf(), TOY.old, advantages, TOY.mask),
        cispo(TOY.leaf(), TOY.old, advantages, TOY.mask),
    ):
        assert torch.autograd.grad(losses.losses_N_T.sum(), advantages, allow_unused=True) == (None,)


@given(batch=batches)
def test_no_token_loses_its_gradient_in_cispo(batch: Batch) -> None:
    leaf = batch.leaf()
    losses = cispo(leaf, batch.old, batch.advantages, batch.mask, cap=1.2)
    (gradient,) = torch.autograd.grad(losses.losses_N_T.sum(), leaf)
    assert torch.equal(gradient != 0, batch.mask & (batch.advantages != 0))


def test_gspo_token_gives_each_token_its_own_advantage() -> None:
    """With advantages that differ within a response only `sequence_token` moves each token by its own."""
    advantages = tensor([[1.0, 0.0, 0.0], [-0.5, -0.5, 0.0]])

    def gradient(level: RatioLevel) -> Tensor:
        leaf = TOY.leaf()
        losses = ppo_clip(leaf, TOY.old, advantages, TOY.mask, level=level)
        return torch.autograd.grad(losses.losses_N_T.sum(), leaf)[0]

    assert_close(gradient("sequence_token")[0], [-1.0, 0.0, 0.0])
    assert_close(gradient("sequence")[0], [-1 / 3, -1 / 3, -1 / 3])


def test_statistics_of_the_toy_batch() -> None:
    """Two of five tokens are clipped: the first of each row. The shift is `mean(w - 1 - log w)`."""
    means = ppo(TOY, TOY.logprobs).statistics.means()
    ratios = [1.349859, 0.740818, 1.0, 0.670320, 1.221403]
    assert_close(means["clip_fraction_high"], 0.2)
    assert_close(means["clip_fraction_low"], 0.2)
    assert_close(means["clip_fraction"], 0.4)
    assert_close(means["clip_fraction_dual"], 0.0)
    assert_close(means["ratio_mean"], sum(ratios) / 5)
    assert_close(means["ratio_min"], 0.670320)
    assert_close(means["ratio_max"], 1.349859)
    assert_close(means["policy_shift"], sum(w - 1 - math.log(w) for w in ratios) / 5)
    assert_close(means["effective_share"], sum(ratios) ** 2 / 5 / sum(w * w for w in ratios))


@given(batch=batches, cut=st.integers(0, 5))
def test_statistics_of_parts_add_up(batch: Batch, cut: int) -> None:
    assume(batch.mask.any())

    def statistics(rows: slice) -> Any:
        mask = batch.mask[rows]
        return ppo_clip(batch.logprobs[rows], batch.old[rows], batch.advantages[rows], mask, dual_clip=1.5).statistics

    cut = min(cut, len(batch.mask) - 1)
    whole, parts = statistics(slice(None)).means(), statistics(slice(None))
    if cut:
        parts = statistics(slice(None, cut)) + statistics(slice(cut, None))
    assert_close([*parts.means().values()], [*whole.values()], absolute=1e-10)


def test_nothing_trained_has_no_statistics() -> None:
    nothing = torch.zeros(2, 3, dtype=torch.bool)
    assert ppo_clip(TOY.logprobs, TOY.old, TOY.advantages, nothing).statistics.means() == {}


@pytest.mark.parametrize(
    "options", [{"clip_low": 1.0}, {"clip_low": -0.1}, {"clip_high": -0.1}, {"dual_clip": 1.0}, {"clip_high": math.nan}]
)
def test_impossible_clips_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="clip"):
        ppo(TOY, TOY.logprobs, **options)


def test_a_cap_of_0_is_refused() -> None:
    with pytest.raises(ValueError, match="cap"):
        cispo(TOY.logprobs, TOY.old, TOY.advantages, TOY.mask, cap=0.0)


def test_advantages_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="advantages for 2 responses of 3 tokens"):
        ppo_clip(TOY.logprobs, TOY.old, tensor([1.0, -0.5]), TOY.mask)
