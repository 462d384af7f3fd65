"""What the engine ray promises without a cluster: its replica answers as a server does, and its refusals are true."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from typing import Any

import grpc
import pytest

from reward_service import convert
from reward_service.client import RewardClient
from reward_service.config import PoolConfig, ServerConfig, TlsConfig
from reward_service.connection import error_from
from reward_service.credentials import APPLICATION, ClientCredentials
from reward_service.errors import ServerStartError, ServiceUnavailableError
from reward_service.integrations.ray_serve import RewardReplica, checked_port, serve_on_ray
from reward_service.types import Component, Reference, ScoreItem
from reward_service.v1 import reward_pb2 as pb
from rfteval.cli.app import execute
from tests.server_process import QUICK_POOL, write_config

EVERYWHERE = ServerConfig(listen=("0.0.0.0:50051",), allow_insecure=True)


class RecordingContext:
    """What Ray's context keeps of a call."""

    def __init__(self) -> None:
        self.code: grpc.StatusCode | None = None
        self.details = ""
        self.metadata: list[tuple[str, str]] = []

    def set_code(self, code: grpc.StatusCode) -> None:
        self.code = code

    def set_details(self, details: str) -> None:
        self.details = details

    def set_trailing_metadata(self, metadata: list[tuple[str, str]]) -> None:
        self.metadata = metadata


def ask(*requests: pb.ScoreRequest, full: bool = False) -> list[tuple[pb.ScoreResponse, RecordingContext]]:
    """The answers of one replica, asked one request after the other."""

    async def run() -> list[tuple[pb.ScoreResponse, RecordingContext]]:
        settings: dict[str, Any] = {**QUICK_POOL, **({"max_queued": 0} if full else {})}
        replica = RewardReplica(ServerConfig(pool=PoolConfig(**settings)))
        answers = []
        try:
            for request in requests:
                context = RecordingContext()
                answers.append((await replica.Score(request, context), context))
        finally:
            await replica.close()
            await replica.close()
        return answers

    return asyncio.run(run())


def request(*ids: str) -> pb.ScoreRequest:
    items = [ScoreItem(id=name, response=f"\\boxed{{{name}}}", reference=Reference(answer="1")) for name in ids]
    return pb.ScoreRequest(
        items=map(convert.item_to_proto, items), components=[convert.component_to_proto(Component(verifier="math"))]
    )


def test_a_replica_scores_as_a_server_does(tmp_path: Path) -> None:
    items = [ScoreItem(id=name, response=f"\\boxed{{{name}}}", reference=Reference(answer="1")) for name in ("1", "2")]
    ((response, context),) = ask(request("1", "2"))
    with RewardClient(server_arguments=("--config", str(write_config(tmp_path)))) as client:
        expected = client.score(items, components=[Component(verifier="math")])
    found = [convert.scored_from_proto(result) for result in response.results]
    assert context.code is None
    assert [(item.id, item.reward, item.verdicts) for item in found] == [
        (item.id, item.reward, item.verdicts) for item in expected
    ]


def test_a_wrong_call_is_refused_and_the_next_one_answered() -> None:
    (refused, wrong), (empty, nothing), (response, right) = ask(request("1", "1"), pb.ScoreRequest(), request("1"))
    assert wrong.code is nothing.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "is also the id" in wrong.details
    assert not refused.results and not empty.results
    assert right.code is None and len(response.results) == 1


def test_a_stream_is_refused_in_so_many_words() -> None:
    context = RecordingContext()
    asyncio.run(RewardReplica(ServerConfig()).ScoreStream(iter(()), context))
    assert context.code is grpc.StatusCode.UNIMPLEMENTED and "plain server" in context.details


def test_every_client_tells_rays_proxy_which_application_it_wants() -> None:
    assert ("application", APPLICATION) in ClientCredentials().metadata()


def test_an_application_that_is_not_there_may_come_back() -> None:
    """In the words of Ray 2.60; the client tries other addresses, and this one again."""
    advice = "Ping /ray.serve.RayServeAPIService/ListApplications for available applications."
    for words in ("Application 'rfteval' not found.", "Application metadata not set."):
        error = error_from(grpc.StatusCode.NOT_FOUND, f"{words} {advice}", "a:1")
        assert isinstance(error, ServiceUnavailableError)
    assert not isinstance(error_from(grpc.StatusCode.NOT_FOUND, "no file", "a:1"), ServiceUnavailableError)


def test_the_port_is_taken_from_an_address_that_says_the_truth() -> None:
    assert checked_port(EVERYWHERE) == 50051
    assert checked_port(ServerConfig(listen=("[::]:9000",), allow_insecure=True)) == 9000


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"listen": ("127.0.0.1:50051",)}, "every interface"),
        ({"listen": ("127.0.0.1:50051",), "allow_insecure": True}, "every interface"),
        ({"listen": ("unix:/tmp/a",)}, "one HOST:PORT"),
        ({"listen": ("0.0.0.0:1", "0.0.0.0:2"), "allow_insecure": True}, "one HOST:PORT"),
        ({"listen": ("0.0.0.0:0",), "allow_insecure": True}, "port of its own"),
        ({"listen": ("0.0.0.0:1",), "tls": TlsConfig(certificate="a", key="b")}, "no tls"),
        ({"token_file": "a"}, "no token_file"),
        ({"metrics_listen": "127.0.0.1:1"}, "no metrics_listen"),
    ],
)
def test_what_rays_proxy_would_not_keep_is_refused(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ServerStartError, match=named):
        checked_port(ServerConfig(**settings))


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="ray is installed")
def test_without_ray_the_command_that_installs_it_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ServerStartError, match=r"rfteval\[scale\]"):
        serve_on_ray(EVERYWHERE)
    arguments = ["serve", "--engine", "ray", "--listen", "0.0.0.0:50051", "--allow-insecure", "--replicas", "1:2"]
    assert execute(arguments) == 1
    assert "rfteval[scale]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--engine", "rey"], "did you mean ray"),
        (["--engine", "ray"], "--allow-insecure"),
        (["--replicas", "1:4"], "--workers"),
        *[(["--engine", "ray", "--replicas", text], "MIN:MAX") for text in ("0:1", "4:1", "many", "1:x", ":2", "-1")],
    ],
)
def test_options_that_do_not_fit(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    everywhere = ["--listen", "0.0.0.0:50051", "--allow-insecure"] if "MIN:MAX" in named else []
    assert execute(["serve", *everywhere, *arguments]) == 2
    assert named in capsys.readouterr().err
