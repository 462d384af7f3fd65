"""Rollouts → micro-batches of bounded size: sorted by length, so that little is padding. No model.

Two layouts. `padded`: a row a response, prompt and all. `shared_prompt`: a row a prompt, its responses side by side,
each of which sees the prompt and itself only (positions go on from the prompt for each), so prompts and pictures are
computed once a group. Both give the same log-probabilities and gradients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from training.attention import SharedRows
from training.types import EncodedPrompt

Layout = Literal["padded", "shared_prompt"]
MOST_PADDING = 1.15  # positions for each useful one; less would cost more in small micro-batches than it saves


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """One response to be trained on. `place` is its row in the tensors of the whole batch (advantages, ...)."""

    prompt: EncodedPrompt
    ids: tuple[int, ...]
    place: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MicroBatch:
    """A part of a batch as the model takes it.

    `input_ids`, `position_ids` (rows, S), for Qwen-VL (3, rows, S); `attention` (rows, S), or (rows, 1, S, S) to be
    added to attention scores. `mask_N_T` marks the tokens of its N responses; the M = mask.sum() targets in its order
    are predicted from the hidden states at (`rows_M`, `places_M`). `responses_N` are the responses' rows in the whole
    batch. `useful` positions hold a token; the others are padding. `shared`: how rows of several responses are made.
    """

    input_ids: Tensor
    attention: Tensor
    position_ids: Tensor
    pixels: Mapping[str, Tensor]
    rows_M: Tensor
    places_M: Tensor
    targets_M: Tensor
    mask_N_T: Tensor
    responses_N: Tensor
    useful: int
    shared: SharedRows | None = None

    @property
    def positions(self) -> int:
        """Positions the model computes, padding included."""
        return self.input_ids.numel()


def micro_batches(
    trained: Sequence[Trained], *, tokens: int, layout: Layout, pad_id: int, device: torch.device, dtype: torch.dtype
) -> list[MicroBatch]:
    """All of `trained` in micro-batches of at most `tokens` positions each (a single longer row comes alone).

    `dtype` is that of pixels and of the attention mask. The longest come first, so that memory runs out at once or not.
    """
    rows = _rows(trained, tokens, layout)
    rows.sort(key=lambda row: (-row.length, row.responses[0].place))
    return [_micro_batch(part, pad_id, device, dtype, layout) for part in _packed(rows, tokens)]


def padding_ratio(batches: Sequence[MicroBatch]) -> float:
    """Positions computed for each position that holds a token."""
    return sum(batch.positions for batch in batches) / max(sum(batch.useful for batch in batches), 1)


def positions_of(prompt: EncodedPrompt) -> Tensor:
    """Positions of a prompt's tokens, (3, ids), or (ids,) where tokens are simply counted."""
    return torch.arange(len(prompt.ids)) if prompt.positions is None else prompt.positions


def stack_pixels(pixels: Sequence[Mapping[str, Tensor]], device: torch.device, dtype: torch.dtype) -> dict[str, Tensor]:
    """Pixel tensors of several prompts as one batch, along the first dimension; prompts without pictures add nothing.

    Idefics3 has a second dimension of pictures, padded with empty ones, which it drops itself.
    """
    stacked = {}
    for name in sorted({name for each in pixels for name in each}):
        parts = [each[name] for each in pixels if name in each]
        if parts[0].dim() >= 4:
            most = max(part.shape[1] for part in parts)
            parts = [_padded(part, most) for part in parts]
        together = torch.cat(parts).to(device)
        stacked[name] = together.to(dtype) if together.is_floating_point() else together
    return stacked


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Row:
    """One row of a micro-batch: a prompt and one or more responses to it."""

    prompt: EncodedPrompt
    responses: tuple[Trained, ...]

    @property
    def length(self) -> int:
        return len(self.prompt.ids) + sum(len(response.ids) for response in self.responses)


def _rows(trained: Sequence[Trained], tokens: int, layout: Layout) -> list[_Row]:
    if layout == "padded":
        return [_Row(prompt=each.prompt, responses=(each,)) for each in trained]
    groups: dict[int, list[Trained]] = {}
    for each in trained:
        groups.setdefault(id(each.prompt), []).append(each)
    rows = []
    for group in groups.values():
        held: list[Trained] = []
        length = len(group[0].prompt.ids)
        for each in group:
            if held and length + len(each.ids) > tokens:
                rows.append(_Row(prompt=each.prompt, responses=tuple(held)))
                held, length = [], len(each.prompt.ids)
            held.append(each)
            length += len(each.ids)
        rows.append(_Row(prompt=group[0].prompt, responses=tuple(held)))
    return rows


def _packed(rows: Sequence[_Row], tokens: int) -> Iterator[list[_Row]]:
    """Rows, longest first, in lists of at most `tokens` padded positions and MOST_PADDING times the useful ones."""
    part: list[_Row] = []
    useful = 0
    for row in rows:
        size = part[0].length * (len(part) + 1) if part else 0
        if part and (size > tokens or size > MOST_PADDING * (useful + row.length)):
            yield part
            part, useful = [], 0
        part.append(row)
        useful += row.length
    if part:
        yield part


def _micro_batch(
    rows: Sequence[_Row], pad_id: int, device: torch.device, dtype: torch.dtype, layout: Layout
) -> MicroBatch:
    width = rows[0].length
    responses = [response for row in rows for response in row.responses]
    longest = max(len(response.ids) for response in responses)
    input_ids = torch.full((len(rows), width), pad_id)
    located = any(row.prompt.positions is not None for row in rows)
    positions = torch.zeros(3 if located else 1, len(rows), width, dtype=torch.long)
    segments = torch.full((len(rows), width), -1)  # 0: the prompt, then 1, 2, ... for its responses, -1: padding
    mask_N_T = torch.zeros(len(responses), longest, dtype=torch.bool)
    rows_M: list[int] = []
    places_M: list[int] = []
    number = 0
    for place, row in enumerate(rows):
        prompt = len(row.prompt.ids)
        input_ids[place, :prompt] = torch.tensor(row.prompt.ids)
        positions[:, place, :prompt] = positions_of(row.prompt)
        segments[place, :prompt] = 0
        start = prompt
        for segment, response in enumerate(row.responses, start=1):
            length = len(response.ids)
            input_ids[place, start : start + length] = torch.tensor(response.ids)
            positions[:, place, start : start + length] = row.prompt.following + torch.arange(length)
            segments[place, start : start + length] = segment
            rows_M += [place] * length
            places_M += [prompt - 1, *range(start, start + length - 1)]
            mask_N_T[number, :length] = True
            number += 1
            start += length
    attention = (_shared_mask(segments, dtype) if layout == "shared_prompt" else (segments >= 0).long()).to(device)
    shared = SharedRows(
        mask=attention,
        sizes=tuple((len(row.prompt.ids), *(len(response.ids) for response in row.responses)) for row in rows),
        padding=tuple(width - row.length for row in rows),
    )
    return MicroBatch(
        input_ids=input_ids.to(device),
        attention=attention,
        position_ids=(positions if located else positions[0]).to(device),
        pixels=stack_pixels([row.prompt.pixels for row in rows], device, dtype),
        rows_M=torch.tensor(rows_M, device=device),
        places_M=torch.tensor(places_M, device=device),
        targets_M=torch.tensor([token for response in responses for token in response.ids], device=device),
        mask_N_T=mask_N_T.to(device),
        responses_N=torch.tensor([response.place for response in responses], device=device),
        useful=sum(row.length for row in rows),
        shared=shared if layout == "shared_prompt" else None,
    )


def _shared_mask(segments: Tensor, dtype: torch.dtype) -> Tensor:
    """0 where a position may look, the lowest number where not: back, at the prompt and at its own response.

    Padding looks at itself, since a softmax over nothing is NaN.
    """
    width = segments.shape[1]
    back = torch.ones(width, width, dtype=torch.bool).tril()
    own = segments.unsqueeze(2) == segments.unsqueeze(1)
    prompt = (segments == 0).unsqueeze(1)
    allowed = back & (own | prompt) & (segments >= 0).unsqueeze(2)
    allowed |= torch.eye(width, dtype=torch.bool)
    return torch.zeros(allowed.shape, dtype=dtype).masked_fill(~allowed, torch.finfo(dtype).min).unsqueeze(1)


def _padded(part: Tensor, count: int) -> Tensor:
    if part.shape[1] == count:
        return part
    return torch.cat([part, part.new_zeros(part.shape[0], count - part.shape[1], *part.shape[2:])], dim=1)
