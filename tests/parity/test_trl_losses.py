"""Our losses and advantages against TRL's own trainer, on the same tiny model and the same batch.

TRL computes through its GRPOTrainer with the configuration that a user would write; nothing of it is copied here. The
bar: the losses differ by at most 1e-6 and the gradients of all weights by at most 1e-5 of their norm, in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.training.tiny import save_text_model
from tests.training.tolerance import assert_close
from training.core import advantages
from training.core.advantages import Advantages
from training.core.aggregation import batch_size
from training.core.algorithms import ALGORITHMS
from training.core.objective import PolicyBatch, PolicySettings, policy_loss

pytest.importorskip("trl", reason="TRL, the oracle of these tests, comes with the test extra")

LENGTHS = (7, 4, 6, 2)
LONGEST = 7
PROMPT = 5
GRPO, DR_GRPO, DAPO = ALGORITHMS["grpo"].policy, ALGORITHMS["dr_grpo"].policy, ALGORITHMS["dapo"].policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One loss: how TRL's user asks for it, and how ours does."""

    name: str
    trl: dict[str, Any] = field(default_factory=dict)
    ours: PolicySettings
    beta: float = 0.0


PAIRS = (
    Pair(name="grpo", trl={"loss_type": "grpo"}, ours=GRPO),
    Pair(
        name="grpo with k3",
        trl={"loss_type": "grpo", "use_bias_correction_kl": False},
        ours=GRPO,
        beta=0.04,
    ),
    Pair(
        name="grpo with k3 times ratio",
        trl={"loss_type": "grpo"},
        ours=replace(GRPO, kl_corrected=True),
        beta=0.04,
    ),
    Pair(name="dapo", trl={"loss_type": "dapo", "epsilon_high": 0.28}, ours=DAPO),
    Pair(name="bnpo", trl={"loss_type": "bnpo"}, ours=PolicySettings(aggregation="token_mean")),
    Pair(name="dr_grpo", trl={"loss_type": "dr_grpo"}, ours=DR_GRPO),
    Pair(name="cispo", trl={"loss_type": "cispo", "epsilon_high": 5.0}, ours=ALGORITHMS["cispo"].policy),
    Pair(
        name="gspo",
        trl={
            "loss_type": "grpo",
            "importance_sampling_level": "sequence",
            "epsilon": 3e-4,
            "epsilon_high": 4e-4,
        },
        ours=ALGORITHMS["gspo"].policy,
    ),
    Pair(
        name="two-sided clip",
        trl={"loss_type": "grpo", "delta": 1.5},
        ours=replace(GRPO, dual_clip=1.5),
    ),
)


@pytest.fixture(scope="module")
def make_trainer(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """A GRPOTrainer of TRL on the tiny model, with these settings on top of the parity ones."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    folder = tmp_path_factory.mktemp("trl")
    text_model = save_text_model(folder / "model")

    def make(reward: Callable[..., list[float | None]] | None = None, **settings: Any) -> Any:
        model = AutoModelForCausalLM.from_pretrained(text_model, dtype=torch.float32)
        configuration = GRPOConfig(
            output_dir=str(folder),
            per_device_train_batch_size=8,
            num_generations=4,
            max_completion_length=LONGEST,
            report_to=[],
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            **settings,
        )
        trainer = GRPOTrainer(
            model=model,
            args=configuration,
            reward_funcs=reward or (lambda completions, **_: [0.0] * len(completions)),
            train_dataset=Dataset.from_list([{"prompt": "one"}, {"prompt": "two"}]),
            processing_class=AutoTokenizer.from_pretrained(text_model),
        )
        trainer.current_gradient_accumulation_steps = 1
        trainer.model.train()
        return trainer

    return make


def logprobs(model: torch.nn.Module, tokens: Tensor, attention: Tensor) -> Tensor:
    """Log-probabilities of the response tokens (N, T), by our own hand."""
    logits = model(input_ids=tokens, attention_mask=attention).logits[:, PROMPT - 1 : -1]
    return torch.log_softmax(logits, -1).gather(-1, tokens[:, PROMPT:].unsqueeze(-1)).squeeze(-1)


def make_batch(model: torch.nn.Module) -> dict[str, Tensor]:
    """Four responses of 7, 4, 6 and 2 tokens to prompts of 5 tokens, sampler and reference off the policy."""
    generator = torch.Generator().manual_seed(3)
    tokens = torch.randint(7, 60, (len(LENGTHS), PROMPT + LONGEST), generator=generator)
    mask = torch.arange(LONGEST) < torch.tensor(LENGTHS).unsqueeze(1)
    attention = torch.cat([torch.ones(len(LENGTHS), PROMPT, dtype=torch.long), mask.long()], dim=1)
    with torch.no_grad():
        now = logprobs(model, tokens, attention)
    return {
        "prompt_ids": tokens[:, :PROMPT],
        "prompt_mask": attention[:, :PROMPT],
        "completion_ids": tokens[:, PROMPT:],
        "completion_mask": mask.long(),
        "advantages": torch.tensor([1.2, -0.7, 0.4, -0.9]),
        "old_per_token_logps": now + 0.3 * torch.randn(now.shape, generator=generator),
        "ref_per_token_logps": now + 0.3 * torch.randn(now.shape, generator=generator),
        "num_items_in_batch": mask.sum(),
    }


def gradients(model: torch.nn.Module, loss: Tensor) -> Tensor:
    model.zero_grad()
    loss.backward()
    return torch.cat([part.grad.flatten() for part in model.parameters() if part.grad is not None])


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_same_loss_and_gradient(pair: Pair, make_trainer: Callable[..., Any]) -> None:
    trainer = make_trainer(beta=pair.beta, **pair.trl)
    model = trainer.model
    inputs = make_batch(model)
    theirs = trainer._compute_loss(model, inputs)
    their_gradient = gradients(model, theirs)

    tokens = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1)
    attention = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1)
    mask = inputs["completion_mask"].bool()
    batch = PolicyBatch(
        logprobs_N_T=logprobs(model, tokens, attention),
        old_logprobs_N_T=inputs["old_per_token_logps"],
        advantages_N_T=inputs["advantages"].unsqueeze(1),
        mask_N_T=mask,
        reference_logprobs_N_T=inputs["ref_per_token_logps"],
    )
    ours = policy_loss(batch, pair.ours, batch_size(mask, LONGEST), beta=pair.beta).loss
    our_gradient = gradients(model, ours)

    assert_close(ours, theirs, absolute=1e-6)
    assert float(their_gradient.norm()) > 1e-3
    assert_close((our_gradient - their_gradient).norm() / their_gradient.norm(), 0.0, absolute=1e-5)


REWARDS: tuple[tuple[float | None, ...], ...] = (
    (1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0),
    (1.0, None, 0.0, 0.5, 0.25, None, None, 2.0),
    (0.1, 0.1, 0.1, 0.1, 1.0, 0.0, 0.0, 0.0),
)


@pytest.mark.parametrize(
    ("scale", "ours"),
    [("group", advantages.grpo), ("batch", advantages.batch_normalised), ("none", advantages.dr_grpo)],
)
def test_same_advantages(
    scale: str, ours: Callable[[Tensor, Tensor], Advantages], make_trainer: Callable[..., Any]
) -> None:
    """TRL samples, and its reward function answers with these numbers; None is unscored there, too."""
    answers = list(REWARDS)
    trainer = make_trainer(lambda completions, **_: list(answers.pop(0)), scale_rewards=scale, beta=0.0)
    for rewards in REWARDS:
        theirs = trainer._generate_and_score_completions([{"prompt": "one"}] * 4 + [{"prompt": "two"}] * 4)
        scored = torch.tensor([reward is not None for reward in rewards]).view(2, 4)
        numbers = torch.tensor([torch.nan if reward is None else reward for reward in rewards]).view(2, 4)
        assert_close(ours(numbers, scored).values_P_G.flatten(), theirs["advantages"], absolute=1e-6)
