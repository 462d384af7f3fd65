"""Which groups are trained on, and whether to go on sampling: decisions on numbers, made before any loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from training.core.masked import keep, masked_mean, same


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What becomes of each group (P), as booleans of which exactly one is true: `kept`, `too_easy`, `too_hard`,
    `flat` (all rewards equal, at an accuracy that is neither), `unscored` (fewer than two scored rollouts).
    """

    kept_P: Tensor
    too_easy_P: Tensor
    too_hard_P: Tensor
    flat_P: Tensor
    unscored_P: Tensor

    def counts(self) -> dict[str, int]:
        """Groups of each kind, for the log."""
        return {
            "kept": int(self.kept_P.sum()),
            "too_easy": int(self.too_easy_P.sum()),
            "too_hard": int(self.too_hard_P.sum()),
            "flat": int(self.flat_P.sum()),
            "unscored": int(self.unscored_P.sum()),
        }


def select_by_signal(accuracies_P_G: Tensor, rewards_P_G: Tensor, scored_P_G: Tensor | None = None) -> Selection:
    """Keeps groups with two different rewards: dynamic sampling, DAPO, arXiv 2503.14476 eq. 11.

    DAPO asks for 0 < accuracy < 1, which is the same for a reward of 0 or 1. With more components a group at accuracy
    0 or 1 may still differ in them and then teaches something; a group of equal rewards never does. `accuracies_P_G`
    (0 to 1, of the correctness component) only names the reason of a drop.
    """
    scored_P_G = torch.ones_like(rewards_P_G, dtype=torch.bool) if scored_P_G is None else scored_P_G
    usable_P = scored_P_G.sum(-1) >= 2
    signal_P = ~same(keep(rewards_P_G, scored_P_G), scored_P_G, -1) & usable_P
    accuracy_P = masked_mean(accuracies_P_G, scored_P_G, -1)
    dropped_P = usable_P & ~signal_P
    return Selection(
        kept_P=signal_P,
        too_easy_P=dropped_P & (accuracy_P >= 1),
        too_hard_P=dropped_P & (accuracy_P <= 0),
        flat_P=dropped_P & (accuracy_P > 0) & (accuracy_P < 1),
        unscored_P=~usable_P,
    )


def select_by_accuracy(
    accuracies_P_G: Tensor, scored_P_G: Tensor | None = None, *, lowest: float = 0.1, highest: float = 0.9
) -> Selection:
    """Keeps groups with `lowest <= mean accuracy <= highest`: online filtering, MM-EUREKA, arXiv 2503.07365.

    Of the accuracy, not of the whole reward: a format reward must not make a group look solved. The released code
    starts it after some steps (`freezing_filter_steps`); that is the caller's to do.
    """
    if not 0 <= lowest <= highest <= 1:
        raise ValueError(f"an accuracy band needs 0 <= lowest <= highest <= 1, got {lowest} and {highest}")
    scored_P_G = torch.ones_like(accuracies_P_G, dtype=torch.bool) if scored_P_G is None else scored_P_G
    usable_P = scored_P_G.sum(-1) >= 2
    accuracy_P = masked_mean(accuracies_P_G, scored_P_G, -1)
    too_easy_P, too_hard_P = usable_P & (accuracy_P > highest), usable_P & (accuracy_P < lowest)
    return Selection(
        kept_P=usable_P & ~too_easy_P & ~too_hard_P,
        too_easy_P=too_easy_P,
        too_hard_P=too_hard_P,
        flat_P=torch.zeros_like(usable_P),
        unscored_P=~usable_P,
    )


SamplingAction = Literal["enough", "sample", "train_on_what_there_is", "skip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingDecision:
    """What dynamic sampling does next; with "sample", for how many more `prompts`."""

    action: SamplingAction
    prompts: int = 0


def next_sampling(
    *, kept: int, wanted: int, asked: int, rounds: int, most_rounds: int, largest_round: int
) -> SamplingDecision:
    """Whether to sample more groups, after `rounds` rounds asked for `asked` prompts and `kept` of their groups.

    - "enough": the batch of `wanted` groups is full
    - "sample": not yet; as many prompts as the share kept so far says are needed, at least one, at most
      `largest_round`
    - "train_on_what_there_is": the rounds are used up. Half a batch of signal is better than none, and than an error
      (EasyR1 raises here)
    - "skip": they are used up and nothing was kept
    """
    if wanted < 1 or most_rounds < 1 or largest_round < 1 or not 0 <= kept <= asked:
        raise ValueError(
            f"needs wanted, most_rounds, largest_round >= 1 and 0 <= kept <= asked, got {wanted}, {most_rounds}, "
            f"{largest_round}, {kept} and {asked}"
        )
    if kept >= wanted:
        return SamplingDecision(action="enough")
    if rounds >= most_rounds:
        return SamplingDecision(action="train_on_what_there_is" if kept else "skip")
    if asked == 0:
        return SamplingDecision(action="sample", prompts=min(wanted, largest_round))
    # One kept group more than there was: an estimate that is never 0 and errs on the side of asking less.
    share = (kept + 1) / (asked + 1)
    return SamplingDecision(action="sample", prompts=min(math.ceil((wanted - kept) / share), largest_round))


def chance_of_signal(accuracy: float, group: int) -> float:
    """`1 - p^G - (1 - p)^G`: the chance that a group of G right-or-wrong responses is not all one or the other."""
    if not 0 <= accuracy <= 1 or group < 1:
        raise ValueError(f"needs an accuracy between 0 and 1 and a group of 1 or more, got {accuracy} and {group}")
    return 1 - accuracy**group - (1 - accuracy) ** group
