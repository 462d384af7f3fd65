"""The processes of a run: who this one is, and sums and lists over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast, gather_object
from torch import nn

T = TypeVar("T")


class Ranks:
    """A thin layer over accelerate. Every method but `rank`, `count` and `first` has to be called by all processes."""

    def __init__(self, accelerator: Accelerator) -> None:
        self._accelerator = accelerator
        self.rank: int = accelerator.process_index
        self.count: int = accelerator.num_processes

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and talks to the terminal."""
        return self.rank == 0

    def gather(self, values: Sequence[T]) -> list[T]:
        """The values of all processes, in order of the processes."""
        return list(values) if self.count == 1 else list(gather_object(list(values)))

    def total(self, value: float) -> float:
        """The sum over all processes."""
        return value if self.count == 1 else float(sum(self.gather([value])))

    def sum_gradients(self, model: nn.Module) -> None:
        """Add up the gradients of all processes: each has computed its share of one loss."""
        if self.count == 1:
            return
        for parameter in model.parameters():
            if parameter.requires_grad:
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
                parameter.grad = self._accelerator.reduce(parameter.grad, reduction="sum")

    @torch.no_grad()
    def same_weights(self, model: nn.Module) -> None:
        """Give all processes the first one's trained weights."""
        if self.count == 1:
            return
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.copy_(broadcast(parameter.detach().clone()))

    def wait(self) -> None:
        """Until all processes are here."""
        self._accelerator.wait_for_everyone()

    def same(self, value: Any) -> Any:
        """The first process's value, on all."""
        return self.gather([value])[0]
