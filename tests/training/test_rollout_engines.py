"""What holds for engines other than the policy itself, without one: what they are asked, given, and weighed by."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from rfteval.errors import ModelError, UsageError
from rfteval.types import Sampling
from tests.training import tiny
from tests.training.runs import metrics_of, timeless
from training.assembly import Model, assemble
from training.explain import check
from training.rollout.asking import Manner, check_ids, check_pixels, seed_of
from training.rollout.hf import HfEngine
from training.rollout.weights import checkpoint_weights
from training.train import train
from training.types import EncodedPrompt, Request, Rollout

Settings = Callable[..., Any]


def test_without_vllm_the_error_says_how_to_install_it(
    tmp_path: Path, settings_of: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a model is loaded: there is none in the folder."""
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "vllm" else found(name))
    settings = settings_of(tmp_path, tmp_path / "nothing", rollout={"engine": "vllm"})
    for ask in (check, train):
        with pytest.raises(UsageError, match=r"package vllm, which is not installed: pip install 'rfteval\[vllm\]'"):
            ask(settings)


def test_weights_have_the_names_of_a_checkpoint(tmp_path: Path, picture_model: Path, settings_of: Settings) -> None:
    model = assemble(settings_of(tmp_path, picture_model))
    model.policy.inner.save_pretrained(tmp_path / "saved")
    saved = load_file(tmp_path / "saved" / "model.safetensors")
    ours = checkpoint_weights(model.policy)
    assert ours.keys() == saved.keys()
    assert all(torch.equal(ours[name], tensor) for name, tensor in saved.items())


def test_adapters_are_added_to_the_weights_and_stay_apart(
    tmp_path: Path, text_model: Path, settings_of: Settings
) -> None:
    model = assemble(settings_of(tmp_path, text_model, model={"lora": {"rank": 4}}))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.policy.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.1)
    before = {name: parameter.clone() for name, parameter in model.policy.named_parameters()}
    ours = checkpoint_weights(model.policy)
    assert all(torch.equal(before[name], parameter) for name, parameter in model.policy.named_parameters())
    merged = model.policy.model.merge_and_unload().state_dict()
    assert ours.keys() == merged.keys()
    assert all(torch.allclose(ours[name], tensor, atol=1e-6) for name, tensor in merged.items())


def request_of(model: Model, number: int = 0) -> Request:
    prompt = model.encoder.encode(tiny.prompt_of(tiny.picture_sample(number)))
    return Request(prompt=prompt, indices=(0, 1))


def test_what_is_asked_ends_and_never_holds_a_picture(
    tmp_path: Path, picture_model: Path, settings_of: Settings
) -> None:
    model = assemble(settings_of(tmp_path, picture_model))
    manner = Manner.of(model.policy, model.encoder)
    fields = manner.parameters(Sampling(temperature=0.7, max_tokens=9), 5)
    assert (fields["seed"], fields["max_tokens"], fields["logprobs"]) == (5, 9, 0)
    assert set(fields["stop_token_ids"]) == model.policy.end_ids
    assert fields["logit_bias"].keys() == set(model.encoder.image_token_ids) != set()
    request = request_of(model)
    end = min(model.policy.end_ids)
    rollout = manner.rollout(request, 1, [60, end], [-1.0, -2.0], version=3)
    assert (rollout.index, rollout.finish_reason, rollout.version, rollout.logprobs) == (1, "stop", 3, (-1.0, -2.0))
    assert manner.rollout(request, 1, [60], [-1.0], version=3).finish_reason == "length"


def test_seeds_differ_by_place_and_by_call(tmp_path: Path, picture_model: Path, settings_of: Settings) -> None:
    model = assemble(settings_of(tmp_path, picture_model))
    request, other = request_of(model), request_of(model, 1)
    places = [
        (base, call, asked, index)
        for base in (0, 1)
        for call in (0, 1)
        for asked in (request, other)
        for index in (0, 1)
    ]
    seeds = [seed_of(*place) for place in places]
    assert len(set(seeds)) == len(seeds)
    assert seeds == [seed_of(*place) for place in places]
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_a_prompt_that_is_read_otherwise_is_an_error(
    tmp_path: Path, picture_model: Path, settings_of: Settings
) -> None:
    prompt = request_of(assemble(settings_of(tmp_path, picture_model))).prompt

    class Element:
        def __init__(self, data: torch.Tensor) -> None:
            self.data = data

    check_ids(prompt, list(prompt.ids))
    with pytest.raises(
        ModelError, match=rf"as {len(prompt.ids) - 1} tokens, .* differ from token {len(prompt.ids) - 1}"
    ):
        check_ids(prompt, prompt.ids[:-1])
    with pytest.raises(ModelError, match="differ from token 1 on"):
        check_ids(prompt, (prompt.ids[0], *prompt.ids[2:]))
    pixels = prompt.pixels["pixel_values"]
    check_pixels(prompt, [{"pixel_values": Element(pixels[0])}])
    check_pixels(prompt, [{"pixel_values": Element(pixels[0].bfloat16())}])
    with pytest.raises(ModelError, match="sees other pixel_values"):
        check_pixels(prompt, [{"pixel_values": Element(pixels[0] + 0.01)}])


class Shifted:
    """Changes the log-probabilities that an engine reports, as another engine's arithmetic would."""

    def __init__(self, by: float, noisy: bool = False) -> None:
        self._by = by
        self._noisy = noisy
        self._sample = HfEngine.sample

    def __call__(self, engine: HfEngine, requests: Sequence[Request], sampling: Sampling) -> Iterator[Rollout]:
        import dataclasses

        for rollout in self._sample(engine, requests, sampling):
            shifted = tuple(each - self._by for each in rollout.logprobs)
            yield dataclasses.replace(rollout, logprobs=shifted, noisy=self._noisy)


def run_with(shifted: Shifted, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HfEngine, "exact", False)
    monkeypatch.setattr(HfEngine, "sample", lambda *arguments: shifted(*arguments))
    train(settings)
    monkeypatch.undo()


def test_another_engines_probabilities_are_corrected_for_and_shown(
    tmp_path: Path, text_model: Path, settings_of: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A difference of log 1.5 a token weighs each by 1.5; of log 3 by the cap, or by nothing; unknown ones by 1."""
    rows = {}
    for name, by, noisy, loss in (
        ("exact", 0.0, False, {}),
        ("near", 0.405465, False, {}),
        ("far", 1.098612, False, {}),
        ("masked", 1.098612, False, {"importance_excess": "mask"}),
        ("unknown", 1.098612, True, {}),
    ):
        folder = tmp_path / name
        folder.mkdir()
        settings = settings_of(folder, text_model, steps=1, loss=loss)
        run_with(Shifted(by, noisy), settings, monkeypatch)
        (rows[name],) = timeless(metrics_of(folder))
        known = 0.0 if noisy else by
        assert rows[name]["importance/logprob_difference"] == pytest.approx(known, abs=1e-5)
        assert rows[name]["importance/outside"] == pytest.approx(float(known > 0.7), abs=1e-6)
    norm = rows["exact"]["grad_norm"]
    assert norm > 0
    for name, weight in (("near", 1.5), ("far", 2.0), ("masked", 0.0), ("unknown", 1.0)):
        assert rows[name]["grad_norm"] == pytest.approx(weight * norm, rel=1e-4), name


def test_prompts_keep_what_they_were_made_from(tmp_path: Path, picture_model: Path, settings_of: Settings) -> None:
    """An engine with its own processor is given the pictures, with one token for each."""
    model = assemble(settings_of(tmp_path, picture_model))
    prompt: EncodedPrompt = request_of(model).prompt
    assert prompt.source is not None
    ids, pictures = model.encoder.unexpanded(prompt.source)
    assert len(pictures) == 1 and len(ids) < len(prompt.ids)
    image = model.encoder.tokenizer.convert_tokens_to_ids("<image>")
    assert ids.count(image) == 1
