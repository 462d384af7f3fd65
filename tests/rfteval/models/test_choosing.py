"""The next token: drawn as often as it is likely, out of what the sampling leaves, and by its row's number alone."""

from __future__ import annotations

import math
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rfteval.models.transformers.choosing import choose
from rfteval.types import Sampling

LOGITS = [2.0, 1.0, 0.5, 0.0, -1.0, -3.0]


def drawn(sampling: Sampling, count: int = 20_000) -> list[float]:
    """How often each token of LOGITS is chosen, over numbers that cover [0, 1) evenly."""
    uniforms = [(place + 0.5) / count for place in range(count)]
    tokens = choose(torch.tensor([LOGITS]).expand(count, -1), sampling, uniforms, None)
    return (torch.bincount(tokens, minlength=len(LOGITS)) / count).tolist()


def softmax(logits: list[float], temperature: float = 1.0) -> list[float]:
    weights = [math.exp(value / temperature) for value in logits]
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_tokens_come_as_often_as_they_are_likely(temperature: float) -> None:
    assert drawn(Sampling(temperature=temperature)) == pytest.approx(softmax(LOGITS, temperature), abs=1e-3)


def test_only_the_k_likeliest() -> None:
    assert drawn(Sampling(temperature=1.0, top_k=2)) == pytest.approx([*softmax(LOGITS[:2]), 0, 0, 0, 0], abs=1e-3)


def test_only_the_likeliest_that_reach_p() -> None:
    """The first three reach 0.85: 0.55, 0.75, 0.87. The one that crosses the line is among them."""
    assert drawn(Sampling(temperature=1.0, top_p=0.85)) == pytest.approx([*softmax(LOGITS[:3]), 0, 0, 0], abs=1e-3)


def test_only_those_at_least_so_likely_beside_the_likeliest() -> None:
    """exp(-1) and exp(-1.5) are over 0.2; exp(-2) is not."""
    assert drawn(Sampling(temperature=1.0, min_p=0.2)) == pytest.approx([*softmax(LOGITS[:3]), 0, 0, 0], abs=1e-3)


def test_a_penalty_makes_what_was_there_less_likely_on_both_sides_of_zero() -> None:
    seen = torch.tensor([[True, False, False, False, True, False]])
    tokens = choose(torch.tensor([LOGITS]), Sampling(repetition_penalty=2.5), [], seen)
    assert tokens.tolist() == [1]  # 2 / 2.5 is below 1
    count = 20_000
    uniforms = [(place + 0.5) / count for place in range(count)]
    found = choose(
        torch.tensor([LOGITS]).expand(count, -1), Sampling(temperature=1.0, repetition_penalty=2.0), uniforms, seen
    )
    expected = softmax([1.0, 1.0, 0.5, 0.0, -2.0, -3.0])
    assert (torch.bincount(found, minlength=6) / count).tolist() == pytest.approx(expected, abs=1e-3)


@given(
    st.lists(st.lists(st.floats(-20, 20, width=32), min_size=7, max_size=7), min_size=1, max_size=6),
    st.integers(0, 2**32),
    st.sampled_from([Sampling(), Sampling(temperature=0.7), Sampling(temperature=1.0, top_p=0.5, top_k=3, min_p=0.05)]),
)
def test_a_row_does_not_know_its_neighbours(rows: list[list[float]], seed: int, sampling: Sampling) -> None:
    uniforms = [random.Random(seed + place).random() for place in range(len(rows))]
    together = choose(torch.tensor(rows), sampling, uniforms, None).tolist()
    alone = [choose(torch.tensor([row]), sampling, [u], None).item() for row, u in zip(rows, uniforms, strict=True)]
    assert together == alone


@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-53])
@pytest.mark.parametrize("sampling", [Sampling(temperature=1.0, top_k=1), Sampling(temperature=1.0, top_p=0.01)])
def test_the_ends_of_the_range_choose_what_is_left(uniform: float, sampling: Sampling) -> None:
    for best in range(len(LOGITS)):
        logits = torch.tensor([[5.0 if place == best else 0.0 for place in range(len(LOGITS))]])
        assert choose(logits, sampling, [uniform], None).item() == best


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=1.0)])
def test_what_is_no_number_is_told_in_its_row_alone(bad: float, sampling: Sampling) -> None:
    logits = torch.tensor([LOGITS, [bad, *LOGITS[1:]], LOGITS])
    tokens = choose(logits, sampling, [0.1, 0.1, 0.1], None).tolist()
    assert tokens[1] == -1
    assert tokens[0] == tokens[2] != -1
