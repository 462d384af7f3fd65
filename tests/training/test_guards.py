"""What stops or turns a run: early stop, guard, alarms, digests, a loss that is no number, no signal, no service."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.server_process import ServerProcess, write_config
from tests.training.runs import LETTERS, events_of, metrics_of, regex
from training import assembly, checkpoint, update
from training.evaluate import Measurement
from training.loop import Trainer
from training.monitors import Alarm, Monitors
from training.patience import NoSignalError
from training.rollout.hf import HfEngine
from training.train import train
from training.update import NotFiniteError

Settings = Callable[..., Any]
EVALUATION = {"benchmark": "mathvista", "split": "sample", "every": 1}


def measured(step: int, accuracy: float, width: float) -> Measurement:
    interval = (accuracy - width, accuracy + width)
    return Measurement(
        step=step,
        samples=10,
        unscored=0,
        accuracy=accuracy,
        interval=interval,
        strict=accuracy,
        strict_interval=interval,
        tokens=3.0,
        truncated=0.0,
        seconds=0.0,
    )


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes evaluations give the accuracies of a list, step by step; nothing is sampled for them."""

    def script(accuracies: list[float], width: float = 0.02, verifiers: tuple[str, ...] = ("format",)) -> None:
        class Scripted:
            def __init__(self, *_: Any, **__: Any) -> None:
                self.verifiers = set(verifiers)

            def measure(self, step: int) -> Measurement:
                return measured(step, accuracies[step], width)

        monkeypatch.setattr(assembly, "Evaluator", Scripted)

    return script


@pytest.fixture
def alarm(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the monitors give one alarm after the second step."""

    def give(action: str, component: str | None = None) -> None:
        looks = iter(range(100))

        def look(self: Monitors, *_: Any) -> list[Alarm]:
            found = Alarm(kind="flags", action=action, said="seen", component=component)
            return [found] if next(looks) == 1 else []

        monkeypatch.setattr(Monitors, "look", look)

    return give


def weights(folder: Path, step: int) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "run" / "checkpoints" / f"step-{step}" / "model" / "model.safetensors")


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_a_run_without_a_better_evaluation_stops(
    tmp_path: Path, text_model: Path, settings_of: Settings, measure: Callable[..., None]
) -> None:
    measure([0.3, 0.5, 0.4, 0.45, 0.9])
    settings = settings_of(
        tmp_path, text_model, evaluation={**EVALUATION, "early_stop": 2}, checkpoint={"every": 1, "keep": 9}
    )
    ending = train(settings)
    assert (ending.steps, ending.reason[:40]) == (3, "2 evaluations without a better one; the ")
    assert ending.best is not None and ending.best.step == 1
    from safetensors.torch import load_file

    assert same(load_file(tmp_path / "run" / "best" / "model.safetensors"), weights(tmp_path, 1))
    assert same(load_file(tmp_path / "run" / "model" / "model.safetensors"), weights(tmp_path, 3))


@pytest.mark.parametrize(("width", "steps"), [(0.02, 2), (0.2, 4)], ids=["outside", "within"])
def test_the_guard_stops_a_fall_that_is_outside_both_intervals(
    width: float, steps: int, tmp_path: Path, text_model: Path, settings_of: Settings, measure: Callable[..., None]
) -> None:
    measure([0.5, 0.49, 0.3, 0.3, 0.3], width)
    ending = train(settings_of(tmp_path, text_model, evaluation={**EVALUATION, "guard": 0.02}))
    assert ending.steps == steps
    assert ending.reason.startswith("held-out accuracy fell" if steps == 2 else "all 4 steps done")


def test_what_is_optimised_and_not_measured_is_an_alarm(
    tmp_path: Path, text_model: Path, settings_of: Settings, measure: Callable[..., None]
) -> None:
    measure([0.5] * 5, verifiers=("mathvista_official",))
    train(settings_of(tmp_path, text_model, steps=1, evaluation=EVALUATION))
    (event,) = events_of(tmp_path)
    assert (event["kind"], event["said"]) == (
        "digests",
        "right means format in training and mathvista_official in evaluation",
    )


def test_verifiers_that_changed_since_the_checkpoint_are_an_alarm(
    tmp_path: Path, text_model: Path, settings_of: Settings
) -> None:
    train(settings_of(tmp_path, text_model, steps=1))
    state = tmp_path / "run" / "checkpoints" / "step-1" / "state.json"
    values = json.loads(state.read_text())
    assert set(values["digests"]) == {"format"}
    state.write_text(json.dumps({**values, "digests": {"format": "another"}}))
    train(settings_of(tmp_path, text_model, steps=2))
    assert [event["kind"] for event in events_of(tmp_path)] == ["digests", "resumed"]


def test_an_alarm_that_logs_changes_nothing_else(
    tmp_path: Path, text_model: Path, settings_of: Settings, alarm: Callable[..., None]
) -> None:
    alarm("log")
    assert train(settings_of(tmp_path, text_model)).steps == 4
    assert [(each["step"], each["kind"], each["said"]) for each in events_of(tmp_path)] == [
        (2, "alarm flags", "seen; action: log")
    ]
    assert not same(weights(tmp_path, 3), weights(tmp_path, 4))


def test_an_alarm_freezes_the_policy(
    tmp_path: Path, text_model: Path, settings_of: Settings, alarm: Callable[..., None]
) -> None:
    """Steps go on and are watched, no weight moves, also after a resume, and it is not taken for a lack of signal."""
    alarm("freeze")
    settings = {"checkpoint": {"every": 1, "keep": 9}, "signal": {"patience": 1}}
    for steps in (3, 4):
        assert train(settings_of(tmp_path, text_model, steps=steps, **settings)).steps == steps
    assert not same(weights(tmp_path, 1), weights(tmp_path, 2))
    assert same(weights(tmp_path, 2), weights(tmp_path, 3)) and same(weights(tmp_path, 3), weights(tmp_path, 4))
    assert ["loss" in row for row in metrics_of(tmp_path)] == [True, True, False, False]


def test_an_alarm_raises_beta(
    tmp_path: Path, text_model: Path, settings_of: Settings, alarm: Callable[..., None]
) -> None:
    alarm("raise_beta")
    train(settings_of(tmp_path, text_model, kl={"beta": 0.01}))
    assert [row["beta"] for row in metrics_of(tmp_path)] == pytest.approx([0.01, 0.01, 0.02, 0.02])
    assert metrics_of(tmp_path)[0]["kl"] == pytest.approx(0.0, abs=1e-6), "logged also where it is 0"


def test_an_alarm_drops_a_component(
    tmp_path: Path, text_model: Path, settings_of: Settings, alarm: Callable[..., None]
) -> None:
    """Its score is still seen, and is in no reward any more."""
    alarm("drop_component", "always")
    train(settings_of(tmp_path, text_model, reward={"components": [LETTERS, regex(".*", name="always", weight=3.0)]}))
    rows = metrics_of(tmp_path)
    beyond = [row["reward/mean"] - row["component/format"] for row in rows]
    assert beyond == pytest.approx([3.0, 3.0, 0.0, 0.0])
    assert [row["component/always"] for row in rows] == [1.0] * 4


def test_an_alarm_stops_the_run(
    tmp_path: Path, text_model: Path, settings_of: Settings, alarm: Callable[..., None]
) -> None:
    alarm("stop")
    ending = train(settings_of(tmp_path, text_model))
    assert (ending.steps, ending.reason) == (2, "monitor flags: seen")
    assert checkpoint.found(tmp_path / "run") == [1, 2]


def test_a_loss_that_is_not_a_number_stops_with_its_batch(
    tmp_path: Path, text_model: Path, settings_of: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights are those before the step, the batch that did it is on the disk, and the message says where."""
    kept: list[Any] = []
    step = Trainer.step

    def watched(self: Trainer) -> str:
        kept[:] = [self._parts.policy, {name: p.clone() for name, p in self._parts.policy.state_dict().items()}]
        if self._done == 1:
            real = update.policy_loss

            def broken(*arguments: Any, **more: Any) -> Any:
                part = real(*arguments, **more)
                return dataclasses.replace(part, loss=part.loss * float("nan"))

            monkeypatch.setattr(update, "policy_loss", broken)
        return step(self)

    monkeypatch.setattr(Trainer, "step", watched)
    path = tmp_path / "run" / "not-finite-batch.pt"
    with pytest.raises(NotFiniteError, match=rf"the loss is nan; the batch is in {path}\. Lower optimizer\.lr"):
        train(settings_of(tmp_path, text_model))
    policy, before = kept
    assert same(before, policy.state_dict())
    batch = torch.load(path, weights_only=True)
    assert {"input_ids", "mask_N_T", "advantages_N_T", "logprobs_N_T"} <= set(batch)
    assert checkpoint.found(tmp_path / "run") == [1]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("impossible", r"\(9 too hard\): no response is right"), (".*", r"\(9 too easy\): every response is right")],
)
def test_without_any_signal_the_run_stops_and_says_what_to_do(
    pattern: str, said: str, tmp_path: Path, text_model: Path, settings_of: Settings
) -> None:
    settings = settings_of(
        tmp_path, text_model, steps=9, reward={"components": [regex(pattern)]}, signal={"patience": 3}
    )
    with pytest.raises(NoSignalError, match=rf"last 3 steps {said}"):
        train(settings)


def test_a_service_killed_in_mid_step_and_started_again_costs_no_reward(
    tmp_path: Path, text_model: Path, settings_of: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the first rollouts of a step were sent, back half a second later: every reward is the right one."""
    config, listen = write_config(tmp_path), f"unix:{tmp_path}/s.sock"
    servers = [ServerProcess(listen, config)]
    sample = HfEngine.sample
    calls = iter(range(100))

    def again() -> None:
        servers.append(ServerProcess(listen, config))

    def killed_between(self: HfEngine, *arguments: Any) -> Iterator[Any]:
        kill = next(calls) == 1
        for number, rollout in enumerate(sample(self, *arguments)):
            yield rollout
            if kill and number == 3:
                servers[-1].stop()
                (tmp_path / "s.sock").unlink(missing_ok=True)
                threading.Timer(0.5, again).start()

    monkeypatch.setattr(HfEngine, "sample", killed_between)
    reward = {"components": [LETTERS], "server": listen}
    try:
        train(settings_of(tmp_path, text_model, steps=2, reward=reward, tracking={"rollouts_every": 1, "rollouts": 9}))
    finally:
        for server in servers:
            server.stop()
    assert len(servers) == 2
    assert [row["rollouts/unscored"] for row in metrics_of(tmp_path)] == [0.0, 0.0]
    groups = [json.loads(line) for line in (tmp_path / "run" / "rollouts.jsonl").read_text().splitlines()]
    rollouts = [each for group in groups for each in group["rollouts"]]
    assert len(rollouts) == 24
    assert all(each["reward"] == float(each["text"][:1] in tuple("abcdefghijklm")) for each in rollouts)


def test_a_service_that_stays_away_ends_the_run_and_no_zero_was_made_up(
    tmp_path: Path, text_model: Path, settings_of: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ServerProcess(f"unix:{tmp_path}/s.sock", write_config(tmp_path))
    sample = HfEngine.sample

    def killed_first(self: HfEngine, *arguments: Any) -> Iterator[Any]:
        server.stop()
        yield from sample(self, *arguments)

    monkeypatch.setattr(HfEngine, "sample", killed_first)
    reward = {"components": [LETTERS], "server": server.address, "timeout_s": 0.3}
    with pytest.raises(NoSignalError, match=r"\(6 unscored\): responses could not be scored"):
        train(settings_of(tmp_path, text_model, reward=reward, signal={"patience": 2}))
    assert all("reward/mean" not in row for row in metrics_of(tmp_path))
