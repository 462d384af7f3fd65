"""Credit reaches the tokens that earned it; rewards of a missing or unscored rollout reach nobody."""

from __future__ import annotations

from typing import Any

import pytest
from accelerate import Accelerator

from reward_service.types import Status, StepScore, Verdict
from tests.training import tiny
from training import config
from training.collect import reward_tensors, steps_differ
from training.credit import credit, token_at
from training.ranks import Ranks
from training.rewards import RewardPlan
from training.settings import RewardSettings
from training.types import EncodedPrompt, Rewarded, Rollout, RolloutGroup

PROMPT = EncodedPrompt(sample_id="x", ids=(1, 2))
WORDS = {10: "ab", 11: "c", 12: " de", 13: "f"}


def decode(ids: Any) -> str:
    return "".join(WORDS[token] for token in ids)


def rollout(index: int, ids: tuple[int, ...]) -> Rollout:
    return Rollout(
        sample_id="x", index=index, ids=ids, logprobs=(-1.0,) * len(ids), text=decode(ids), finish_reason="stop"
    )


def scored(reward: float | None, steps: tuple[tuple[int, float], ...] = ()) -> Rewarded:
    spans = tuple(StepScore(start=0, end=end, score=score) for end, score in steps)
    verdicts = (
        Verdict(status=Status.CORRECT, score=1.0, verifier="math"),
        Verdict(status=Status.PARTIAL, score=0.5, verifier="steps", steps=spans),
    )
    return Rewarded(reward=reward, components={"auto": reward, "steps": 0.5}, verdicts=verdicts)


def settings(**changes: Any) -> Any:
    return config.parse(
        {
            "out": "x",
            "model": {"path": "base"},
            "data": {"dataset": "x"},
            "reward": {"components": [{"verifier": "auto"}]},
            **changes,
        }
    )


def ranks() -> Ranks:
    return Ranks(Accelerator())


def test_a_step_ends_in_the_token_that_holds_its_last_character() -> None:
    ids = (10, 11, 12, 13)  # "ab" "c" " de" "f"
    assert [token_at(ids, end, decode) for end in (1, 2, 3, 4, 6, 7)] == [0, 0, 1, 2, 2, 3]


def test_process_supervision_by_characters_is_that_of_the_paper() -> None:
    """ALGORITHMS 5: step rewards [[.8, .4, .9], [.2, .1]] → 1.852005, .954063, 1.178548 / -1.852005, -1.066306."""
    plan = RewardPlan(
        settings=RewardSettings.model_validate(
            {"components": [{"verifier": "auto"}, {"verifier": "steps", "role": "process"}], "steps": "per_step"}
        ),
        steps=1,
    )
    group = RolloutGroup(
        sample=tiny.text_sample(1),
        prompt=PROMPT,
        rollouts=(rollout(0, (10, 11, 12, 13)), rollout(1, (10, 12))),
        rewarded=(scored(1.0, ((2, 0.8), (3, 0.4), (7, 0.9))), scored(1.0, ((2, 0.2), (5, 0.1)))),
    )
    given = credit(settings(), [group], plan.at(0), (1.0, 1.0), ranks(), decode)
    first, second = given.values_P_G_T[0].tolist()
    assert first == pytest.approx([1.852005, 0.954063, 1.178548, 1.178548], abs=1e-3)
    assert second[:2] == pytest.approx([-1.852005, -1.066306], abs=1e-3)


def test_equal_outcomes_may_differ_step_by_step() -> None:
    """Dynamic sampling then keeps the group: process supervision has something to tell apart."""
    plan = RewardPlan(
        settings=RewardSettings.model_validate(
            {"components": [{"verifier": "auto"}, {"verifier": "steps", "role": "process"}], "steps": "per_step"}
        ),
        steps=1,
    )
    for scores, differ in (((0.8, 0.4, 0.8), True), ((0.5, 0.5, 0.5), False)):
        first, second, third = scores
        group = RolloutGroup(
            sample=tiny.text_sample(1),
            prompt=PROMPT,
            rollouts=(rollout(0, (10, 11)), rollout(1, (10, 12)), rollout(2, (10,))),
            rewarded=(scored(1.0, ((2, first), (3, second))), scored(1.0, ((2, third),)), Rewarded(reward=None)),
        )
        assert not group.signal
        assert steps_differ(group, plan.at(0)) is differ


def test_an_unscored_rollout_has_no_say_and_no_advantage() -> None:
    """GRPO over [1, 0, 0, 1] with a fifth that timed out: the four are as without it."""
    rewards = [1.0, 0.0, 0.0, 1.0]
    plan = RewardPlan(settings=RewardSettings.model_validate({"components": [{"verifier": "auto"}]}), steps=1)
    group = RolloutGroup(
        sample=tiny.text_sample(1),
        prompt=PROMPT,
        rollouts=tuple(rollout(index, (10, 11)) for index in range(5)),
        rewarded=(*(Rewarded(reward=each, components={"auto": each}) for each in rewards), Rewarded(reward=None)),
    )
    given = credit(settings(), [group], plan.at(0), (1.0, 1.0), ranks(), decode)
    expected = [0.865875, -0.865875, -0.865875, 0.865875, 0.0]
    assert given.values_P_G_T[0, :, 0].tolist() == pytest.approx(expected, abs=1e-5)
    assert given.usable_P_G[0].tolist() == [True] * 4 + [False]
    assert group.accuracy == 0.5


def test_a_group_that_lost_rollouts_counts_with_what_is_left() -> None:
    """A rollout worker was lost: its places are unscored, the others are not moved."""
    groups = [
        RolloutGroup(
            sample=tiny.text_sample(number),
            prompt=PROMPT,
            rollouts=tuple(rollout(index, (10,)) for index in range(count)),
            rewarded=tuple(Rewarded(reward=float(index % 2), components={"auto": 1.0}) for index in range(count)),
        )
        for number, count in enumerate((4, 1, 0))
    ]
    rewards_P_G, scored_P_G, _ = reward_tensors(groups)
    assert rewards_P_G.shape == (3, 4)
    assert scored_P_G.sum(-1).tolist() == [4, 1, 0]
    plan = RewardPlan(settings=RewardSettings.model_validate({"components": [{"verifier": "auto"}]}), steps=1)
    given = credit(settings(), groups, plan.at(0), (1.0, 1.0), ranks(), decode)
    assert given.usable_P_G.sum(-1).tolist() == [4, 0, 0]
