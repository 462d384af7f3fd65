"""Keys and values of rows that come and go: a cache that is written in place, each row at a column of its own.

transformers' DynamicCache copies all it holds for every token, and once more for every row that leaves. Here a row
that ended leaves its place to the next one, whose keys and values are written over it.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import DynamicLayer

SPARE = 64  # columns that are added when there is none left, at least; else a quarter of what there is


class Columns:
    """Which column each row writes next, for all layers; `width` counts the columns up to the last one written."""

    def __init__(self, next_B: torch.Tensor) -> None:
        self.set(next_B)

    def set(self, next_B: torch.Tensor) -> None:
        """Of rows that write to the columns `next_B`."""
        self.next_B = next_B
        self.rows_B = torch.arange(len(next_B), device=next_B.device)
        self.width = int(next_B.max())

    def reach(self) -> None:
        """Count the columns that are about to be written."""
        self.width = int(self.next_B.max()) + 1


class PlacesLayer(DynamicLayer):  # type: ignore[no-untyped-call] # its base registers subclasses, untyped
    """One layer's keys and values, of shape (rows, heads, columns, head size); columns not yet written are 0."""

    def __init__(self, filled: DynamicLayer, columns: Columns) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        assert filled.keys is not None and filled.values is not None
        self._columns = columns
        self.dtype, self.device = filled.keys.dtype, filled.keys.device
        self.keys: torch.Tensor = _room(filled.keys, SPARE)
        self.values: torch.Tensor = _room(filled.values, SPARE)
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write one position of every row; keys and values up to the last column written."""
        columns = self._columns
        if columns.width > self.keys.shape[2]:
            more = max(SPARE, self.keys.shape[2] // 4)
            self.keys, self.values = _room(self.keys, more), _room(self.values, more)
        self.keys[columns.rows_B, :, columns.next_B] = key_states[:, :, 0]
        self.values[columns.rows_B, :, columns.next_B] = value_states[:, :, 0]
        return self.keys[:, :, : columns.width], self.values[:, :, : columns.width]

    def get_seq_length(self) -> int:
        """Columns before the one that is written next, as transformers counts them."""
        return self._columns.width - 1

    def put(self, places: torch.Tensor, filled: DynamicLayer) -> None:
        """Write the rows of `filled` over those at `places`, from the first column on."""
        assert filled.keys is not None and filled.values is not None
        width = filled.keys.shape[2]
        if width > self.keys.shape[2]:
            more = width - self.keys.shape[2] + SPARE
            self.keys, self.values = _room(self.keys, more), _room(self.values, more)
        self.keys[places, :, :width] = filled.keys
        self.values[places, :, :width] = filled.values

    def add(self, rows: int) -> None:
        """Make places for further rows."""
        self.keys = torch.nn.functional.pad(self.keys, (0, 0, 0, 0, 0, 0, 0, rows))
        self.values = torch.nn.functional.pad(self.values, (0, 0, 0, 0, 0, 0, 0, rows))


def _room(states: torch.Tensor, columns: int) -> torch.Tensor:
    """`states` with empty columns behind: zeros, since what is masked still must be a number."""
    return torch.nn.functional.pad(states, (0, 0, 0, columns))
