"""Rollouts by a real vLLM in this process: its weights are the policy's after each update. Needs vllm.

One engine serves all tests, as a process can hold one at a time; tests that start their own are in test_vllm_runs.py.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from rfteval.types import Sampling
from tests.training.vllm_apart import by_place, differences, settings_of
from training.assembly import Model, assemble
from training.rollout.hf import HfEngine
from training.sampler import PromptSampler
from training.sources import open_source
from training.types import Request

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        importlib.util.find_spec("vllm") is None, reason="vllm is not installed here; `rfteval models` says how"
    ),
]
SAMPLED = Sampling(temperature=1.0, max_tokens=64)
GREEDY = Sampling(max_tokens=64)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return assemble(settings_of(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def requests(model: Model, tmp_path_factory: pytest.TempPathFactory) -> list[Request]:
    settings = settings_of(tmp_path_factory.mktemp("requests"))
    source = open_source(settings.data, 0)
    samples = PromptSampler(source, settings.signal, group_size=2, seed=0).draw(24)
    return [Request(prompt=model.encoder.encode(source.prompt(sample)), indices=(0, 1)) for sample in samples]


@pytest.fixture(scope="module")
def engine(model: Model) -> Iterator[Any]:
    from training.rollout.vllm_engine import VllmEngine

    made = VllmEngine(
        model.policy,
        model.encoder,
        folder=str(model.folder),
        context=1024,
        memory_share=0.3,
        sleep=True,
        half=False,
        seed=7,
    )
    yield made
    made.close()


def same(model: Model, engine: Any, requests: list[Request]) -> float:
    """The share of greedy texts that the engine and transformers have in common."""
    ours = by_place(HfEngine(model.policy, model.encoder, batch=64, seed=0).sample(requests, GREEDY))
    theirs = by_place(engine.sample(requests, GREEDY))
    assert ours.keys() == theirs.keys()
    return sum(theirs[key].ids == rollout.ids for key, rollout in ours.items()) / len(ours)


def test_the_engine_follows_the_policy(model: Model, engine: Any, requests: list[Request]) -> None:
    """Greedy texts are those of transformers before and after the weights change, and change with them."""
    before = by_place(engine.sample(requests, GREEDY))
    assert same(model, engine, requests) >= 0.97
    torch.manual_seed(1)
    kept = {name: parameter.detach().clone() for name, parameter in model.policy.named_parameters()}
    with torch.no_grad():
        for parameter in model.policy.parameters():
            parameter.add_(torch.randn_like(parameter) * parameter.std() * 0.1 if parameter.numel() > 1 else 0.0)
    unsynced = by_place(engine.sample(requests, GREEDY))
    assert {key: each.ids for key, each in unsynced.items()} == {key: each.ids for key, each in before.items()}
    engine.refresh(model.policy, 1)
    after = by_place(engine.sample(requests, GREEDY))
    assert same(model, engine, requests) >= 0.97
    assert sum(after[key].ids != each.ids for key, each in before.items()) > len(before) / 4
    assert {each.version for each in after.values()} == {1}
    apart = differences(model, by_place(engine.sample(requests, SAMPLED)), requests)
    assert float(apart.mean()) < 1e-4 and float(apart.max()) < 1e-2
    with torch.no_grad():
        for name, parameter in model.policy.named_parameters():
            parameter.copy_(kept[name])
    engine.refresh(model.policy, 0)


def test_seeds_decide_what_is_sampled(model: Model, engine: Any, requests: list[Request]) -> None:
    """Rollouts of a prompt differ, a state put back samples the same, and no picture's token is ever sampled."""
    state = engine.state()
    first = by_place(engine.sample(requests, SAMPLED))
    second = by_place(engine.sample(requests, SAMPLED))
    engine.restore(state)
    again = by_place(engine.sample(requests, SAMPLED))
    assert sum(first[key].ids == again[key].ids for key in first) >= 0.97 * len(first)
    assert sum(first[key].ids != second[key].ids for key in first) > len(first) / 2
    names = {name for name, _ in first}
    assert sum(first[name, 0].ids != first[name, 1].ids for name in names) > len(names) / 2
    assert not {token for each in first.values() for token in each.ids} & set(model.encoder.image_token_ids)
    for each in first.values():
        assert (each.ids[-1] in model.policy.end_ids) == (each.finish_reason == "stop")
    engine.restore(state)


def test_adapters_go_over_with_the_weights(tmp_path: Path, engine: Any, requests: list[Request]) -> None:
    """The engine holds whole weights: those of the layers with what the adapters add."""
    adapted = assemble(settings_of(tmp_path, model={"path": "base", "lora": {"rank": 4}}))
    torch.manual_seed(3)
    with torch.no_grad():
        for name, parameter in adapted.policy.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.05)
    plain = by_place(engine.sample(requests, GREEDY))
    own = engine._policy
    engine._policy = adapted.policy
    engine.refresh(adapted.policy, 5)
    assert same(adapted, engine, requests) >= 0.97
    changed = by_place(engine.sample(requests, GREEDY))
    assert sum(changed[key].ids != each.ids for key, each in plain.items()) > len(plain) / 4
    engine._policy = own
    engine.refresh(own, 0)
