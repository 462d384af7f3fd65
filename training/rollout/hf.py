"""Sampling with the training model itself: one prefill a prompt, its cache shared out to the rollouts of the group.

Rows that have finished leave the batch, so long responses do not pay for short ones. No second copy of the weights, and
the log-probabilities are the policy's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from rfteval.types import Sampling
from training.batching import positions_of, stack_pixels
from training.encoding import Encoder
from training.policy import Policy
from training.types import Request, Rollout

COMPACT_AT = 0.75  # copying the cache costs about as much as a few steps with the rows that it would drop


class HfEngine:
    """`RolloutEngine` on the policy's own weights. `batch` rollouts are decoded together."""

    exact = True

    def __init__(self, policy: Policy, encoder: Encoder, *, batch: int, seed: int) -> None:
        self._policy = policy
        self._encoder = encoder
        self._batch = batch
        self._version = 0
        self._generator = torch.Generator(device=policy.device).manual_seed(seed)

    def sample(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Rollout]:
        """See RolloutEngine.sample. Greedy at temperature 0, with log-probabilities at temperature 1."""
        waiting: list[Request] = []
        rows = 0
        for request in requests:
            if waiting and rows + len(request.indices) > self._batch:
                yield from self._decode(waiting, sampling)
                waiting, rows = [], 0
            waiting.append(request)
            rows += len(request.indices)
        if waiting:
            yield from self._decode(waiting, sampling)

    def refresh(self, policy: Policy, version: int) -> None:
        """The weights are shared; only their version changes."""
        self._version = version

    def rest(self) -> None:
        """Nothing is held."""

    def metrics(self) -> Mapping[str, float]:
        """Nothing that the loop does not know."""
        return {}

    def state(self) -> dict[str, Any]:
        """The random generator."""
        return {"generator": self._generator.get_state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Put the random generator back."""
        self._generator.set_state(state["generator"])

    def close(self) -> None:
        """Nothing is held."""

    @torch.no_grad()
    def _decode(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Rollout]:
        policy = self._policy
        was_training = policy.training
        policy.eval()
        batch = _prefill(policy, requests)
        while True:
            logprobs = policy.next_logprobs(batch.hidden, sampling.temperature or 1.0)
            chosen = self._choose(logprobs, sampling)
            picked = logprobs.gather(-1, chosen.unsqueeze(-1)).squeeze(-1)
            finished = []
            for row, token, logprob in zip(batch.rows, chosen.tolist(), picked.tolist(), strict=True):
                if row.done:
                    continue
                row.ids.append(token)
                row.logprobs.append(logprob)
                row.done = token in policy.end_ids or len(row.ids) >= sampling.max_tokens
                if row.done:
                    finished.append(row)
            yield from (self._rollout(row) for row in finished)
            left = sum(not row.done for row in batch.rows)
            if not left:
                break
            if left <= COMPACT_AT * len(batch.rows):
                chosen = batch.compact(chosen)
            batch.advance(policy, chosen)
        policy.train(was_training)

    def _choose(self, logprobs: Tensor, sampling: Sampling) -> Tensor:
        if sampling.temperature == 0:
            return logprobs.argmax(-1)
        probabilities = logprobs.exp()
        if sampling.top_p < 1:
            ordered, order = probabilities.sort(-1, descending=True)
            outside = ordered.cumsum(-1) - ordered > sampling.top_p
            probabilities = probabilities.masked_fill(outside.scatter(-1, order, outside), 0.0)
        return torch.multinomial(probabilities, 1, generator=self._generator).squeeze(-1)

    def _rollout(self, row: _Row) -> Rollout:
        return Rollout(
            sample_id=row.request.prompt.sample_id,
            index=row.index,
            ids=tuple(row.ids),
            logprobs=tuple(row.logprobs),
            text=self._encoder.decode(row.ids),
            finish_reason="stop" if row.ids[-1] in self._policy.end_ids else "length",
            noisy=row.request.noisy,
            version=self._version,
        )


@dataclass(slots=True, kw_only=True, eq=False)
class _Row:
    request: Request
    index: int
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    done: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class _Batch:
    """Rows that are decoded together. `hidden` (rows, width) is what each next token comes from; `positions` (rows,)
    are those of the next tokens, the same in three dimensions where the model has three (`located`)."""

    rows: list[_Row]
    hidden: Tensor
    cache: Any
    mask: Tensor
    positions: Tensor
    located: bool

    def compact(self, chosen: Tensor) -> Tensor:
        """Drop the rows that are done; `chosen` without them."""
        kept = [place for place, row in enumerate(self.rows) if not row.done]
        index = torch.tensor(kept, device=chosen.device)
        self.rows = [self.rows[place] for place in kept]
        self.cache.batch_select_indices(index)
        self.mask = self.mask[index]
        self.positions = self.positions[index]
        return chosen[index]

    def advance(self, policy: Policy, chosen: Tensor) -> None:
        """Feed the chosen tokens."""
        self.mask = torch.cat([self.mask, self.mask.new_ones(len(self.rows), 1)], dim=1)
        positions = self.positions.unsqueeze(-1)
        with policy.autocast():
            output = policy.backbone(
                input_ids=chosen.unsqueeze(-1),
                attention_mask=self.mask,
                position_ids=positions.expand(3, -1, -1) if self.located else positions,
                past_key_values=self.cache,
                use_cache=True,
            )
        self.hidden = output.last_hidden_state[:, -1]
        self.positions = self.positions + 1


def _prefill(policy: Policy, requests: Sequence[Request]) -> _Batch:
    """One row a request through the model, then its cache repeated for each of its rollouts."""
    longest = max(len(request.prompt.ids) for request in requests)
    ids = torch.full((len(requests), longest), policy.pad_id, device=policy.device)
    mask = torch.zeros_like(ids)
    for place, request in enumerate(requests):
        length = len(request.prompt.ids)
        ids[place, longest - length :] = torch.tensor(request.prompt.ids, device=policy.device)
        mask[place, longest - length :] = 1
    located = any(request.prompt.positions is not None for request in requests)
    positions = torch.zeros(3 if located else 1, *ids.shape, dtype=torch.long)
    for place, request in enumerate(requests):
        positions[:, place, longest - len(request.prompt.ids) :] = positions_of(request.prompt)
    positions = (positions if located else positions[0]).to(policy.device)
    following = torch.tensor([request.prompt.following for request in requests], device=policy.device)
    pixels = stack_pixels([request.prompt.pixels for request in requests], policy.device, policy.dtype)
    with policy.autocast():
        output = policy.backbone(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=True, **pixels)
    places = [place for place, request in enumerate(requests) for _ in request.indices]
    index = torch.tensor(places, device=policy.device)
    cache = output.past_key_values
    cache.batch_select_indices(index)
    return _Batch(
        rows=[_Row(request=request, index=number) for request in requests for number in request.indices],
        hidden=output.last_hidden_state[:, -1][index],
        cache=cache,
        mask=mask[index],
        positions=following[index],
        located=located,
    )
