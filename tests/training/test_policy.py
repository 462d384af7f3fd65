"""Layouts, chunks and sampling all see one and the same distribution, on real architectures."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from rfteval.errors import ModelError, UsageError
from rfteval.types import Sampling
from tests.rfteval.models import tiny as models_tiny
from tests.training import tiny
from training import config
from training.assembly import Model, assemble
from training.batching import Layout, MicroBatch, Trained, micro_batches, padding_ratio
from training.rollout.hf import HfEngine
from training.types import Request, Rollout

SAMPLING = Sampling(temperature=1.0, max_tokens=12)


def model_of(folder: Path, **changes: Any) -> Model:
    return assemble(
        config.parse(
            {
                "out": "unused",
                "model": {"path": str(folder), "attention": "eager", **changes},
                "data": {"dataset": "unused"},
                "reward": {"components": [{"verifier": "auto"}]},
            }
        )
    )


@pytest.fixture
def made(kind: str, text_model: Path, picture_model: Path) -> tuple[Model, list[Request]]:
    model = model_of(text_model if kind == "text" else picture_model)
    sample = tiny.text_sample if kind == "text" else tiny.picture_sample
    prompts = [model.encoder.encode(tiny.prompt_of(sample(number))) for number in (1, 2, 30)]
    return model, [Request(prompt=prompt, indices=(0, 1, 2)) for prompt in prompts]


def sampled(model: Model, requests: list[Request], seed: int = 5) -> list[Rollout]:
    return list(HfEngine(model.policy, model.encoder, batch=64, seed=seed).sample(requests, SAMPLING))


def trained_on(requests: list[Request], rollouts: list[Rollout]) -> list[Trained]:
    prompts = {request.prompt.sample_id: request.prompt for request in requests}
    return [Trained(prompt=prompts[each.sample_id], ids=each.ids, place=place) for place, each in enumerate(rollouts)]


def batches(model: Model, trained: list[Trained], layout: Layout, tokens: int) -> list[MicroBatch]:
    return micro_batches(
        trained, tokens=tokens, layout=layout, pad_id=0, device=torch.device("cpu"), dtype=torch.float32
    )


def logprobs_by_place(model: Model, parts: list[MicroBatch]) -> dict[int, list[float]]:
    found = {}
    for part in parts:
        output = model.policy(part).logprobs_N_T
        for place, row, mask in zip(part.responses_N.tolist(), output, part.mask_N_T, strict=True):
            found[place] = row[mask].tolist()
    return found


def test_the_update_sees_the_probabilities_that_were_sampled(made: tuple[Model, list[Request]]) -> None:
    """Whatever the layout and the size of micro-batches: on policy, every ratio is 1."""
    model, requests = made
    rollouts = sampled(model, requests)
    assert len(rollouts) == 9
    for layout, tokens in (("padded", 10_000), ("padded", 90), ("shared_prompt", 10_000), ("shared_prompt", 70)):
        parts = batches(model, trained_on(requests, rollouts), layout, tokens)  # type: ignore[arg-type]
        found = logprobs_by_place(model, parts)
        for place, rollout in enumerate(rollouts):
            assert found[place] == pytest.approx(rollout.logprobs, abs=2e-5)


def test_layouts_give_the_same_gradients(made: tuple[Model, list[Request]]) -> None:
    model, requests = made
    trained = trained_on(requests, sampled(model, requests))
    gradients = []
    for layout, tokens in (("padded", 10_000), ("shared_prompt", 10_000), ("shared_prompt", 60)):
        model.policy.zero_grad()
        for part in batches(model, trained, layout, tokens):  # type: ignore[arg-type]
            model.policy(part).logprobs_N_T.sum().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in model.policy.parameters() if p.grad is not None]))
    for other in gradients[1:]:
        assert (other - gradients[0]).norm() <= 1e-5 * gradients[0].norm()


def test_chunks_of_logits_change_nothing(made: tuple[Model, list[Request]]) -> None:
    model, requests = made
    (part,) = batches(model, trained_on(requests, sampled(model, requests)), "padded", 10_000)
    results = []
    for chunk in (2048, 7):
        model.policy.zero_grad()
        model.policy._logit_chunk = chunk
        output = model.policy(part, entropy_gradient=True)
        (output.logprobs_N_T.sum() + output.entropy_N_T.sum()).backward()
        gradient = torch.cat([p.grad.flatten() for p in model.policy.parameters() if p.grad is not None])
        results.append((output.logprobs_N_T.detach(), output.entropy_N_T.detach(), gradient))
    for first, second in zip(*results, strict=True):
        assert torch.allclose(first, second, rtol=1e-5, atol=1e-5)


def test_entropy_is_that_of_the_distribution(made: tuple[Model, list[Request]]) -> None:
    model, requests = made
    (part,) = batches(model, trained_on(requests, sampled(model, requests))[:1], "padded", 10_000)
    hidden = model.policy.backbone(
        input_ids=part.input_ids, attention_mask=part.attention, position_ids=part.position_ids, **part.pixels
    ).last_hidden_state[part.rows_M, part.places_M]
    slow = torch.distributions.Categorical(logits=model.policy._logits(hidden, 1.0).clamp(min=-1e9)).entropy()
    assert torch.allclose(model.policy(part).entropy_N_T[part.mask_N_T], slow, atol=1e-5)


def test_sampling_agrees_with_transformers(made: tuple[Model, list[Request]]) -> None:
    """Greedy, batched and with rows that leave early, against `generate` one prompt at a time."""
    model, requests = made
    greedy = Sampling(temperature=0.0, max_tokens=12)
    ours = HfEngine(model.policy, model.encoder, batch=64, seed=0).sample(requests, greedy)
    for rollout in ours:
        request = next(each for each in requests if each.prompt.sample_id == rollout.sample_id)
        ids = torch.tensor([request.prompt.ids])
        theirs = model.policy.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=12,
            suppress_tokens=list(model.encoder.image_token_ids) or None,
            **request.prompt.pixels,
        )
        assert list(rollout.ids) == theirs[0, ids.shape[1] :].tolist()


def test_sampling_is_decided_by_its_seed(made: tuple[Model, list[Request]]) -> None:
    model, requests = made
    assert sampled(model, requests) == sampled(model, requests)
    assert sampled(model, requests) != sampled(model, requests, seed=6)


def test_sampling_follows_the_distribution(text_model: Path) -> None:
    """First tokens of many rollouts against the probabilities themselves: a chi-square far from its tail."""
    model = model_of(text_model)
    prompt = model.encoder.encode(tiny.prompt_of(tiny.text_sample(1)))
    count = 4000
    engine = HfEngine(model.policy, model.encoder, batch=count, seed=1)
    drawn = engine.sample(
        [Request(prompt=prompt, indices=tuple(range(count)))], Sampling(temperature=1.0, max_tokens=1)
    )
    counts = torch.zeros(len(model.encoder.tokenizer))
    for rollout in drawn:
        counts[rollout.ids[0]] += 1
    hidden = model.policy.backbone(input_ids=torch.tensor([prompt.ids])).last_hidden_state[:, -1]
    expected = model.policy.next_logprobs(hidden, 1.0)[0].exp().detach() * count
    statistic = float(((counts - expected) ** 2 / expected).sum())
    assert statistic < len(counts) + 5 * (2 * len(counts)) ** 0.5


def test_a_nucleus_leaves_out_the_tail(text_model: Path) -> None:
    model = model_of(text_model)
    prompt = model.encoder.encode(tiny.prompt_of(tiny.text_sample(1)))
    engine = HfEngine(model.policy, model.encoder, batch=500, seed=1)
    request = Request(prompt=prompt, indices=tuple(range(500)))
    drawn = list(engine.sample([request], Sampling(temperature=1.0, top_p=0.05, max_tokens=1)))
    assert 1 <= len({rollout.ids[0] for rollout in drawn}) < 12


def test_a_shared_prompt_costs_less(made: tuple[Model, list[Request]]) -> None:
    model, requests = made
    trained = trained_on(requests, sampled(model, requests))
    positions = [
        sum(part.positions for part in batches(model, trained, layout, 4096))
        for layout in ("padded", "shared_prompt")  # type: ignore[arg-type]
    ]
    assert positions[1] < 0.75 * positions[0]
    for layout in ("padded", "shared_prompt"):
        assert padding_ratio(batches(model, trained, layout, 4096)) <= 1.15  # type: ignore[arg-type]


def test_a_model_without_a_chat_template_is_refused(text_model: Path, tmp_path: Path) -> None:
    shutil.copytree(text_model, tmp_path / "bare")
    (tmp_path / "bare" / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match="no chat template"):
        model_of(tmp_path / "bare")


def test_a_prompt_that_does_not_fit_is_refused(text_model: Path, picture_model: Path) -> None:
    with pytest.raises(UsageError, match="takes no pictures"):
        model_of(text_model).encoder.encode(tiny.prompt_of(tiny.picture_sample(1)))
    short = dataclasses.replace(model_of(picture_model).encoder, longest=20)
    with pytest.raises(UsageError, match=r"33 tokens, 4 of them for 1 pictures; at most 20 fit"):
        short.encode(tiny.prompt_of(tiny.picture_sample(1)))


def test_qwens_positions_in_three_dimensions_are_the_same_in_sampling_and_update(tmp_path: Path) -> None:
    """The family's code path on a tiny random Qwen2.5-VL: every ratio is 1 in both layouts, greedy is `generate`'s."""
    model = model_of(models_tiny.qwen(tmp_path))
    prompts = [model.encoder.encode(tiny.prompt_of(tiny.picture_sample(number))) for number in (1, 30)]
    assert all(prompt.positions is not None and prompt.positions.shape == (3, len(prompt.ids)) for prompt in prompts)
    requests = [Request(prompt=prompt, indices=(0, 1, 2)) for prompt in prompts]
    rollouts = sampled(model, requests)
    for layout in ("padded", "shared_prompt"):
        parts = batches(model, trained_on(requests, rollouts), layout, 10_000)  # type: ignore[arg-type]
        found = logprobs_by_place(model, parts)
        for place, rollout in enumerate(rollouts):
            assert found[place] == pytest.approx(rollout.logprobs, abs=5e-5)
    engine = HfEngine(model.policy, model.encoder, batch=64, seed=0)
    for rollout, prompt in zip(
        sorted(engine.sample(requests, Sampling(max_tokens=8)), key=lambda each: (each.sample_id, each.index))[::3],
        prompts,
        strict=True,
    ):
        ids = torch.tensor([prompt.ids])
        theirs = model.policy.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            mm_token_type_ids=(ids == model.policy.inner.config.image_token_id).int(),
            do_sample=False,
            max_new_tokens=8,
            suppress_tokens=list(model.encoder.image_token_ids),
            **prompt.pixels,
        )
        assert list(rollout.ids) == theirs[0, ids.shape[1] :].tolist()


def test_adapters_leave_the_reference_where_it_was(picture_model: Path) -> None:
    from training.policy import Reference, trained

    model = model_of(picture_model, lora={"rank": 2}, freeze=["vision"])
    names = [name for name, _ in trained(model.policy)]
    assert names and all("lora" in name for name in names) and not any("vision" in name for name in names)
    request = Request(prompt=model.encoder.encode(tiny.prompt_of(tiny.picture_sample(1))), indices=(0, 1))
    (part,) = batches(model, trained_on([request], sampled(model, [request])), "padded", 4096)
    reference = Reference(model.policy)
    before = reference.logprobs(part)
    with torch.no_grad():
        for _, parameter in trained(model.policy):
            parameter.add_(0.3)
    assert torch.equal(reference.logprobs(part), before)
    assert not torch.allclose(model.policy(part).logprobs_N_T, before)
