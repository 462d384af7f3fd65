"""One address that stands for several machines: calls go round them, and past one that has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reward_service.async_client import AsyncRewardClient
from reward_service.client import RewardClient
from reward_service.connection import channel_options
from reward_service.errors import InvalidRequestError
from reward_service.types import Component, Reference, ScoreItem
from tests.server_process import ServerProcess, running_server

TRIAL = (Component(verifier="trial"),)
PAIR = [ScoreItem(id=name, response="42", reference=Reference(answer="42")) for name in "ab"]


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Two servers that can be told apart: the first takes one item in a call, the second two."""
    with ExitStack() as stack:
        servers = []
        for most in (1, 2):
            folder = tmp_path / str(most)
            folder.mkdir()
            servers.append(stack.enter_context(running_server(folder, settings={"max_items_per_call": most})))
        yield servers[0], servers[1]


def test_calls_go_round_and_past_a_machine_that_has_gone(machines: tuple[ServerProcess, ServerProcess]) -> None:
    first, second = machines

    def taken(client: RewardClient) -> bool:
        try:
            return client.score(PAIR, components=TRIAL)[1].reward == 1.0
        except InvalidRequestError:
            return False

    with RewardClient(f"ipv4:{first.address},{second.address}", timeout_s=20) as client:
        for _ in range(200):  # the second connection may come a little later
            client.score(PAIR[:1], components=TRIAL)
            if len({taken(client) for _ in range(4)}) == 2:
                break
        else:
            pytest.fail("one of two machines got every call")
        first.stop()
        assert all(taken(client) for _ in range(20))


def test_the_asynchronous_client_does_the_same(machines: tuple[ServerProcess, ServerProcess]) -> None:
    async def run() -> None:
        async with AsyncRewardClient(f"ipv4:{machines[0].address},{machines[1].address}", timeout_s=20) as client:
            answers = set()
            for _ in range(200):
                try:
                    answers.add((await client.score(PAIR, components=TRIAL))[1].reward)
                except InvalidRequestError:
                    answers.add(None)
                if len(answers) == 2:
                    return
            pytest.fail("one of two machines got every call")

    asyncio.run(run())


def test_a_name_is_asked_for_all_its_machines_and_a_plain_address_is_left_alone(
    machines: tuple[ServerProcess, ServerProcess],
) -> None:
    port = machines[1].address.rpartition(":")[2]
    with RewardClient(f"dns:///localhost:{port}", timeout_s=20) as client:
        assert [scored.reward for scored in client.score(PAIR, components=TRIAL)] == [1.0, 1.0]
    assert "grpc.service_config" in dict(channel_options("dns:///rewards:50051"))
    assert "grpc.service_config" not in dict(channel_options("rewards:50051"))
