"""Layers that look back through a window only: which layout may train them, up to which length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from rfteval.errors import UsageError
from tests.training import tiny
from training import config
from training.assembly import Model, assemble
from training.batching import Layout, Trained, micro_batches

WINDOW = 8
SIZES = {
    "vocab_size": 128,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "eos_token_id": 2,
}


def saved(folder: Path, kind: str, **changes: Any) -> Path:
    """A tiny model."""
    torch.manual_seed(0)
    made = AutoConfig.for_model(kind, **SIZES, **changes)
    AutoModelForCausalLM.from_config(made).save_pretrained(folder)
    tiny.tokenizer().save_pretrained(folder)
    return folder


def assembled(folder: Path, layout: str, prompt: int, response: int) -> Model:
    return assemble(
        config.parse(
            {
                "out": "unused",
                "model": {"path": str(folder), "attention": "eager"},
                "data": {"dataset": "unused", "max_prompt_tokens": prompt},
                "rollout": {"max_tokens": response},
                "batch": {"layout": layout},
                "reward": {"components": [{"verifier": "auto"}]},
            }
        )
    )


def logprobs(model: Model, response: int, layout: Layout) -> torch.Tensor:
    prompt = model.encoder.encode(tiny.prompt_of(tiny.text_sample(1)))
    ids = [tuple(range(first, first + response)) for first in (10, 40)]
    trained = [Trained(prompt=prompt, ids=each, place=place) for place, each in enumerate(ids)]
    cpu = torch.device("cpu")
    (batch,) = micro_batches(trained, tokens=5000, layout=layout, pad_id=0, device=cpu, dtype=torch.float32)
    with torch.no_grad():
        return model.policy(batch).logprobs_N_T[batch.responses_N.argsort()]


@pytest.mark.parametrize("kind", ["mistral", "gemma2", "gemma3_text", "phi3"])
def test_a_shared_prompt_is_refused_beyond_the_window(tmp_path: Path, kind: str) -> None:
    folder = saved(tmp_path, kind, sliding_window=WINDOW)
    with pytest.raises(UsageError, match=r"window of 8 tokens .* may have 9 \(.* 5, .* 4\); use batch.layout padded"):
        assembled(folder, "shared_prompt", 5, 4)
    for layout, response in (("padded", 4), ("shared_prompt", 3)):
        assembled(folder, layout, 5, response)


def test_what_is_refused_would_be_wrong(tmp_path: Path) -> None:
    """Beyond the window the layouts differ, and without one they do not."""
    model = assembled(saved(tmp_path / "window", "mistral", sliding_window=WINDOW), "padded", 500, 500)
    padded, shared = (logprobs(model, 12, layout) for layout in ("padded", "shared_prompt"))
    assert (padded - shared).abs().max() > 1e-3
    model = assembled(saved(tmp_path / "without", "mistral", sliding_window=None), "shared_prompt", 500, 500)
    padded, shared = (logprobs(model, 12, layout) for layout in ("padded", "shared_prompt"))
    assert torch.allclose(padded, shared, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "changes"), [("qwen2", {"sliding_window": WINDOW, "use_sliding_window": False}), ("llama", {})]
)
def test_without_a_window_in_use_nothing_is_refused(tmp_path: Path, kind: str, changes: dict[str, Any]) -> None:
    assembled(saved(tmp_path, kind, **changes), "shared_prompt", 500, 500)
