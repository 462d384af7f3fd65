"""What engines other than the policy itself are asked, and what becomes of their answers: parameters, seeds, checks.

A rollout's seed is decided by the run's seed, how often was sampled before, its sample and its place in the group, so a
resumed run samples what an uninterrupted one would have.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rfteval.errors import ModelError
from rfteval.types import Sampling
from training.encoding import Encoder
from training.policy import Policy
from training.types import EncodedPrompt, Request, Rollout

NEVER = -100.0  # the least that vLLM adds to a logit: a probability of e^-100


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a policy's responses end and which tokens they never hold, and how they are read."""

    encoder: Encoder
    end_ids: frozenset[int]
    forbidden: tuple[int, ...]

    @classmethod
    def of(cls, policy: Policy, encoder: Encoder) -> Manner:
        """That of `policy`."""
        return cls(encoder=encoder, end_ids=policy.end_ids, forbidden=encoder.image_token_ids)

    def parameters(self, sampling: Sampling, seed: int) -> dict[str, Any]:
        """Fields of vLLM's `SamplingParams`. The log-probability of each sampled token is asked for, and no other."""
        return {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": seed,
            "logprobs": 0,
            "stop_token_ids": sorted(self.end_ids),
            "logit_bias": dict.fromkeys(self.forbidden, NEVER) or None,
            "detokenize": False,
        }

    def rollout(
        self, request: Request, index: int, ids: Sequence[int], logprobs: Sequence[float], *, version: int
    ) -> Rollout:
        """The engine's tokens as a rollout of `request`."""
        return Rollout(
            sample_id=request.prompt.sample_id,
            index=index,
            ids=tuple(ids),
            logprobs=tuple(logprobs),
            text=self.encoder.decode(ids),
            finish_reason="stop" if ids[-1] in self.end_ids else "length",
            noisy=request.noisy,
            version=version,
        )


def seed_of(base: int, call: int, request: Request, index: int) -> int:
    """The seed of one rollout, below 2^31."""
    return zlib.crc32(f"{base} {call} {request.prompt.sample_id} {index}".encode()) & 0x7FFFFFFF


def check_ids(prompt: EncodedPrompt, found: Sequence[int]) -> None:
    """The engine must have read the very prompt that is trained on. Raises ModelError where it did not."""
    if tuple(found) == prompt.ids:
        return
    place = next(
        (place for place, (ours, theirs) in enumerate(zip(prompt.ids, found, strict=False)) if ours != theirs),
        min(len(prompt.ids), len(found)),
    )
    raise ModelError(
        f"vLLM reads the prompt of sample {prompt.sample_id!r} as {len(found)} tokens, the trainer as "
        f"{len(prompt.ids)}, and they differ from token {place} on; both have to load the same tokenizer and processor "
        "files: serve the folder that is trained, without --mm-processor-kwargs, or use rollout.engine hf"
    )


def check_pixels(prompt: EncodedPrompt, items: Sequence[Mapping[str, Any]]) -> None:
    """The engine's tensors of the pictures must be those that the update sees. Raises ModelError where they are not.

    Those of unlike sizes are not compared: a model may be given its pictures padded to one size, or not.
    """
    import torch

    for name, ours in prompt.pixels.items():
        theirs = [item[name].data for item in items if name in item]
        tensors = all(isinstance(each, torch.Tensor) for each in theirs)
        together = torch.cat([each.flatten() for each in theirs]) if theirs and tensors else None
        if together is None or together.numel() != ours.numel():
            continue
        if not torch.equal(together, ours.flatten().to(together.dtype)):
            raise ModelError(
                f"vLLM sees other {name} in the prompt of sample {prompt.sample_id!r} than the update does; both have "
                "to use the same version of transformers and the same processor, or use rollout.engine hf"
            )
