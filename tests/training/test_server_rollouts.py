"""Training with vLLM servers: who is given weights and when, what is lost and comes back, how old is too old."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from rfteval.errors import ModelError
from tests.training.runs import metrics_of
from tests.training.vllm_stand_in import StandIn
from training.explain import check
from training.rollout import servers
from training.train import train

Settings = Callable[..., Any]


@pytest.fixture
def start() -> Iterator[Callable[..., StandIn]]:
    """Starts stand-ins, and stops them at the end."""
    started: list[StandIn] = []

    def one(**more: Any) -> StandIn:
        started.append(StandIn(**more))
        return started[-1]

    yield one
    for each in started:
        each.close()


def with_servers(*listed: StandIn, **more: Any) -> dict[str, Any]:
    return {"engine": "vllm_server", "servers": [each.url for each in listed], "server_timeout_s": 20.0, **more}


def test_servers_share_the_work_and_follow_the_policy(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    """Each has the last weights at the end, was given them after each update, and no file is left."""
    both = start(), start()
    settings = settings_of(tmp_path, text_model, rollout=with_servers(*both))
    train(settings)
    saved = load_file(tmp_path / "run" / "model" / "model.safetensors")
    rows = metrics_of(tmp_path)
    updates = sum("grad_norm" in row for row in rows)
    assert updates >= 2
    for server in both:
        assert server.asked
        assert server.paths.count("/collective_rpc") == 1 + updates
        assert server.weights.keys() == saved.keys()
        assert all(torch.equal(server.weights[name], tensor) for name, tensor in saved.items())
    asked = sum(len(server.asked) for server in both)
    for server in both:  # weights only change where nothing is being sampled
        order = [path for path in server.paths if path in ("/pause", "/collective_rpc", "/resume")]
        assert order == ["/pause", "/collective_rpc", "/resume"] * (1 + updates)
    assert asked == sum(row["rollouts"] for row in rows) == 4 * 12
    assert {row["servers/there"] for row in rows} == {2.0}
    assert {row["servers/age_max"] for row in rows} == {0.0}
    assert not (tmp_path / "run" / "weights-for-servers").exists()
    assert all("importance/logprob_difference" in row for row in rows if "grad_norm" in row)


def test_weights_may_be_as_old_as_is_said(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    server = start()
    train(settings_of(tmp_path, text_model, rollout=with_servers(server, staleness=1), steps=4))
    rows = metrics_of(tmp_path)
    assert all("grad_norm" in row for row in rows)
    assert [row["servers/age_max"] for row in rows] == [0.0, 1.0, 0.0, 1.0]
    assert server.paths.count("/collective_rpc") == 3  # at the start, before steps 3 and 5 would begin


def test_what_another_run_left_behind_is_not_believed(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    server = start()
    settings = settings_of(tmp_path, text_model, rollout=with_servers(server))
    for times in (1, 2):
        check(settings)
        assert server.paths.count("/collective_rpc") == times
        assert server.version.endswith("-0")


def test_a_run_goes_on_with_other_servers(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    """Which servers there are decides nothing of what is learned. Those of now are given the checkpoint's weights."""
    train(settings_of(tmp_path, text_model, rollout=with_servers(start()), steps=1))
    others = start(), start()
    train(settings_of(tmp_path, text_model, rollout=with_servers(*others), steps=2))
    assert [row["servers/there"] for row in metrics_of(tmp_path)] == [1.0, 2.0]
    assert all(server.asked and server.version.endswith(("-1", "-2")) for server in others)


def test_a_server_that_is_lost_in_mid_step_costs_no_rollout_and_comes_back(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    """It dies at its fifth request and is started again later, with its first weights: it is given the current ones."""

    def dies(server: StandIn, path: str) -> None:
        if path == "/inference/v1/generate" and len(server.asked) == 4:
            server.down = True

    def back(server: StandIn, path: str) -> None:
        if path == "/collective_rpc" and server.version.endswith("-0") and frail.down:
            frail.down, frail.version = False, "default"
            frail.asked.clear()
            frail.paths.clear()

    frail = start(before=dies)
    steady = start(before=back)
    train(settings_of(tmp_path, text_model, rollout=with_servers(frail, steady), steps=4))
    rows = metrics_of(tmp_path)
    assert [row["rollouts"] for row in rows] == [12.0] * 4
    assert rows[0]["servers/there"] == 1.0
    assert "/collective_rpc" in frail.paths
    assert {row["rollouts/unscored"] for row in rows} == {0.0}


def test_a_server_started_again_is_not_believed(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    """What it sampled with the weights it was started with is thrown away, and it is given the current ones."""

    def forgets(server: StandIn, path: str) -> None:
        if path == "/inference/v1/generate" and len(server.asked) == 20:
            server.version, server.weights = "default", {}

    server = start(before=forgets)
    train(settings_of(tmp_path, text_model, rollout=with_servers(server), steps=3))
    rows = metrics_of(tmp_path)
    assert [row["rollouts"] for row in rows] == [12.0] * 3
    assert {row["servers/age_max"] for row in rows} == {0.0}
    assert len(server.asked) > 36
    assert server.weights


def test_a_server_that_breaks_down_costs_no_rollout(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    """Its engine is dead and it answers by errors, it gives up what it was at, or it does not take weights."""
    dead, stopped, deaf, steady = start(), start(), start(), start()
    dead.fails, stopped.ends, deaf.fails = "/inference/v1/generate", "abort", "/collective_rpc"
    train(settings_of(tmp_path, text_model, rollout=with_servers(dead, stopped, deaf, steady), steps=1))
    (row,) = metrics_of(tmp_path)
    assert (row["rollouts"], row["rollouts/unscored"]) == (12.0, 0.0)
    assert not deaf.asked and len(steady.asked) == 12


def test_without_any_server_the_run_stops_and_says_so(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn], monkeypatch: Any
) -> None:
    monkeypatch.setattr(servers, "PATIENCE_S", 0.0)

    def dies(server: StandIn, path: str) -> None:
        server.down = server.down or (path == "/inference/v1/generate" and len(server.asked) == 14)

    server = start(before=dies)
    with pytest.raises(ModelError, match=r"no vLLM server is left \(http://127.0.0.1:\d+: .+\); .* same command"):
        train(settings_of(tmp_path, text_model, rollout=with_servers(server)))
    assert len(metrics_of(tmp_path)) == 1


def test_servers_that_cannot_serve_a_run_are_found_before_it(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    raw, deaf, fine = start(), start(), start()
    raw.logprobs_mode = "raw_logprobs"
    deaf.refuses = "/collective_rpc"
    for server, said in (
        (raw, "has logprobs_mode 'raw_logprobs', and 'processed_logprobs' is needed; start it by: VLLM_SERVER_DEV"),
        (deaf, "does not take weights from"),
    ):
        with pytest.raises(ModelError, match=said):
            check(settings_of(tmp_path, text_model, rollout=with_servers(fine, server)))
    fine.close()
    with pytest.raises(ModelError, match=r"no vLLM server to train with answers at http://127.0.0.1:\d+ .*start one"):
        check(settings_of(tmp_path, text_model, rollout=with_servers(fine)))
    other = start()
    assert "everything works" in check(settings_of(tmp_path, text_model, rollout=with_servers(other)))
    assert not (tmp_path / "run").exists()
