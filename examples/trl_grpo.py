"""TRL's GRPOTrainer with rewards from the service: a few real steps of a tiny model on CPU, in under a minute.

    pip install trl && python examples/trl_grpo.py

The model is random and learns nothing in three steps; the point is the road: a synchronous and an asynchronous reward
function, both from one private reward server.
"""

from __future__ import annotations

import tempfile

from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from reward_service import Component, RewardClient
from reward_service.integrations.trl import async_reward_function, reward_function

CHARACTERS = "0123456789+= "


def tiny_model() -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """A two-layer Llama over single characters, with random weights."""
    vocabulary = {token: index for index, token in enumerate(["<pad>", "<eos>", *CHARACTERS])}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token="<pad>"))
    raw.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<eos>")
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=128,
        pad_token_id=0,
        eos_token_id=1,
    )
    return LlamaForCausalLM(config), tokenizer


def main() -> None:
    """Three steps of GRPO; prints each reward function's mean."""
    model, tokenizer = tiny_model()
    pairs = [(a, b) for a in range(4) for b in range(4)]
    dataset = Dataset.from_dict({"prompt": [f"{a}+{b}=" for a, b in pairs], "answer": [str(a + b) for a, b in pairs]})
    with RewardClient() as client, tempfile.TemporaryDirectory() as folder:
        trainer = GRPOTrainer(
            model=model,
            processing_class=tokenizer,
            train_dataset=dataset,
            reward_funcs=[
                reward_function(client=client, name="correctness"),
                async_reward_function(
                    client.address, components=(Component(verifier="repetition"),), name="repetition"
                ),
            ],
            args=GRPOConfig(
                output_dir=folder,
                max_steps=3,
                per_device_train_batch_size=8,
                num_generations=4,
                max_completion_length=8,
                logging_steps=1,
                report_to=[],
                use_cpu=True,
            ),
        )
        trainer.train()
        for step in trainer.state.log_history:
            rewards = {key: value for key, value in step.items() if key.startswith("rewards/")}
            if rewards:
                print(f"step {step['step']}: {rewards}")


if __name__ == "__main__":
    main()
