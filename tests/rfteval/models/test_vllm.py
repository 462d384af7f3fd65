"""vLLM in process says what transformers says: with the embedded model, adapters and budgets. Needs vllm."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from rfteval import registry
from rfteval.benchmark import LoadRequest
from rfteval.models import Model
from rfteval.models.open import ModelChoice, open_model
from rfteval.types import Prompt, Sampling
from tests.rfteval.models.asking import answers, by_key, prompt

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        importlib.util.find_spec("vllm") is None, reason="vllm is not installed here; `rfteval models` says how"
    ),
]
SAME_BAR = 0.99


def texts(
    name: str, backend: str, prompts: list[Prompt], sampling: Sampling, **options: str
) -> dict[tuple[str, int], str]:
    model: Model = open_model(ModelChoice(name=name, backend=backend, options=options), MATHVISTA, "sample")
    try:
        found = by_key(answers(model, prompts, sampling))
    finally:
        if backend == "vllm":
            model.close()  # type: ignore[attr-defined]
    assert {response.error for response in found.values()} == {None}
    return {key: response.text for key, response in found.items()}


MATHVISTA = registry.benchmark("mathvista")
SAMPLE = [MATHVISTA.prompts["query"](each) for each in MATHVISTA.load(LoadRequest(split="sample"))]


def test_the_embedded_model_says_the_same() -> None:
    """The bar of the project: the same greedy text on 99 % of 300 questions."""
    ours = texts("embedded", "transformers", SAMPLE, Sampling())
    theirs = texts("embedded", "vllm", SAMPLE, Sampling())
    same = sum(theirs[key] == text for key, text in ours.items())
    assert len(ours) == 300
    assert same >= SAME_BAR * len(ours)


def test_a_budget_of_reasoning_means_the_same() -> None:
    sampling = Sampling(max_tokens=64, thinking_budget=3)
    ours = texts("embedded", "transformers", SAMPLE[:12], sampling)
    assert ours == texts("embedded", "vllm", SAMPLE[:12], sampling)
    assert any("</think>" in text for text in ours.values())


def test_an_adapter_means_the_same(tmp_path: Path) -> None:
    import peft
    import torch
    import transformers

    from tests.rfteval.models import tiny

    folder = tiny.llama(tmp_path / "model")
    torch.manual_seed(3)
    base = transformers.AutoModelForCausalLM.from_pretrained(folder)
    adapted = peft.get_peft_model(
        base, peft.LoraConfig(r=8, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    )
    adapted.save_pretrained(str(tmp_path / "adapter"))
    prompts = [prompt(f"p{words}", "what " * words) for words in (1, 4, 9)]
    sampling = Sampling(max_tokens=12)
    ours = texts(str(folder), "transformers", prompts, sampling, adapter=str(tmp_path / "adapter"))
    assert ours == texts(str(folder), "vllm", prompts, sampling, adapter=str(tmp_path / "adapter"))
    assert ours != texts(str(folder), "transformers", prompts, sampling)
