"""Clients through what befalls servers: gone, killed, restarted, several; and clients forked, pickled, closed."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from reward_service import endpoints
from reward_service.client import RewardClient
from reward_service.embedded import child_environment
from reward_service.errors import RewardServiceError, ServiceUnavailableError
from reward_service.types import ScoredItem
from tests.reward_service.behaviour import BEHAVE, descendants, gone, item, statuses
from tests.server_process import ServerProcess, running_server, write_config


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, installed_trials: None) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[RewardClient]:
    with RewardClient(server.address) as opened:
        yield opened


def test_a_dead_address_gives_one_line_that_says_what_to_do() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    for target in (address, "unix:/nowhere/at/all.sock"):
        with RewardClient(target) as client, pytest.raises(ServiceUnavailableError) as caught:
            client.score([item("a", "x")])
        assert target in str(caught.value)
        assert "rfteval serve" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_service_that_went_away_is_waited_for_with_a_word_and_not_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "_TELL_AFTER_S", 0.05)
    with running_server(tmp_path) as server, RewardClient(server.address, timeout_s=600, patience_s=0.6) as client:
        assert statuses(client.score([item(0, "before")], components=BEHAVE)) == ["CORRECT"]
        server.signal(signal.SIGKILL)
        server.wait()
        with pytest.raises(ServiceUnavailableError, match="no reward service answers"):
            client.score([item(1, "after")])
    told = [record.getMessage() for record in caplog.records if record.name == "reward_service.retrying"]
    assert len(told) == 1
    assert server.address in told[0]
    assert "trying again for up to" in told[0]


def test_a_private_server_that_died_is_named_at_once(tmp_path: Path) -> None:
    with RewardClient(server_arguments=("--config", str(write_config(tmp_path))), timeout_s=600) as client:
        assert statuses(client.score([item(0, "before")], components=BEHAVE)) == ["CORRECT"]
        assert client._embedded is not None
        os.kill(client._embedded.process_id, signal.SIGKILL)
        with pytest.raises(ServiceUnavailableError, match="the private reward server was killed by signal 9"):
            client.score([item(1, "after")])


def test_a_closed_client_leaves_no_future_waiting(server: ServerProcess) -> None:
    client = RewardClient(server.address)
    futures = [client.submit(item(n, f"sleep 0.{n:03}"), components=BEHAVE) for n in range(300)]
    client.close()
    for future in futures:
        with contextlib.suppress(ServiceUnavailableError):
            future.result(timeout=10)
    with pytest.raises(ServiceUnavailableError, match="closed"):
        client.submit(item(0, "late"))


def test_two_addresses_one_of_them_dead(server: ServerProcess) -> None:
    with RewardClient(["127.0.0.1:1", server.address]) as client:
        for n in range(10):
            assert statuses(client.score([item(n, f"two {n}")], components=BEHAVE)) == ["CORRECT"]
        results = list(
            client.score_stream([item(n, f"stream {n}") for n in range(20)], components=BEHAVE, batch_size=2)
        )
        assert statuses(results) == ["CORRECT"] * 20


def test_a_server_that_is_killed_and_restarted_is_waited_for(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/s" if len(str(tmp_path)) < 90 else "127.0.0.1:0"
    with running_server(tmp_path, address) as first, RewardClient(first.address) as client:
        assert statuses(client.score([item(0, "before")], components=BEHAVE)) == ["CORRECT"]
        first.signal(signal.SIGKILL)
        first.wait()
        results: list[ScoredItem] = []
        thread = threading.Thread(target=lambda: results.extend(client.score([item(1, "during")], components=BEHAVE)))
        thread.start()
        time.sleep(0.2)
        with running_server(tmp_path, first.address):
            thread.join(20)
    assert statuses(results) == ["CORRECT"]


def test_two_addresses_through_a_restart_answer_everything_once(tmp_path: Path) -> None:
    with (
        running_server(tmp_path) as left,
        running_server(tmp_path) as right,
        RewardClient([left.address, right.address]) as client,
    ):
        stream = client.score_stream([item(n, f"work {n % 7}") for n in range(400)], components=BEHAVE, batch_size=10)
        results = [next(stream) for _ in range(100)]
        left.signal(signal.SIGTERM)
        results += [next(stream) for _ in range(100)]
        left.wait()
        with running_server(tmp_path, left.address):
            results += stream

    assert [scored.id for scored in results] == [str(n) for n in range(400)]
    assert statuses(results) == ["CORRECT"] * 400


def test_a_second_server_on_the_same_address_is_refused(server: ServerProcess, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="in use"):
        ServerProcess(server.address, write_config(tmp_path))
    with (
        running_server(tmp_path, f"unix:{tmp_path}/s") as other,
        pytest.raises(RuntimeError, match="another server is already there"),
    ):
        ServerProcess(other.address, write_config(tmp_path))


PARENT = """
import sys, threading
from reward_service import endpoints
from reward_service.client import RewardClient
from reward_service.types import Component, Reference, ScoreItem

def score(text):
    item = ScoreItem(id="a", response=text, reference=Reference(answer="x"))
    return client.score([item], components=(Component(verifier="behave"),))

client = RewardClient(server_arguments=("--config", sys.argv[1]))
score("pid")
threading.Thread(target=score, args=("stubborn 60",), daemon=True).start()
print(client._embedded.process_id, flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("deadly", [signal.SIGKILL, signal.SIGTERM])
def test_a_private_server_dies_with_its_client(tmp_path: Path, deadly: signal.Signals) -> None:
    """Also when a worker hangs in code that no signal but the last interrupts."""
    config = write_config(tmp_path, pool={"limit_s": 60.0, "slow_limit_s": 60.0})
    arguments = [sys.executable, "-c", PARENT, str(config)]
    parent = subprocess.Popen(arguments, stdout=subprocess.PIPE, env=child_environment(), text=True)
    assert parent.stdout is not None
    server = psutil.Process(int(parent.stdout.readline()))
    time.sleep(0.1)
    processes = [server, *server.children(recursive=True)]
    assert len(processes) >= 5
    parent.send_signal(deadly)
    parent.wait()
    parent.stdout.close()
    assert gone(processes)


def test_a_killed_server_leaves_no_worker_behind(tmp_path: Path) -> None:
    pool = {"limit_s": 60.0, "slow_limit_s": 60.0}
    with running_server(tmp_path, pool=pool) as server, RewardClient(server.address) as client:
        client.score([item(0, "pid")], components=BEHAVE)

        def hang() -> None:
            with contextlib.suppress(RewardServiceError):
                client.score([item(1, "stubborn 60")], components=BEHAVE, timeout_s=0.5)

        thread = threading.Thread(target=hang)
        thread.start()
        time.sleep(0.2)
        processes = descendants(server)
        server.signal(signal.SIGKILL)
        thread.join()
        assert gone(processes)


FORK = """
import os, sys
from reward_service import endpoints
from reward_service.client import RewardClient
from reward_service.types import Component, Reference, ScoreItem

def score():
    item = ScoreItem(id="a", response="pid", reference=Reference(answer="x"))
    return client.score([item], components=(Component(verifier="behave"),), timeout_s=5)[0].reward

client = RewardClient(sys.argv[1] if len(sys.argv) > 1 else None)
assert score() == 1.0
child = os.fork()
if child == 0:
    assert score() == 1.0
    client.close()
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert score() == 1.0
client.close()
"""


@pytest.mark.parametrize("private", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_client_works_in_a_forked_child(server: ServerProcess, private: bool) -> None:
    """And closing it there leaves the parent's connection, and its private server, alone."""
    arguments = [sys.executable, "-c", FORK, *([] if private else [server.address])]
    subprocess.run(arguments, env=child_environment(), check=True, timeout=30)


def test_a_pickled_client_reaches_the_same_server(client: RewardClient) -> None:
    with pickle.loads(pickle.dumps(client)) as copy:
        assert copy.addresses == client.addresses
        assert statuses(copy.score([item("a", "pid")], components=BEHAVE)) == ["CORRECT"]
    assert statuses(client.score([item("a", "pid")], components=BEHAVE)) == ["CORRECT"]
