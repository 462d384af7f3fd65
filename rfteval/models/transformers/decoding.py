"""The forward passes of a batch whose rows come and go: prefill, and one token after the other for every row.

Prompts are padded on the left; where a row stands in its columns is told by its mask, and positions are given to the
model explicitly. A row that ended is computed along until another takes its place, or until enough of them have.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from rfteval.models.transformers.places import SPARE, Columns, PlacesLayer
from rfteval.models.transformers.rows import Row


@dataclass(slots=True, kw_only=True)
class Batch:
    """Rows under way, with None where one has ended. `logits_BV` are those of the next token.

    `mask_BC` is 1 where a row has a token, by columns; `columns` says where the next one goes; `lengths_B` counts them.
    `deltas_B1` is what Qwen's rotary positions add to the lengths, None elsewhere; `seen_BV` marks the tokens a row
    has, where a repetition penalty asks for it.
    """

    rows: list[Row | None]
    cache: Any  # a DynamicCache
    columns: Columns
    mask_BC: torch.Tensor
    lengths_B: torch.Tensor
    logits_BV: torch.Tensor
    deltas_B1: torch.Tensor | None = None
    seen_BV: torch.Tensor | None = None

    @property
    def live(self) -> int:
        """How many rows have not ended."""
        return sum(row is not None for row in self.rows)

    @property
    def joinable(self) -> bool:
        """Whether further rows can come in: not where a layer keeps a sliding window, or a state."""
        return all(isinstance(layer, PlacesLayer) for layer in self.cache.layers)

    def end(self, places: Sequence[int]) -> None:
        """The rows at `places` have ended: what they hold counts no more, and their places are free."""
        for place in places:
            self.rows[place] = None
        if places and self.joinable:
            index = torch.tensor(places, dtype=torch.long, device=self.mask_BC.device)
            self.mask_BC[index] = 0
            self.columns.next_B[index] = 0
            self.lengths_B[index] = 0

    def keep(self, places: Sequence[int]) -> None:
        """Keep the rows at `places`, in that order. A place may stand there several times."""
        index = torch.tensor(places, dtype=torch.long, device=self.mask_BC.device)
        self.rows = [self.rows[place] for place in places]
        self.cache.reorder_cache(index)
        self.columns.set(self.columns.next_B[index])
        self.mask_BC = self.mask_BC[index]
        self.lengths_B = self.lengths_B[index]
        self.logits_BV = self.logits_BV[index]
        self.deltas_B1 = None if self.deltas_B1 is None else self.deltas_B1[index]
        self.seen_BV = None if self.seen_BV is None else self.seen_BV[index]

    def join(self, other: Batch, to_come: int = 0) -> None:
        """Put the rows of `other`, which is used up, into places of rows that ended, and behind the last row.

        `to_come` rows will come in next: where places are missing, theirs are made as well, by the same copy.
        """
        free = [place for place, row in enumerate(self.rows) if row is None]
        if len(other.rows) > len(free):
            more = len(other.rows) + to_come - len(free)
            self._add(more)
            free += range(len(self.rows) - more, len(self.rows))
        taken = free[: len(other.rows)]
        places = torch.tensor(taken, dtype=torch.long, device=self.mask_BC.device)
        for mine, theirs in zip(self.cache.layers, other.cache.layers, strict=True):
            mine.put(places, theirs)
        width = other.mask_BC.shape[1]
        self.widen(width)
        self.mask_BC[places] = 0
        self.mask_BC[places, :width] = other.mask_BC
        self.columns.next_B[places] = other.columns.next_B
        self.lengths_B[places] = other.lengths_B
        self.logits_BV[places] = other.logits_BV
        if self.deltas_B1 is not None and other.deltas_B1 is not None:
            self.deltas_B1[places] = other.deltas_B1
        if self.seen_BV is not None and other.seen_BV is not None:
            self.seen_BV[places] = other.seen_BV
        for place, row in zip(taken, other.rows, strict=True):
            self.rows[place] = row

    def _add(self, rows: int) -> None:
        def longer(values: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.pad(values, (*([0, 0] * (values.dim() - 1)), 0, rows))

        for layer in self.cache.layers:
            layer.add(rows)
        self.columns.set(longer(self.columns.next_B))
        self.mask_BC, self.lengths_B = longer(self.mask_BC), longer(self.lengths_B)
        self.logits_BV = longer(self.logits_BV)
        self.deltas_B1 = None if self.deltas_B1 is None else longer(self.deltas_B1)
        self.seen_BV = None if self.seen_BV is None else longer(self.seen_BV)
        self.rows = [*self.rows, *([None] * rows)]

    def widen(self, width: int) -> None:
        """Have room for `width` columns in the mask."""
        if width > self.mask_BC.shape[1]:
            more = width - self.mask_BC.shape[1] + SPARE
            self.mask_BC = torch.nn.functional.pad(self.mask_BC, (0, more))


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
            columns=Columns(torch.full_like(mask_PT[:, 0], mask_PT.shape[1])),
            mask_BC=mask_PT,
            lengths_B=mask_PT.sum(-1),
            logits_BV=logits_PV.clone(),  # not a view, which would keep the logits of the whole prompts
            deltas_B1=deltas_P1,
            seen_BV=seen_PV,
        )
        if any(len(these) > 1 for these in rows):
            batch.keep([place for place, these in enumerate(rows) for _ in these])
            batch.rows = [row for these in rows for row in these]
        return batch

    def settle(self, batch: Batch) -> None:
        """Give a prefilled batch places that rows can come into, where its layers allow it."""
        layers = batch.cache.layers
        if all(type(layer) is DynamicLayer for layer in layers):
            batch.cache.layers = [PlacesLayer(layer, batch.columns) for layer in layers]

    def step(self, batch: Batch, tokens: Sequence[int]) -> None:
        """Give each row its token of `tokens`, and compute the logits of the one after it."""
        columns = batch.columns
        tokens_B1 = torch.tensor(tokens, dtype=torch.long, device=batch.mask_BC.device)[:, None]
        positions_B1 = batch.lengths_B[:, None]
        columns.reach()
        batch.widen(columns.width)
        batch.mask_BC[columns.rows_B, columns.next_B] = 1
        placed: dict[str, torch.Tensor] = {}
        if self._rotary is not None:
            assert batch.deltas_B1 is not None
            placed["position_ids"] = (positions_B1 + batch.deltas_B1).expand(3, -1, -1)
        elif self._takes_positions:
            placed["position_ids"] = positions_B1
        out = self._model(
            input_ids=tokens_B1,
            attention_mask=batch.mask_BC[:, : columns.width],
            past_key_values=batch.cache,
            use_cache=True,
            **placed,
            **self._last_only,
        )
        columns.next_B += 1
        batch.lengths_B += 1
        batch.logits_BV = out.logits[:, -1]
        if batch.seen_BV is not None:
            batch.seen_BV.scatter_(1, tokens_B1, True)
