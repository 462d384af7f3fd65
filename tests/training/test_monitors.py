"""Reward hacking is seen where it happens, once, and what was seen survives a resume."""

from __future__ import annotations

import json
from random import Random

import pytest

from tests.training import tiny
from training.monitors import WINDOW, Alarm, Monitors
from training.settings import MonitorSettings
from training.types import EncodedPrompt, Rewarded, Rollout, RolloutGroup


def group(lengths: list[int], rewards: list[float | None]) -> RolloutGroup:
    sample = tiny.text_sample(1)
    rollouts = tuple(
        Rollout(
            sample_id=sample.id,
            index=index,
            ids=(1,) * length,
            logprobs=(-1.0,) * length,
            text="",
            finish_reason="stop",
        )
        for index, length in enumerate(lengths)
    )
    return RolloutGroup(
        sample=sample,
        prompt=EncodedPrompt(sample_id=sample.id, ids=(1,)),
        rollouts=rollouts,
        rewarded=tuple(Rewarded(reward=reward) for reward in rewards),
    )


def test_a_reward_that_parts_from_the_evaluation_is_seen_one_step_after_its_peak() -> None:
    """The numbers of ALGORITHMS 18: k = .02, h = .2, alarm at index 4."""
    monitors = Monitors([MonitorSettings(kind="proxy_gap", action="stop")])
    proxy = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85]
    gold = [0.2, 0.28, 0.35, 0.38, 0.37, 0.33, 0.28, 0.25]
    alarms = [
        monitors.look([], {"reward/share": reward}, accuracy) for reward, accuracy in zip(proxy, gold, strict=True)
    ]
    assert [len(found) for found in alarms] == [0, 0, 0, 0, 1, 0, 0, 0]
    assert (alarms[4][0].kind, alarms[4][0].action) == ("proxy_gap", "stop")


def test_a_reward_for_length_is_seen() -> None:
    monitors = Monitors([MonitorSettings(kind="length_reward")])
    random = Random(0)
    for step in range(WINDOW):
        lengths = [random.randrange(5, 60) for _ in range(12)]
        alarms = monitors.look([group(lengths, [length / 60 for length in lengths])], {}, None)
        assert bool(alarms) == (step == WINDOW - 1)
    quiet = Monitors([MonitorSettings(kind="length_reward")])
    for _ in range(2 * WINDOW):
        lengths = [random.randrange(5, 60) for _ in range(12)]
        assert not quiet.look([group(lengths, [float(random.random() < 0.5) for _ in lengths])], {}, None)


def test_unscored_rollouts_say_nothing() -> None:
    monitors = Monitors([MonitorSettings(kind="length_reward"), MonitorSettings(kind="flags")])
    for _ in range(2 * WINDOW):
        assert not monitors.look([group([5, 9, 20], [None, None, None])], {}, None)


def test_a_component_that_rises_while_accuracy_falls_is_seen() -> None:
    monitors = Monitors([MonitorSettings(kind="component_divergence", component="format", action="drop_component")])
    alarms: list[Alarm] = []
    for step in range(WINDOW):
        metrics = {"accuracy": 0.5 - 0.01 * step, "component/format": 0.3 + 0.02 * step}
        alarms += monitors.look([], metrics, None)
    assert [(alarm.component, alarm.action) for alarm in alarms] == [("format", "drop_component")]
    assert "format rose by 0.38 while accuracy fell by 0.19" in alarms[0].said


@pytest.mark.parametrize("kind", ["kl", "entropy"])
def test_a_break_of_kl_or_entropy_is_seen(kind: str) -> None:
    monitors = Monitors([MonitorSettings(kind=kind)])  # type: ignore[arg-type]
    sign = 1.0 if kind == "kl" else -1.0
    assert not any(monitors.look([], {kind: 2.0}, None) for _ in range(2 * WINDOW))
    assert any(monitors.look([], {kind: 2.0 + sign * 0.5}, None) for _ in range(5))


def test_what_was_seen_survives_a_resume() -> None:
    settings = [MonitorSettings(kind="proxy_gap"), MonitorSettings(kind="length_reward")]
    one, other = Monitors(settings), Monitors(settings)
    for step in range(30):
        other.restore(json.loads(json.dumps(one.state())))
        inputs = ([group([5, 10, 20], [0.1, 0.2, 0.9])], {"reward/share": 0.02 * step}, 0.1)
        assert one.look(*inputs) == other.look(*inputs)
