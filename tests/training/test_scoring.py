"""What a rollout is worth: never 0 for a failure of ours, whatever dies in the middle of a step."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from reward_service.errors import ParameterError, UnknownVerifierError
from reward_service.types import Reference, ScoredItem, ScoreItem, Status
from rfteval.errors import UsageError
from rfteval.types import Sample
from tests.server_process import ServerProcess, write_config
from tests.training import tiny
from training.rewards import RewardPlan, check_components
from training.scoring import BatchScores, Scorer
from training.settings import RewardSettings
from training.types import Rewarded, Rollout


def settings(*components: dict[str, Any], **others: Any) -> RewardSettings:
    return RewardSettings.model_validate({"components": list(components), **others})


def rollout(sample: Sample, index: int, text: str, tokens: int = 5) -> Rollout:
    return Rollout(
        sample_id=sample.id,
        index=index,
        ids=tuple(range(tokens)),
        logprobs=(-1.0,) * tokens,
        text=text,
        finish_reason="stop",
    )


def scored(scorer: Scorer, reward: RewardSettings, texts: list[str], sample: Sample, **plan: Any) -> list[Rewarded]:
    scores = BatchScores(scorer, RewardPlan(settings=reward, steps=10, **plan).at(0), {sample.id: sample})
    for index, text in enumerate(texts):
        scores.send(rollout(sample, index, text, tokens=index + 1))
    ((_, rewarded),) = scores.collect().values()
    return list(rewarded)


@pytest.fixture(scope="module")
def scorer() -> Any:
    with Scorer(None, ["auto", "format", "length", "steps"], timeout_s=30.0) as opened:
        yield opened


def test_components_are_weighted_and_named(scorer: Scorer) -> None:
    reward = settings({"verifier": "auto"}, {"verifier": "format", "name": "shape", "weight": 0.5})
    right, wrong = scored(scorer, reward, ["<think>3+4</think><answer>7</answer>", "8"], tiny.text_sample(3))
    assert (right.reward, dict(right.components)) == (1.5, {"auto": 1.0, "shape": 1.0})
    assert (wrong.reward, dict(wrong.components)) == (0.0, {"auto": 0.0, "shape": 0.0})
    assert scorer.digests["math"] == right.verdicts[0].digest


def test_what_a_group_decides_is_filled_in_when_the_group_is_there(scorer: Scorer) -> None:
    """Kimi's length reward (ALGORITHMS 17): lengths 1 to 4, right, wrong, right, wrong."""
    parameters = {
        "rule": "kimi",
        "length": "$tokens",
        "correct": "$correct",
        "group_shortest": "$shortest",
        "group_longest": "$longest",
    }
    reward = settings({"verifier": "auto"}, {"verifier": "length", "parameters": parameters})
    found = scored(scorer, reward, ["7", "8", "7", "8"], tiny.text_sample(3))
    assert [each.components["length"] for each in found] == pytest.approx([0.5, 0.0, -1 / 6, -0.5])
    assert [each.reward for each in found] == pytest.approx([1.5, 0.0, 5 / 6, -0.5])


def test_fields_of_the_sample_become_parameters(scorer: Scorer) -> None:
    reward = settings(
        {"verifier": "auto"},
        {"verifier": "steps", "role": "process", "fields": {"key_steps": "keys"}},
        steps="per_step",
    )
    plain = tiny.text_sample(3)
    sample = Sample(id="s", question=plain.question, reference=plain.reference, fields={"keys": ["add", "carry"]})
    plan = RewardPlan(settings=reward, steps=10).at(0)
    (found,) = scored(scorer, reward, ["First add, then 2 + 2 = 4. The answer is 7"], sample)
    assert found.reward == 1.0, "process components are credited by step, not in the reward"
    assert plan.step_scores(found)
    with pytest.raises(UsageError, match="takes the field 'keys', which sample 't3' lacks; it has: none"):
        scored(scorer, reward, ["7"], plain)


def test_weights_move_and_drop(scorer: Scorer) -> None:
    plan = RewardPlan(
        settings=settings({"verifier": "auto"}, {"verifier": "format", "weight": 1.0, "weight_end": 0.0}), steps=11
    )
    assert [plan.at(step).weights[1] for step in (0, 5, 10, 20)] == [1.0, 0.5, 0.0, 0.0]
    plan.dropped.add("format")
    assert plan.at(0).weights == (1.0, 0.0)
    hybrid = RewardPlan(
        settings=settings({"verifier": "auto"}, {"verifier": "steps", "role": "process"}, hybrid=True), steps=100
    )
    assert [hybrid.at(step).outcome for step in (0, 50, 70)] == pytest.approx([1.0, 0.75, 0.5])
    assert [hybrid.at(step).process for step in (0, 50, 70)] == pytest.approx([0.0, 0.25, 0.5])


def test_what_cannot_work_is_said_before_it_begins() -> None:
    with pytest.raises(UnknownVerifierError, match="did you mean format"):
        Scorer(None, ["fromat"], timeout_s=5.0).__enter__()
    with pytest.raises(UsageError, match="two components are called 'auto'"):
        check_components(settings({"verifier": "auto"}, {"verifier": "auto"}), [])
    with pytest.raises(UsageError, match="says what right means"):
        check_components(settings({"verifier": "length", "parameters": {"correct": "$correct"}}), [])
    for wrong in ({"optional": True}, {"role": "process"}):
        with pytest.raises(UsageError, match="is not a wrong one"):
            check_components(settings({"verifier": "auto", **wrong}), [])
    with pytest.raises(UsageError, match="role: process"):
        check_components(settings({"verifier": "auto"}, steps="per_step"), [])


def test_a_wrong_parameter_stops_the_run(scorer: Scorer) -> None:
    reward = settings({"verifier": "auto"}, {"verifier": "format", "parameters": {"stile": "boxed"}})
    with pytest.raises((ParameterError, ValueError), match="stile"):
        scored(scorer, reward, ["7"], tiny.text_sample(3))


def test_a_private_server_that_is_killed_is_started_again(scorer: Scorer) -> None:
    server = scorer._server
    assert server is not None
    os.kill(server.process_id, signal.SIGKILL)
    found = scored(scorer, settings({"verifier": "auto"}), ["7", "8"] * 20, tiny.text_sample(3))
    assert [each.reward for each in found] == [1.0, 0.0] * 20
    assert scorer.restarts >= 1


def test_a_server_that_comes_back_scores_what_waited(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    address = f"unix:{tmp_path}/s.sock"
    first = ServerProcess(address, config)
    with Scorer(address, ["auto"], timeout_s=30.0) as scorer:
        assert [each.reward for each in scored(scorer, settings({"verifier": "auto"}), ["7"], tiny.text_sample(3))] == [
            1
        ]
        first.stop()
        Path(tmp_path / "s.sock").unlink(missing_ok=True)
        second: list[ServerProcess] = []
        threading.Timer(0.7, lambda: second.append(ServerProcess(address, config))).start()
        found = scored(scorer, settings({"verifier": "auto"}), ["7", "8"] * 10, tiny.text_sample(3))
        assert [each.reward for each in found] == [1.0, 0.0] * 10
    second[0].stop()


def test_a_service_that_stays_away_leaves_rollouts_unscored(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/s.sock"
    server = ServerProcess(address, write_config(tmp_path))
    with Scorer(address, ["auto"], timeout_s=1.0) as scorer:
        scored(scorer, settings({"verifier": "auto"}), ["7"], tiny.text_sample(3))
        server.stop()
        found = scored(scorer, settings({"verifier": "auto"}), ["7", "8"], tiny.text_sample(3))
    assert [each.reward for each in found] == [None, None]
    assert "unix" in found[0].reason or "Unavailable" in found[0].reason


@pytest.mark.usefixtures("installed_trials")
def test_checks_that_hang_are_unscored_and_the_others_are_not(tmp_path: Path) -> None:
    """One in twenty never ends: it is a timeout, and no zero enters."""
    server = ServerProcess(f"unix:{tmp_path}/s.sock", write_config(tmp_path))
    texts = ["sleep 60" if index % 20 == 7 else "fine" for index in range(40)]
    with Scorer(server.address, ["behave"], timeout_s=60.0) as scorer:
        sample = Sample(id="x", question="", reference=Reference(answer="x"))
        found = scored(scorer, settings({"verifier": "behave"}), texts, sample)
    server.stop()
    assert [each.reward is None for each in found] == [text != "fine" for text in texts]
    assert {each.verdicts[0].status for each in found if each.reward is None} == {Status.TIMEOUT}
    assert not any(each.reward == 0 for each in found)


def test_scoring_goes_on_while_sampling_does(scorer: Scorer) -> None:
    """Answers come while nothing collects them: only those of rollouts sent since are waited for."""
    sample = tiny.text_sample(3)
    scores = BatchScores(
        scorer, RewardPlan(settings=settings({"verifier": "auto"}), steps=1).at(0), {sample.id: sample}
    )
    for index in range(4):
        scores.send(rollout(sample, index, "7"))
    give_up = time.monotonic() + 60
    while not all(future.done() for _, future in scores._pending[sample.id]):
        assert time.monotonic() < give_up, "no answer before they are collected"
        time.sleep(0.01)
    scores.send(rollout(sample, 4, "7"))
    scores.collect()


def test_an_answer_is_for_the_rollout_that_was_sent(scorer: Scorer) -> None:
    answers = [
        scorer.submit(ScoreItem(id="same", response=text, reference=Reference(answer="7"), components=()))
        for text in ("7", "8", "7")
    ]
    found = [each.result() for each in answers]
    assert [each.reward for each in found if isinstance(each, ScoredItem)] == [1.0, 0.0, 1.0]
