"""verl with rewards from the service: its own loader, and its own reward managers on a real DataProto. No GPU needed.

    pip install verl  # docs/integrations.md has the few packages it needs when installed with --no-deps
    python examples/verl_reward.py

In a training run the same is said by configuration (verl 0.9; before its reward loop: no leading `reward.`):

    reward.custom_reward_function.path=pkg://reward_service.integrations.verl
    reward.custom_reward_function.name=compute_score
"""

from __future__ import annotations

import asyncio
import os

import numpy
import torch
from omegaconf import DictConfig, OmegaConf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from verl import DataProto
from verl.trainer.ppo.reward import get_custom_reward_fn, load_reward_manager
from verl.workers.reward_manager import get_reward_manager_cls

from reward_service import RewardClient

PROMPT = "What is 2+2?"
RESPONSES = ("It is \\boxed{4}.", "It is \\boxed{5}.", "So 2+2 = 4", "I cannot say.")


def tokenizer_of(texts: tuple[str, ...]) -> PreTrainedTokenizerFast:
    """A tokenizer whose tokens are the characters of `texts`."""
    vocabulary = {token: index for index, token in enumerate(["<pad>", *sorted(set("".join(texts)))])}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token="<pad>"))
    raw.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    raw.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", clean_up_tokenization_spaces=False)


def rollout(tokenizer: PreTrainedTokenizerFast) -> DataProto:
    """What verl's rollout hands to the reward: padded prompts and responses, and the data set's columns."""
    prompts = tokenizer([PROMPT] * len(RESPONSES), padding=True, padding_side="left", return_tensors="pt")
    responses = tokenizer(list(RESPONSES), padding=True, padding_side="right", return_tensors="pt")
    return DataProto.from_dict(
        tensors={
            "prompts": prompts["input_ids"],
            "responses": responses["input_ids"],
            "attention_mask": torch.cat([prompts["attention_mask"], responses["attention_mask"]], dim=1),
        },
        non_tensors={
            "data_source": numpy.array(["arithmetic"] * len(RESPONSES), dtype=object),
            "reward_model": numpy.array([{"ground_truth": "4", "style": "rule"} for _ in RESPONSES], dtype=object),
            "extra_info": numpy.array([{"index": index} for index in range(len(RESPONSES))], dtype=object),
        },
    )


def configuration(function: str) -> DictConfig:
    """The part of verl's configuration that names the reward."""
    path = "pkg://reward_service.integrations.verl"
    return OmegaConf.create(
        {
            "reward": {
                "custom_reward_function": {"path": path, "name": function},
                "reward_manager": {"source": "register", "name": "naive"},
            }
        }
    )


def reward_loop_scores(data: DataProto, tokenizer: PreTrainedTokenizerFast) -> torch.Tensor:
    """The rewards of the reward loop that verl's trainer runs: one response a call, all at the same time."""

    async def score_all() -> list[float]:
        manager = load_reward_manager(configuration("compute_score"), tokenizer)
        answers = await asyncio.gather(*[manager.run_single(data[index : index + 1]) for index in range(len(data))])
        return [answer["reward_score"] for answer in answers]

    manager_class = type(load_reward_manager(configuration("compute_score"), tokenizer))
    return manager_class.assemble_rm_scores(data, asyncio.run(score_all()))


def worker_scores(name: str, function: str, data: DataProto, tokenizer: PreTrainedTokenizerFast) -> torch.Tensor:
    """The rewards of one of the managers of `verl.workers.reward_manager`, such as naive or batch."""
    score = get_custom_reward_fn(configuration(function))
    return get_reward_manager_cls(name)(tokenizer, 0, compute_score=score)(data)


def main() -> None:
    """Prints the reward at each response's last token, by manager."""
    tokenizer = tokenizer_of((PROMPT, *RESPONSES))
    with RewardClient() as client:
        os.environ["RFTEVAL_ADDRESS"] = client.address
        tensors = {
            "reward loop, naive": reward_loop_scores(rollout(tokenizer), tokenizer),
            "workers, naive": worker_scores("naive", "compute_score", rollout(tokenizer), tokenizer),
            "workers, batch": worker_scores("batch", "compute_score_batch", rollout(tokenizer), tokenizer),
        }
    for name, tensor in tensors.items():
        print(f"{name}: {tuple(tensor.shape)} {tensor.sum(dim=1).tolist()}")


if __name__ == "__main__":
    main()
