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
from training.rollout import servers, vllm_server
from training.rollout.opening import weights_folder
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
    assert not list((tmp_path / "run").glob("weights-for-servers*"))
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


@pytest.mark.slow
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


@pytest.mark.slow
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
    raw, deaf, short, page, fine = start(), start(), start(), start(), start()
    raw.logprobs_mode = "raw_logprobs"
    deaf.refuses = "/collective_rpc"
    page.garbles = "/server_info"
    short.longest = 511  # the model holds 512
    for server, said in (
        (raw, "has logprobs_mode 'raw_logprobs', and 'processed_logprobs' is needed; start it by: VLLM_SERVER_DEV"),
        (deaf, "does not take weights from"),
        (short, "has max_model_len 511, .* may have 512 tokens; start it by: VLLM_.* --max-model-len 512$"),
        (page, "answers at .*not JSON: <html>busy"),
    ):
        with pytest.raises(ModelError, match=said):
            check(settings_of(tmp_path, text_model, rollout=with_servers(fine, server)))
    fine.close()
    with pytest.raises(ModelError, match=r"no vLLM server to train with answers at http://127.0.0.1:\d+ .*start one"):
        check(settings_of(tmp_path, text_model, rollout=with_servers(fine)))
    other = start()
    assert "everything works" in check(settings_of(tmp_path, text_model, rollout=with_servers(other)))
    assert not (tmp_path / "run").exists()


def test_a_server_that_is_back_is_checked_as_at_the_start(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    """It was started again without an option; what it would say of tokens is of another distribution."""

    def again(server: StandIn, path: str) -> None:
        if path == "/inference/v1/generate" and len(server.asked) == 4:
            server.version, server.logprobs_mode = "default", "raw_logprobs"

    changed, steady = start(before=again), start()
    train(settings_of(tmp_path, text_model, rollout=with_servers(changed, steady), steps=2))
    rows = metrics_of(tmp_path)
    assert [(row["rollouts"], row["servers/there"]) for row in rows] == [(12.0, 1.0)] * 2
    assert changed.version == "default" and changed.paths.count("/collective_rpc") == 1


def test_a_server_that_stays_paused_has_no_label_of_this_run(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    """With one it would be taken for one that samples, and asked for ever."""
    paused, steady = start(), start()
    paused.fails = "/resume"
    check(settings_of(tmp_path, text_model, rollout=with_servers(paused, steady)))
    assert (paused.version, paused.asked) == ("default", [])


def test_an_answer_without_all_log_probabilities_stops_the_run(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    forgetful = start()
    forgetful.forgets = 1
    with pytest.raises(ModelError, match="with 4 tokens and 3 log-probabilities"):
        check(settings_of(tmp_path, text_model, rollout=with_servers(forgetful)))


def test_an_answer_of_something_else_costs_no_rollout(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    """As of a proxy that answers 200 with a page for a server that is away."""
    away, steady = start(), start()
    away.garbles = "/inference/v1/generate"
    train(settings_of(tmp_path, text_model, rollout=with_servers(away, steady), steps=1))
    (row,) = metrics_of(tmp_path)
    assert (row["rollouts"], row["rollouts/unscored"], len(steady.asked)) == (12.0, 0.0, 12)


def test_runs_share_a_folder_for_weights_and_leave_it(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn]
) -> None:
    """Each writes to a folder of its own in it, the same one when it goes on; the user's stays, empty as it is."""
    shared = tmp_path / "shared"
    shared.mkdir()
    seen: list[Path] = []

    def note(server: StandIn, path: str) -> None:
        if path == "/update_weight_version":
            seen.append(next(shared.iterdir()))

    settings = settings_of(tmp_path, text_model, rollout=with_servers(start(before=note), weights=str(shared)))
    for _ in range(2):
        check(settings)
    other = settings.model_copy(update={"out": str(tmp_path / "other")})
    assert set(seen) == {weights_folder(settings)} != {weights_folder(other)}
    assert shared.is_dir() and not list(shared.iterdir())


def test_only_numbers_with_fractions_are_made_smaller(
    tmp_path: Path, text_model: Path, settings_of: Settings, start: Callable[..., StandIn], monkeypatch: Any
) -> None:
    """A count in bfloat16 would be another one."""
    weights = {"count": torch.tensor([257, 100_003]), "weight": torch.tensor([0.1])}
    monkeypatch.setattr(vllm_server, "checkpoint_weights", lambda policy: weights)
    server = start()
    check(settings_of(tmp_path, text_model, rollout=with_servers(server), model={"dtype": "bfloat16"}))
    assert torch.equal(server.weights["count"], weights["count"])
    assert server.weights["weight"].dtype == torch.bfloat16
