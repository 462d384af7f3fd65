"""The forward passes of a batch whose rows come and go: prefill, one token for every row, rows dropped, batches joined.

Rows are padded on the left. What is finished leaves at once, and what is new is prefilled apart and joined, so that a
short response never waits for a long one. Positions are given to the model explicitly, since rows differ in padding.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from rfteval.models.transformers.rows import Row


@dataclass(slots=True, kw_only=True)
class Batch:
    """Rows under way. `mask_BT` is 1 for tokens and 0 for padding; `logits_BV` are those of the next token.

    `lengths_B` counts each row's tokens; `deltas_B1` is what Qwen's rotary positions add to them, None elsewhere;
    `seen_BV` marks the tokens a row has, where a repetition penalty asks for it.
    """

    rows: list[Row]
    cache: Any  # a DynamicCache
    mask_BT: torch.Tensor
    lengths_B: torch.Tensor
    logits_BV: torch.Tensor
    deltas_B1: torch.Tensor | None = None
    seen_BV: torch.Tensor | None = None

    def keep(self, places: Sequence[int]) -> None:
        """Keep the rows at `places`, in that order. A place may stand there several times."""
        index = torch.tensor(places, dtype=torch.long, device=self.mask_BT.device)
        self.rows = [self.rows[place] for place in places]
        self.cache.reorder_cache(index)
        self.mask_BT = self.mask_BT[index]
        self.lengths_B = self.lengths_B[index]
        self.logits_BV = self.logits_BV[index]
        self.deltas_B1 = None if self.deltas_B1 is None else self.deltas_B1[index]
        self.seen_BV = None if self.seen_BV is None else self.seen_BV[index]

    @property
    def joinable(self) -> bool:
        """Whether every layer keeps all positions: a window that slides, or a state, cannot be padded afterwards."""
        return all(type(layer) is DynamicLayer for layer in self.cache.layers)

    def join(self, other: Batch) -> None:
        """Add the rows of `other`, which is used up. Both must be joinable."""
        self._trim()
        width = max(self.mask_BT.shape[1], other.mask_BT.shape[1])
        for mine, theirs in zip(self.cache.layers, other.cache.layers, strict=True):
            mine.keys = torch.cat([_widened(mine.keys, width), _widened(theirs.keys, width)])
            mine.values = torch.cat([_widened(mine.values, width), _widened(theirs.values, width)])
        masks = [batch.mask_BT for batch in (self, other)]
        self.mask_BT = torch.cat([_left(mask, width - mask.shape[1]) for mask in masks])
        self.rows = [*self.rows, *other.rows]
        self.lengths_B = torch.cat([self.lengths_B, other.lengths_B])
        self.logits_BV = torch.cat([self.logits_BV, other.logits_BV])
        if self.deltas_B1 is not None and other.deltas_B1 is not None:
            self.deltas_B1 = torch.cat([self.deltas_B1, other.deltas_B1])
        if self.seen_BV is not None and other.seen_BV is not None:
            self.seen_BV = torch.cat([self.seen_BV, other.seen_BV])

    def _trim(self) -> None:
        """Drop the columns that are padding in every row: those who needed them have left."""
        spare = self.mask_BT.shape[1] - int(self.lengths_B.max())
        if spare > 0:
            self.mask_BT = self.mask_BT[:, spare:]
            for layer in self.cache.layers:
                layer.keys, layer.values = layer.keys[:, :, spare:], layer.values[:, :, spare:]


class Decoder:
    """One model's forward passes. `model` takes token ids, a mask, a cache, and what a processor makes of pictures."""

    def __init__(self, model: Any, *, seen: bool) -> None:
        self._model = model
        self._seen = seen
        base = model.get_base_model() if hasattr(model, "get_base_model") else model  # peft wraps the one that counts
        taken = inspect.signature(base.forward).parameters
        self._last_only = {"logits_to_keep": 1} if "logits_to_keep" in taken else {}
        self._takes_positions = "position_ids" in taken
        # Qwen-VL and its kin place picture tokens in three dimensions, and remember by how much text is shifted.
        self._rotary = next((module for module in base.modules() if hasattr(module, "rope_deltas")), None)

    @torch.inference_mode()
    def prefill(self, inputs: Mapping[str, torch.Tensor], rows: Sequence[Sequence[Row]]) -> Batch:
        """The batch of `rows`: those at place i go on from the i-th prompt of `inputs`, which is read once for all."""
        mask_PT = inputs["attention_mask"]
        positions_PT = (mask_PT.cumsum(-1) - 1).clamp(min=0)
        cache = DynamicCache(config=self._model.config.get_text_config(decoder=True))
        with_pictures = any("pixel" in name or "image" in name for name in inputs)
        placed: dict[str, torch.Tensor] = {}
        if self._rotary is not None:
            self._rotary.rope_deltas = None
            if not with_pictures:
                placed["position_ids"] = positions_PT.expand(3, -1, -1)
        elif self._takes_positions:
            placed["position_ids"] = positions_PT
        out = self._model(**inputs, **placed, **self._last_only, past_key_values=cache, use_cache=True)
        deltas_P1 = None
        if self._rotary is not None:
            found = self._rotary.rope_deltas if with_pictures else None
            deltas_P1 = torch.zeros_like(mask_PT[:, :1]) if found is None else found.reshape(-1, 1)
        logits_PV = out.logits[:, -1]
        seen_PV = None
        if self._seen:
            seen_PV = torch.zeros_like(logits_PV, dtype=torch.bool)
            seen_PV.scatter_(1, inputs["input_ids"], True)
        batch = Batch(
            rows=[first for first, *_ in rows],
            cache=out.past_key_values,
            mask_BT=mask_PT,
            lengths_B=mask_PT.sum(-1),
            logits_BV=logits_PV.clone(),  # not a view, which would keep the logits of the whole prompts
            deltas_B1=deltas_P1,
            seen_BV=seen_PV,
        )
        batch.keep([place for place, these in enumerate(rows) for _ in these])
        batch.rows = [row for these in rows for row in these]
        return batch

    @torch.inference_mode()
    def step(self, batch: Batch, tokens: Sequence[int]) -> None:
        """Give each row its token of `tokens`, and compute the logits of the one after it."""
        device = batch.mask_BT.device
        tokens_B1 = torch.tensor(tokens, dtype=torch.long, device=device)[:, None]
        positions_B1 = batch.lengths_B[:, None]
        batch.mask_BT = torch.cat([batch.mask_BT, torch.ones_like(batch.mask_BT[:, :1])], dim=1)
        placed: dict[str, torch.Tensor] = {}
        if self._rotary is not None:
            assert batch.deltas_B1 is not None
            placed["position_ids"] = (positions_B1 + batch.deltas_B1).expand(3, -1, -1)
        elif self._takes_positions:
            placed["position_ids"] = positions_B1
        out = self._model(
            input_ids=tokens_B1,
            attention_mask=batch.mask_BT,
            past_key_values=batch.cache,
            use_cache=True,
            **placed,
            **self._last_only,
        )
        batch.lengths_B = batch.lengths_B + 1
        batch.logits_BV = out.logits[:, -1]
        if batch.seen_BV is not None:
            batch.seen_BV.scatter_(1, tokens_B1, True)


def _widened(states: torch.Tensor, width: int) -> torch.Tensor:
    """Keys or values of shape (rows, heads, positions, head size) with empty positions on the left."""
    return torch.nn.functional.pad(states, (0, 0, width - states.shape[2], 0))


def _left(mask: torch.Tensor, columns: int) -> torch.Tensor:
    return torch.nn.functional.pad(mask, (columns, 0))
