"""What comes over the wire may be anything: garbage, mutants, messages too large. The server answers and lives."""

from __future__ import annotations

import contextlib
import os
import random
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from reward_service.client import RewardClient
from reward_service.errors import InvalidRequestError
from reward_service.v1 import reward_pb2 as pb
from tests.reward_service.behaviour import BEHAVE, item, statuses
from tests.server_process import ServerProcess, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, installed_trials: None) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[RewardClient]:
    with RewardClient(server.address) as opened:
        yield opened


def test_reflection_names_the_service(server: ServerProcess) -> None:
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

    with grpc.insecure_channel(server.address) as channel:
        names = ProtoReflectionDescriptorDatabase(channel).get_services()
    assert {"reward_service.v1.RewardService", "grpc.health.v1.Health"} <= set(names)


def test_an_oversized_message_is_refused_and_the_server_lives(tmp_path: Path) -> None:
    settings = {"max_message_bytes": 100_000}
    with running_server(tmp_path, settings=settings) as server, RewardClient(server.address) as client:
        with pytest.raises(InvalidRequestError, match="larger than max"):
            client.score([item("a", "x" * 200_000)], components=BEHAVE)
        assert statuses(client.score([item("a", "pid")], components=BEHAVE)) == ["CORRECT"]


def test_an_item_no_message_can_carry_is_rejected_by_the_client(client: RewardClient) -> None:
    results = client.score([item("huge", "x" * (33 << 20)), item("b", "pid")], components=BEHAVE)
    assert statuses(results) == ["REJECTED", "CORRECT"]
    assert statuses(list(client.score_stream([item("huge", "x" * (33 << 20))], components=BEHAVE))) == ["REJECTED"]


def test_garbage_on_the_wire_harms_nobody(server: ServerProcess, client: RewardClient) -> None:
    host, _, port = server.address.rpartition(":")
    for garbage in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0" * 1000,
        os.urandom(5000),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff",
    ):
        with socket.create_connection((host, int(port)), timeout=5) as connection, contextlib.suppress(OSError):
            connection.sendall(garbage)
    with grpc.insecure_channel(server.address) as channel:
        call = channel.unary_unary("/reward_service.v1.RewardService/Score")
        for payload in (b"\xff\xff\xff", b"\x0a\xff\xff\xff\xff\x0f", os.urandom(200)):
            with pytest.raises(grpc.RpcError) as caught:
                call(payload, timeout=5)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert "ScoreRequest" in caught.value.details()
    assert statuses(client.score([item("a", "still here")], components=BEHAVE)) == ["CORRECT"]


def test_mutated_messages_end_in_a_clean_status(server: ServerProcess, client: RewardClient) -> None:
    """Valid requests with bytes changed, cut out, doubled: each is answered or refused as the caller's fault."""
    source = random.Random(7)
    components = [pb.Component(verifier="trial", weight=0.5, gate=0.1), pb.Component(verifier="behave", optional=True)]
    components[0].parameters["share"] = 0.5
    request = pb.ScoreRequest(
        items=[
            pb.ScoreItem(id=str(n), response="42", reference=pb.Reference(answer="42", precision=2, tolerance=0.1))
            for n in range(3)
        ],
        components=components,
    )
    whole = request.SerializeToString(deterministic=True)  # else the mutants differ from process to process
    codes: Counter[str] = Counter()
    with grpc.insecure_channel(server.address) as channel:
        unary = channel.unary_unary("/reward_service.v1.RewardService/Score")
        stream = channel.stream_stream("/reward_service.v1.RewardService/ScoreStream")
        for _ in range(400):
            mutant = mutated(whole, source)
            try:
                if source.random() < 0.5:
                    pb.ScoreResponse.FromString(unary(mutant, timeout=20))
                else:
                    list(stream(iter([whole, mutant]), timeout=20))
                codes["OK"] += 1
            except grpc.RpcError as error:
                codes[error.code().name] += 1
                assert error.details()
    assert set(codes) <= {"OK", "INVALID_ARGUMENT"}
    assert min(codes.values()) > 5
    assert statuses(client.score([item("a", "still here")], components=BEHAVE)) == ["CORRECT"]


def mutated(message: bytes, source: random.Random) -> bytes:
    data = bytearray(message)
    for _ in range(source.randint(1, 4)):
        at = source.randrange(len(data) + 1)
        match source.randrange(4):
            case 0:
                data[at : at + 1] = source.randbytes(1)
            case 1:
                del data[at : at + source.randint(1, 10)]
            case 2:
                data[at:at] = source.randbytes(source.randint(1, 10))
            case _:
                data[at:at] = data[at : at + source.randint(1, 20)]
    return bytes(data)
