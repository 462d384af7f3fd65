"""What is summed over one step goes from process to process without the device it was computed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from training.core.policy_statistics import PolicyStatistics
from training.ranks import Ranks
from training.train import train
from training.update_sums import Apart, Sums, merged


class Elsewhere(Tensor):
    """A number as if on another device: only `cpu` makes it a plain tensor."""

    def cpu(self, *arguments: Any, **more: Any) -> Tensor:
        return self.as_subclass(Tensor)


def elsewhere(value: float) -> Tensor:
    return torch.tensor(value).as_subclass(Elsewhere)


def of_one_process(by: float) -> Sums:
    names = [field.name for field in fields(PolicyStatistics)]
    return Sums(
        statistics=PolicyStatistics(**{name: elsewhere(by * place) for place, name in enumerate(names, start=1)}),
        policy=elsewhere(by),
        kl=elsewhere(2 * by),
        entropy=elsewhere(3 * by),
        apart=Apart(difference=elsewhere(by), known=elsewhere(by), outside=0.0, counted=elsewhere(by)),
        norms=[0.5],
        batches=2,
    )


def numbers_in(value: Any) -> list[Tensor | float]:
    return [getattr(value, field.name) for field in fields(value)]


def test_sums_leave_their_device_before_they_go_to_other_processes() -> None:
    sums = of_one_process(2.0)
    sent = sums.on_cpu()
    found = [*numbers_in(sent.statistics), *numbers_in(sent.apart), sent.policy, sent.kl, sent.entropy]
    assert not any(isinstance(each, Elsewhere) for each in found)
    assert [float(each) for each in numbers_in(sent.statistics)] == [2.0 * place for place in range(1, 10)]
    assert (sent.policy, sent.kl, sent.entropy, sent.norms, sent.batches) == (2.0, 4.0, 6.0, [0.5], 2)
    assert isinstance(sums.policy, Elsewhere)  # its own are as they were
    both = merged([sent, of_one_process(1.0).on_cpu()])
    assert both.statistics is not None and both.apart is not None
    assert (float(both.statistics.tokens), float(both.apart.known), both.policy) == (3.0, 3.0, 3.0)
    assert merged([Sums().on_cpu(), of_one_process(1.0).on_cpu()]).policy == 1.0  # a process that had nothing to do


def test_an_update_sends_its_sums_so(
    tmp_path: Path, text_model: Path, settings_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []

    def gather(self: Ranks, values: Sequence[Any]) -> list[Any]:
        sent.extend(values)
        return list(values)

    monkeypatch.setattr(Ranks, "gather", gather)
    train(settings_of(tmp_path, text_model, steps=1))
    (sums,) = [each for each in sent if isinstance(each, Sums)]
    assert sums.statistics is not None
    assert all(isinstance(each, float) for each in (sums.policy, sums.kl, sums.entropy))
