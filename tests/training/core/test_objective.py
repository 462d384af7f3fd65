"""The whole loss: its terms enter as they are configured, and parts add up to it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from tests.training.core import slow
from tests.training.core.batches import TOY, Batch, batches, tensor
from tests.training.tolerance import assert_close
from training.core.aggregation import AGGREGATIONS, BatchSize, batch_size
from training.core.algorithms import ALGORITHMS
from training.core.kl import KL_ESTIMATORS
from training.core.objective import TOKEN_LOSSES, PolicyBatch, PolicySettings, policy_loss
from training.core.ratios import RATIO_LEVELS, log_ratios


def is_allowed(settings: PolicySettings) -> bool:
    """k1 is refused in the loss."""
    return settings.kl_estimator != "k1" or settings.kl_place == "reward" or settings.kl_corrected


settings = st.builds(
    PolicySettings,
    loss=st.sampled_from(TOKEN_LOSSES),
    level=st.sampled_from(RATIO_LEVELS),
    aggregation=st.sampled_from(AGGREGATIONS),
    dual_clip=st.sampled_from([None, 3.0]),
    kl_estimator=st.sampled_from(KL_ESTIMATORS),
    kl_place=st.sampled_from(["loss", "reward"]),
    kl_corrected=st.booleans(),
    entropy_coefficient=st.sampled_from([0.0, 0.01]),
).filter(is_allowed)


def policy_batch(batch: Batch, leaf: Tensor, rows: Any = slice(None), **more: Any) -> PolicyBatch:
    return PolicyBatch(
        logprobs_N_T=leaf[rows],
        old_logprobs_N_T=batch.old[rows],
        advantages_N_T=batch.advantages[rows],
        mask_N_T=batch.mask[rows],
        reference_logprobs_N_T=batch.reference[rows],
        entropies_N_T=-leaf[rows],
        importance_N_T=(1 + 0.1 * batch.advantages)[rows],
        **more,
    )


def test_grpo_with_kl_of_the_toy_batch() -> None:
    leaf = TOY.leaf()
    batch = dataclasses.replace(policy_batch(TOY, leaf), importance_N_T=None)
    result = policy_loss(batch, PolicySettings(), batch_size(TOY.mask, 4), beta=0.04)
    (gradient,) = torch.autograd.grad(result.loss, leaf)
    assert_close(result.loss, -0.235801)
    assert_close(gradient, [[0.002198, -0.126749, -0.166032], [-0.003499, 0.153627, 0]])
    assert_close(result.policy, -0.237461)
    assert_close(result.kl_sum / result.statistics.tokens, 0.044336)


@given(
    batch=batches,
    settings=st.builds(
        PolicySettings,
        level=st.sampled_from(["token", "sequence"]),
        aggregation=st.sampled_from(AGGREGATIONS),
        kl_estimator=st.sampled_from(["k2", "k3"]),
        kl_corrected=st.booleans(),
        entropy_coefficient=st.sampled_from([0.0, 0.01]),
    ),
    beta=st.sampled_from([0.0, 0.04]),
)
def test_slow_reference(batch: Batch, settings: PolicySettings, beta: float) -> None:
    """Every term and where it enters, in value and gradient; the entropy of the toy model is minus the logarithm."""
    ratio = log_ratios(batch.logprobs, batch.old, batch.mask, settings.level).exp()
    assume(not bool(((ratio - 0.8).abs() < 1e-3).any() or ((ratio - 1.2).abs() < 1e-3).any()))
    old, reference, mask = batch.old.tolist(), batch.reference.tolist(), batch.mask.tolist()

    def slowly(logp: list[list[float]]) -> float:
        ratios = slow.ratios(logp, old, mask, settings.level)
        losses = [
            [
                (1 + 0.1 * a) * slow.ppo_token(w, a, 0.2, 0.2, None)
                + beta * (w if settings.kl_corrected else 1.0) * slow.kl_token(settings.kl_estimator, value, other)
                + settings.entropy_coefficient * value
                for w, value, other in zip(ws, row, others, strict=True)
            ]
            for ws, row, others, a in zip(ratios, logp, reference, batch.advantages[:, 0].tolist(), strict=True)
        ]
        return slow.aggregate(losses, mask, settings.aggregation, 7)

    leaf = batch.leaf()
    loss = policy_loss(policy_batch(batch, leaf), settings, batch_size(batch.mask, 7), beta=beta).loss
    (gradient,) = torch.autograd.grad(loss, leaf)
    assert_close(loss, slowly(batch.logprobs.tolist()), absolute=1e-10)
    assert_close(gradient, slow.gradient(slowly, batch.logprobs), absolute=1e-7)


@given(batch=batches, settings=settings, data=st.data())
def test_parts_add_up_to_the_batch(batch: Batch, settings: PolicySettings, data: st.DataObject) -> None:
    """Value, gradient, sums and statistics, for any order and any cut into micro-batches, on any number of ranks."""
    rows = len(batch.mask)
    order = data.draw(st.permutations(range(rows)))
    cuts = sorted(data.draw(st.sets(st.integers(1, rows), max_size=rows)) | {rows})
    size = batch_size(batch.mask, 7)
    whole_leaf, parts_leaf = batch.leaf(), batch.leaf()
    whole = policy_loss(policy_batch(batch, whole_leaf), settings, size, beta=0.04)
    whole.loss.backward()
    results = []
    for start, end in zip([0, *cuts[:-1]], cuts, strict=True):
        part = policy_loss(policy_batch(batch, parts_leaf, order[start:end]), settings, size, beta=0.04)
        part.loss.backward()
        results.append(part)
    for name in ("loss", "policy", "kl_sum", "entropy_sum"):
        total = torch.stack([getattr(part, name).detach() for part in results]).sum()
        assert_close(total, getattr(whole, name), absolute=1e-9)
    assert whole_leaf.grad is not None and parts_leaf.grad is not None
    assert_close(parts_leaf.grad, whole_leaf.grad, absolute=1e-9)
    statistics = results[0].statistics
    for part in results[1:]:
        statistics += part.statistics
    if batch.mask.any():
        assert_close([*statistics.means().values()], [*whole.statistics.means().values()], absolute=1e-9)


@given(batch=batches, settings=settings, width=st.integers(1, 4))
def test_padding_changes_nothing(batch: Batch, settings: PolicySettings, width: int) -> None:
    """Columns of NaN in every tensor that has tokens."""
    size = batch_size(batch.mask, 7)
    plain, padded = batch.leaf(), batch.leaf()
    policy_loss(policy_batch(batch, plain), settings, size, beta=0.04).loss.backward()

    def pad(values: Tensor) -> Tensor:
        return torch.nn.functional.pad(values, (0, width), value=float("nan"))

    wide = PolicyBatch(
        logprobs_N_T=pad(padded),
        old_logprobs_N_T=pad(batch.old),
        advantages_N_T=pad(batch.advantages.expand_as(batch.mask)),
        mask_N_T=torch.nn.functional.pad(batch.mask, (0, width)),
        reference_logprobs_N_T=pad(batch.reference),
        entropies_N_T=pad(-padded),
        importance_N_T=pad((1 + 0.1 * batch.advantages).expand_as(batch.mask)),
    )
    policy_loss(wide, settings, size, beta=0.04).loss.backward()
    assert plain.grad is not None and padded.grad is not None
    assert_close(padded.grad, plain.grad, absolute=1e-12)


@given(batch=batches, settings=settings)
def test_the_first_update_needs_no_old_logprobs(batch: Batch, settings: PolicySettings) -> None:
    """On policy they are the policy's own, without gradient."""
    gradients = []
    for old in (None, batch.logprobs):
        leaf = batch.leaf()
        given_batch = dataclasses.replace(policy_batch(batch, leaf), old_logprobs_N_T=old)
        policy_loss(given_batch, settings, batch_size(batch.mask, 7), beta=0.04).loss.backward()
        assert leaf.grad is not None
        gradients.append(leaf.grad)
    assert torch.equal(*gradients)


@given(batch=batches, settings=settings, beta=st.floats(0.001, 1))
def test_the_kl_enters_once(batch: Batch, settings: PolicySettings, beta: float) -> None:
    """In the loss by `kl_place` "loss", not at all by "reward"; it is measured in both."""
    size = batch_size(batch.mask, 7)
    settings = dataclasses.replace(settings, entropy_coefficient=0.0)
    without = policy_loss(policy_batch(batch, batch.logprobs), settings, size, beta=0.0)
    with_kl = policy_loss(policy_batch(batch, batch.logprobs), settings, size, beta=beta)
    assert_close(with_kl.policy, without.policy, absolute=1e-12)
    assert_close(with_kl.kl_sum, without.kl_sum, absolute=1e-12)
    if settings.kl_place == "reward":
        assert torch.equal(with_kl.loss, without.loss)
    elif settings.aggregation == "token_mean" and batch.mask.any():
        assert_close(with_kl.loss - without.loss, beta * with_kl.kl_sum / batch.mask.sum(), absolute=1e-9)


def test_corrected_kl_is_multiplied_by_the_ratio() -> None:
    """Its gradient is then the KL's under the old policy's samples: at ratio 1, that of k1 weighed by itself."""
    leaf = TOY.leaf()
    size = batch_size(TOY.mask, 4)
    settings = PolicySettings(kl_corrected=True, aggregation="token_mean")
    batch = dataclasses.replace(policy_batch(TOY, leaf), importance_N_T=None)
    result = policy_loss(batch, settings, size, beta=1.0)
    ratios = (TOY.logprobs - TOY.old).exp()
    d = TOY.logprobs - TOY.reference
    expected = (ratios * ((-d).exp() + d - 1))[TOY.mask].mean()
    assert_close(result.loss - result.policy, expected)


def test_importance_weighs_the_policy_term_alone() -> None:
    size = batch_size(TOY.mask, 4)
    twice = dataclasses.replace(policy_batch(TOY, TOY.logprobs), importance_N_T=tensor([[2.0], [2.0]]))
    once = dataclasses.replace(twice, importance_N_T=None)
    doubled = policy_loss(twice, PolicySettings(), size, beta=0.04)
    single = policy_loss(once, PolicySettings(), size, beta=0.04)
    assert_close(doubled.policy, 2 * single.policy)
    assert_close(doubled.loss - doubled.policy, single.loss - single.policy)


def test_all_but_the_policy_is_constant() -> None:
    """The rest may have been computed with the gradient on."""
    importance = tensor([[2.0], [0.5]]).requires_grad_(True)
    reference, old = TOY.reference.clone().requires_grad_(True), TOY.old.clone().requires_grad_(True)
    batch = dataclasses.replace(
        policy_batch(TOY, TOY.leaf()),
        importance_N_T=importance,
        reference_logprobs_N_T=reference,
        old_logprobs_N_T=old,
    )
    loss = policy_loss(batch, PolicySettings(kl_corrected=True), batch_size(TOY.mask, 4), beta=0.04).loss
    assert torch.autograd.grad(loss, (importance, reference, old), allow_unused=True) == (None, None, None)


def test_entropy_is_rewarded() -> None:
    size = batch_size(TOY.mask, 4)
    batch = policy_batch(TOY, TOY.logprobs)
    without = policy_loss(batch, PolicySettings(aggregation="token_mean"), size)
    rewarded = policy_loss(batch, PolicySettings(aggregation="token_mean", entropy_coefficient=0.1), size)
    assert_close(without.loss - rewarded.loss, 0.1 * (-TOY.logprobs)[TOY.mask].mean())


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_every_named_algorithm_runs_and_has_a_gradient(name: str) -> None:
    algorithm = ALGORITHMS[name]
    leaf = TOY.leaf()
    result = policy_loss(policy_batch(TOY, leaf), algorithm.policy, batch_size(TOY.mask, 4), beta=algorithm.beta)
    (gradient,) = torch.autograd.grad(result.loss, leaf)
    assert gradient.isfinite().all() and gradient.any()


def test_a_kl_without_reference_is_refused() -> None:
    batch = dataclasses.replace(policy_batch(TOY, TOY.logprobs), reference_logprobs_N_T=None)
    with pytest.raises(ValueError, match="no reference log-probabilities"):
        policy_loss(batch, PolicySettings(), BatchSize(responses=2, tokens=5, longest=4), beta=0.04)


def test_k1_in_the_loss_is_refused() -> None:
    """Its gradient is that of the log-probability, whose mean over samples is 0: no pull to the reference at all."""
    size = batch_size(TOY.mask, 4)
    with pytest.raises(ValueError, match="gradient of 0"):
        policy_loss(policy_batch(TOY, TOY.logprobs), PolicySettings(kl_estimator="k1"), size, beta=0.04)
    for settings in (
        PolicySettings(kl_estimator="k1", kl_place="reward"),
        PolicySettings(kl_estimator="k1", kl_corrected=True),
    ):
        assert policy_loss(policy_batch(TOY, TOY.logprobs), settings, size, beta=0.04).loss.isfinite()


def test_an_entropy_bonus_without_entropies_is_refused() -> None:
    batch = dataclasses.replace(policy_batch(TOY, TOY.logprobs), entropies_N_T=None)
    settings = PolicySettings(entropy_coefficient=0.1)
    with pytest.raises(ValueError, match="no entropies"):
        policy_loss(batch, settings, BatchSize(responses=2, tokens=5, longest=4))
