"""Attention over rows that hold a prompt once and its responses side by side, without what the mask would throw away.

A dense mask over such a row computes every response against every other one: of G responses of T tokens G² T² scores,
of which about G T² count. Here the prompt looks at itself and each response at the prompt and itself, one call each, so
the scores are those of separate sequences while everything else is computed once for the whole row.

Registered with transformers under `SHARED_PROMPT`; anything but such a row goes to transformers' own sdpa.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

SHARED_PROMPT = "rfteval_shared_prompt"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SharedRows:
    """How the rows under `mask` (rows, 1, S, S) are made: `sizes` of the prompt, each response, and padding, if any.

    `padding` has the padding of each row, 0 for none; the other sizes and it add up to S. The mask says the same.
    """

    mask: Tensor
    sizes: tuple[tuple[int, ...], ...]
    padding: tuple[int, ...]


@cache
def attention_name() -> str:
    """The name for `attn_implementation`, registered with transformers."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(SHARED_PROMPT, shared_prompt_attention)
    AttentionMaskInterface.register(SHARED_PROMPT, sdpa_mask)
    return SHARED_PROMPT


def shared_prompt_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    shared_rows: SharedRows | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """As transformers' attention functions: (rows, heads, S, width) each → (rows, S, heads, width).

    The rows are taken apart only under the very mask that `shared_rows` describes, so a part of the model with another
    mask, or a wrapper that copies it, computes the same by the mask alone. Padding gets 0.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward as sdpa

    if shared_rows is None or attention_mask is not shared_rows.mask:
        return sdpa(module, query, key, value, attention_mask, **kwargs)
    rows = []
    for row, (sizes, padding) in enumerate(zip(shared_rows.sizes, shared_rows.padding, strict=True)):
        parts = [torch.split(tensor[row : row + 1], [*sizes, padding], dim=2) for tensor in (query, key, value)]
        mask = _looking_back(sizes, attention_mask)
        (prompt_query, *queries), (prompt_key, *keys), (prompt_value, *values) = parts
        outputs = [sdpa(module, prompt_query, prompt_key, prompt_value, None, **kwargs | {"is_causal": True})[0]]
        for size, *own in zip(sizes[1:], queries, keys, values, strict=False):
            sees = mask[:, :, :size, : sizes[0] + size]
            keys_seen, values_seen = torch.cat([prompt_key, own[1]], dim=2), torch.cat([prompt_value, own[2]], dim=2)
            outputs.append(sdpa(module, own[0], keys_seen, values_seen, sees, **kwargs)[0])
        outputs.append(outputs[0].new_zeros(1, padding, *outputs[0].shape[2:]))
        rows.append(torch.cat(outputs, dim=1))
    return torch.cat(rows), None


def _looking_back(sizes: Sequence[int], mask: Tensor) -> Tensor:
    """The mask (1, 1, T, prompt + T) of the longest response; a shorter one's is its upper left part."""
    longest = max(sizes[1:], default=0)
    ahead = mask.new_full((longest, longest), torch.finfo(mask.dtype).min).triu(1)
    return torch.cat([mask.new_zeros(longest, sizes[0]), ahead], dim=1)[None, None]
