"""Rows taken apart give what their dense mask gives, on real architectures, and never look at that mask."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.rfteval.models import tiny as models_tiny
from tests.training import tiny
from training import config
from training.assembly import Model, assemble
from training.attention import SHARED_PROMPT
from training.batching import MicroBatch, Trained, micro_batches

LENGTHS = (5, 1, 9, 4, 2, 7)


def model_of(folder: Path, **changes: object) -> Model:
    settings = {"out": "unused", "data": {"dataset": "unused"}, "reward": {"components": [{"verifier": "auto"}]}}
    return assemble(config.parse({**settings, "model": {"path": str(folder), **changes}}))


def batch_of(model: Model, *, pictures: bool) -> MicroBatch:
    """Two rows of three responses each; the shorter row is padded."""
    sample = tiny.picture_sample if pictures else tiny.text_sample
    prompts = [model.encoder.encode(tiny.prompt_of(sample(number))) for number in (1, 30)]
    words = [token for token in range(3, 30) if token not in model.encoder.image_token_ids]
    trained = [
        Trained(prompt=prompts[place // 3], ids=tuple(words[place : place + length]), place=place)
        for place, length in enumerate(LENGTHS)
    ]
    device, dtype = torch.device("cpu"), torch.float32
    (batch,) = micro_batches(trained, tokens=500, layout="shared_prompt", pad_id=0, device=device, dtype=dtype)
    assert batch.positions > batch.useful
    return batch


def computed(model: Model, batch: MicroBatch) -> tuple[Tensor, Tensor]:
    """Log-probabilities and the gradient of all parameters."""
    model.policy.zero_grad()
    logprobs = model.policy(batch).logprobs_N_T
    (logprobs * torch.linspace(-1, 1, logprobs.numel()).view(logprobs.shape)).sum().backward()
    gradients = [each.grad.flatten() for each in model.policy.parameters() if each.grad is not None]
    return logprobs.detach(), torch.cat(gradients)


@pytest.fixture(params=["text", "picture", "qwen"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Llama, with fewer heads for keys than for queries; Idefics3; Qwen2.5-VL."""
    if request.param == "qwen":
        return models_tiny.qwen(tmp_path)
    found: Path = request.getfixturevalue(f"{request.param}_model")
    return found


def test_rows_taken_apart_give_what_the_mask_gives(folder: Path) -> None:
    model = model_of(folder)
    assert model.policy.inner.config._attn_implementation == SHARED_PROMPT
    batch = batch_of(model, pictures="text_model" not in str(folder))
    apart, apart_gradient = computed(model, batch)
    masked, masked_gradient = computed(model, dataclasses.replace(batch, shared=None))
    assert torch.allclose(apart, masked, atol=1e-5)
    assert (apart_gradient - masked_gradient).norm() <= 1e-5 * masked_gradient.norm()
    batch.attention.fill_(torch.nan)  # if it were read, equal results would show nothing
    unread, unread_gradient = computed(model, batch)
    assert torch.equal(unread, apart)
    assert torch.equal(unread_gradient, apart_gradient)


def test_checkpointed_layers_take_rows_apart_as_well(text_model: Path) -> None:
    plain, checkpointed = model_of(text_model), model_of(text_model, gradient_checkpointing=True)
    batch = batch_of(plain, pictures=False)
    (right, gradient), (found, found_gradient) = computed(plain, batch), computed(checkpointed, batch)
    assert torch.allclose(found, right, atol=1e-6)
    assert (found_gradient - gradient).norm() <= 1e-6 * gradient.norm()


def test_a_mask_of_a_part_that_is_not_the_rows_own_is_followed(text_model: Path) -> None:
    model = model_of(text_model)
    batch = batch_of(model, pictures=False)
    assert batch.shared is not None
    copied = dataclasses.replace(batch, attention=batch.attention.clone())
    assert torch.allclose(model.policy(copied).logprobs_N_T, model.policy(batch).logprobs_N_T, atol=1e-5)
