"""Runs that sample by a real vLLM in this process, one engine after the other. Needs vllm."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from rfteval.types import Sampling
from tests.training import tiny
from tests.training.runs import killed_after, metrics_of, timeless
from tests.training.vllm_apart import by_place, differences, settings_of
from training import checkpoint
from training.assembly import assemble
from training.train import train
from training.types import Request

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        importlib.util.find_spec("vllm") is None, reason="vllm is not installed here; `rfteval models` says how"
    ),
]


def test_a_head_that_is_tied_to_the_embedding_follows_it(tmp_path: Path) -> None:
    """Brought under the embedding's name alone, as checkpoints of text models have it."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from training.rollout.vllm_engine import VllmEngine

    folder = tmp_path / "tied"
    torch.manual_seed(0)
    made = tiny.tokenizer()
    LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(made),
            hidden_size=64,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=0,
        )
    ).save_pretrained(folder)
    made.save_pretrained(folder)
    tied = assemble(settings_of(tmp_path, model={"path": str(folder)}, data={"dataset": "synthetic"}))
    assert tied.policy.inner.lm_head.weight is tied.policy.inner.model.embed_tokens.weight
    prompts = [tiny.prompt_of(tiny.text_sample(number)) for number in range(4)]
    wanted = [Request(prompt=tied.encoder.encode(prompt), indices=(0, 1)) for prompt in prompts]
    engine = VllmEngine(
        tied.policy,
        tied.encoder,
        folder=str(tied.folder),
        context=128,
        memory_share=0.3,
        sleep=True,
        half=False,
        seed=7,
    )
    short = Sampling(temperature=1.0, max_tokens=8)
    try:
        for version in range(2):
            engine.refresh(tied.policy, version)
            apart = differences(tied, by_place(engine.sample(wanted, short)), wanted)
            assert float(apart.max()) < 1e-3
            with torch.no_grad():
                for parameter in tied.policy.parameters():
                    parameter.mul_(1.3)
    finally:
        engine.close()


def test_a_killed_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    """Metrics of a run that was broken off after 2 of 3 steps are those of one that was left alone; both report how
    far the engines are apart."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for folder in (whole, broken):
        folder.mkdir()
    train(settings_of(whole, steps=3))

    with killed_after(2):
        train(settings_of(broken, steps=3))
    assert checkpoint.found(broken / "run") == [1, 2]
    train(settings_of(broken, steps=3))
    first, second = (timeless(metrics_of(folder)) for folder in (whole, broken))
    assert len(first) == len(second) == 3
    for row, other in zip(first, second, strict=True):
        assert row == pytest.approx(other, abs=1e-3)
        assert row["importance/logprob_difference"] < 1e-3
