"""OpenRLHF with rewards from the service: its own agent asks our HTTP shim. No GPU, vLLM or Ray needed.

    pip install --no-deps openrlhf && pip install aiohttp pylatexenc sympy torch transformers
    python examples/openrlhf_reward.py

In a training run (OpenRLHF 0.11; in older versions the option is --remote_rm_url):

    python -m reward_service.integrations.http_shim --port 5050 --unscored zero &
    python -m openrlhf.cli.train_ppo_ray --reward.remote_url http://127.0.0.1:5050 --data.label_key answer ...

Only the generation is replaced here, by fixed responses; tokenizing, the request and the reading of its answer are
OpenRLHF's. Its requests hold one response each, so `--unscored mean` has no others to take a mean of.
"""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

from openrlhf.utils.agent import SingleTurnAgentExecutor
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from reward_service import RewardClient
from reward_service.integrations.http_shim import make_server
from reward_service.integrations.scoring import BatchScorer

PROMPT = "<|im_start|>user\nWhat is 2+2?<|im_end|>\n<|im_start|>assistant\n"
RESPONSES = ("It is \\boxed{4}.", "It is \\boxed{5}.", "So 2+2 = 4", "I cannot say.")
SPECIAL = ["<|im_start|>", "<|im_end|>"]


def character_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer of single characters and the two marks of a chat."""
    characters = sorted(set("".join((PROMPT, *RESPONSES))))
    raw = Tokenizer(models.WordLevel({token: index for index, token in enumerate([*SPECIAL, *characters])}, SPECIAL[0]))
    raw.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    raw.decoder = decoders.Fuse()
    raw.add_special_tokens(SPECIAL)
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token=SPECIAL[1], clean_up_tokenization_spaces=False)


class FixedEngine:
    """Stands for vLLM: generates one given response, ended by the end-of-turn token."""

    def __init__(self, token_ids: list[int]) -> None:
        """The tokens that `generate` answers."""
        self.token_ids = token_ids

    async def generate(self, prompt_token_ids: list[int], sampling_params: Any, multi_modal_data: Any = None) -> Any:
        """What OpenRLHF reads of vLLM's answer."""
        return SimpleNamespace(outputs=[SimpleNamespace(token_ids=self.token_ids, finish_reason="stop", logprobs=None)])


async def ask(url: str) -> list[dict[str, Any]]:
    """One rollout a response, through OpenRLHF's executor."""
    tokenizer = character_tokenizer()
    executor = SingleTurnAgentExecutor(url)
    sampling = SimpleNamespace(max_tokens=64, logprobs=None)
    engines = [FixedEngine(tokenizer.encode(response + SPECIAL[1])) for response in RESPONSES]
    return [await executor.execute(PROMPT, "4", sampling, 512, tokenizer, engine) for engine in engines]


def main() -> None:
    """Prints each rollout's reward, score and logs."""
    with RewardClient() as client:
        server = make_server(0, BatchScorer(client=client), "zero")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        rollouts = asyncio.run(ask(f"http://127.0.0.1:{server.server_port}"))
        server.shutdown()
        server.server_close()
    for response, rollout in zip(RESPONSES, rollouts, strict=True):
        print(f"{response!r}: reward {rollout['reward']}, scores {rollout['scores']}, logs {rollout['extra_logs']}")


if __name__ == "__main__":
    main()
