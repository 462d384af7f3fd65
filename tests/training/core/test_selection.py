"""Which groups are kept, and when dynamic sampling stops."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.core.batches import tensor
from tests.training.tolerance import assert_close
from training.core.selection import chance_of_signal, next_sampling, select_by_accuracy, select_by_signal


@pytest.mark.parametrize(
    ("accuracy", "chance"),
    [(0.01, 0.077255), (0.1, 0.569533), (0.3, 0.942286), (0.5, 0.992188), (0.9, 0.569533), (0.99, 0.077255)],
)
def test_chance_of_signal_in_groups_of_8(accuracy: float, chance: float) -> None:
    assert_close(chance_of_signal(accuracy, 8), chance)


def test_online_filter_of_the_toy_accuracies() -> None:
    """MM-EUREKA: 0, .125, .5, .875 and 1 with the band .1 to .9."""
    accuracies = tensor([[float(i < right) for i in range(8)] for right in (0, 1, 4, 7, 8)])
    selection = select_by_accuracy(accuracies)
    assert selection.kept_P.tolist() == [False, True, True, True, False]
    assert selection.counts() == {"kept": 3, "too_easy": 1, "too_hard": 1, "flat": 0, "unscored": 0}


def test_the_band_holds_its_ends() -> None:
    accuracies = torch.tensor([[1.0] * 9 + [0.0], [1.0] + [0.0] * 9])
    assert select_by_accuracy(accuracies, lowest=0.1, highest=0.9).kept_P.tolist() == [True, True]


@given(
    rows=st.lists(
        st.lists(
            st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.1, 0.2]), st.booleans()),
            min_size=4,
            max_size=4,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_every_group_has_exactly_one_fate(rows: list[list[tuple[float, float, bool]]]) -> None:
    """By both rules; unscored rollouts decide nothing, whatever stands in their place."""
    accuracies = tensor([[a if counts else math.nan for a, _, counts in row] for row in rows])
    rewards = tensor([[a + more if counts else math.nan for a, more, counts in row] for row in rows])
    scored = torch.tensor([[counts for _, _, counts in row] for row in rows])
    for selection in (select_by_signal(accuracies, rewards, scored), select_by_accuracy(accuracies, scored)):
        fates = torch.stack(
            [
                selection.kept_P,
                selection.too_easy_P,
                selection.too_hard_P,
                selection.flat_P,
                selection.unscored_P,
            ]
        )
        assert fates.sum(0).tolist() == [1] * len(rows)
    kept = select_by_signal(accuracies, rewards, scored).kept_P.tolist()
    assert kept == [len({a + more for a, more, counts in row if counts}) > 1 for row in rows]


def test_signal_in_another_component_is_kept() -> None:
    """All wrong, but two of them in the right format."""
    nothing_right, formats = torch.zeros(1, 4), tensor([[0.1, 0.0, 0.1, 0.0]])
    assert select_by_signal(nothing_right, formats).kept_P.tolist() == [True]
    assert select_by_signal(nothing_right, torch.zeros(1, 4)).too_hard_P.tolist() == [True]


def test_dynamic_sampling_until_the_batch_is_full() -> None:
    first = next_sampling(kept=0, wanted=8, asked=0, rounds=0, most_rounds=3, largest_round=32)
    assert (first.action, first.prompts) == ("sample", 8)
    second = next_sampling(kept=2, wanted=8, asked=8, rounds=1, most_rounds=3, largest_round=32)
    assert (second.action, second.prompts) == ("sample", 18)  # a third was kept, (2 + 1) / (8 + 1); 6 are missing
    assert next_sampling(kept=8, wanted=8, asked=26, rounds=2, most_rounds=3, largest_round=32).action == "enough"


def test_at_the_cap_what_there_is_is_trained_on() -> None:
    assert (
        next_sampling(kept=3, wanted=8, asked=40, rounds=3, most_rounds=3, largest_round=32).action
        == "train_on_what_there_is"
    )
    assert next_sampling(kept=0, wanted=8, asked=40, rounds=3, most_rounds=3, largest_round=32).action == "skip"


@given(
    wanted=st.integers(1, 64),
    most_rounds=st.integers(1, 6),
    largest_round=st.integers(1, 64),
    share=st.floats(0, 1),
)
def test_dynamic_sampling_always_ends(wanted: int, most_rounds: int, largest_round: int, share: float) -> None:
    kept = asked = rounds = 0
    while True:
        decision = next_sampling(
            kept=kept, wanted=wanted, asked=asked, rounds=rounds, most_rounds=most_rounds, largest_round=largest_round
        )
        if decision.action != "sample":
            break
        assert 1 <= decision.prompts <= largest_round
        rounds += 1
        asked += decision.prompts
        kept += int(decision.prompts * share)
    assert rounds <= most_rounds
    assert decision.action == ("enough" if kept >= wanted else "train_on_what_there_is" if kept else "skip")


@pytest.mark.parametrize("band", [(0.9, 0.1), (-0.1, 0.5), (0.1, 1.5)])
def test_impossible_bands_are_refused(band: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="band"):
        select_by_accuracy(torch.zeros(1, 2), lowest=band[0], highest=band[1])
