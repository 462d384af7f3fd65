"""What breaks is contained: workers, their host, servers, clients and parents are killed at bad moments."""

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
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from reward_service.client import RewardClient
from reward_service.embedded import child_environment
from reward_service.errors import DeadlineError, InvalidRequestError, RewardServiceError, ServiceUnavailableError
from reward_service.types import Component, Reference, ScoredItem, ScoreItem, Status, Tier
from reward_service.v1 import reward_pb2 as pb
from reward_service.v1 import reward_pb2_grpc as pb_grpc
from tests.server_process import ServerProcess, running_server, write_config

BEHAVE = (Component(verifier="behave"),)
BEHAVE_INLINE = (Component(verifier="behave_inline"),)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, installed_trials: None) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[RewardClient]:
    with RewardClient(server.address) as opened:
        yield opened


def item(name: object, response: str) -> ScoreItem:
    return ScoreItem(id=str(name), response=response, reference=Reference(answer="x"))


def statuses(results: list[ScoredItem]) -> list[str]:
    return [scored.verdicts[0].status.name for scored in results]


def descendants(server: ServerProcess) -> list[psutil.Process]:
    return psutil.Process(server.process.pid).children(recursive=True)


def idle_workers(server: ServerProcess, at_least: int, timeout_s: float = 20.0) -> list[psutil.Process]:
    """Its workers, once there are so many."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        hosts = psutil.Process(server.process.pid).children()
        workers = [worker for host in hosts for worker in host.children()]
        if len(workers) >= at_least:
            return workers
        time.sleep(0.05)
    raise AssertionError(f"fewer than {at_least} workers after {timeout_s:g} s")


def gone(processes: list[psutil.Process], timeout_s: float = 5.0) -> bool:
    """Whether all of them end in time. One that only waits to be reaped has ended."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not any(_runs(process) for process in processes):
            return True
        time.sleep(0.02)
    return False


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_long_check_is_tried_again_in_the_slow_lane(client: RewardClient) -> None:
    [scored] = client.score([item("a", "burn 0.27")], components=BEHAVE)
    assert (scored.verdicts[0].status, scored.tier) == (Status.CORRECT, Tier.SLOW_LANE)
    assert scored.elapsed_us > 150_000 + 270_000


def test_a_busy_machine_cuts_off_no_honest_check(tmp_path: Path) -> None:
    """Beside processes that take most of the processors, a check takes longer by the clock than its limit."""
    if not Path("/proc/self/schedstat").exists():
        pytest.skip("this platform does not tell how long a process waited for a processor")
    pool = {"workers": 1, "limit_s": 0.2, "slow_limit_s": 0.2, "kill_margin_s": 0.05}
    with running_server(tmp_path, pool=pool) as server, RewardClient(server.address) as client:
        client.score([item(0, "pid")], components=BEHAVE)
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3 * (os.cpu_count() or 1))]
        try:
            [scored] = client.score([item("a", "burn 0.15")], components=BEHAVE)
        finally:
            for process in busy:
                process.kill()
                process.wait()
    assert (scored.verdicts[0].status, scored.tier) == (Status.CORRECT, Tier.WORKER)
    assert scored.elapsed_us > 200_000


@pytest.mark.parametrize("response", ["sleep 61", "spin 61", "stubborn 61", "swallow 61"])
def test_a_hanging_check_times_out_alone(client: RewardClient, response: str) -> None:
    results = client.score([item("hang", response), *(item(n, f"fine {n}") for n in range(20))], components=BEHAVE)
    assert statuses(results) == ["TIMEOUT"] + ["CORRECT"] * 20
    assert "0.4 s" in results[0].verdicts[0].reason


def test_honest_checks_do_not_wait_for_hanging_ones(server: ServerProcess) -> None:
    """Three hanging checks need more than a second of the slow lane; honest ones that come later are done before."""
    with RewardClient(server.address) as hanging, RewardClient(server.address) as honest:
        settled: list[str] = []

        def hang() -> None:
            hanging.score([item(n, f"sleep 7{n}") for n in range(3)], components=BEHAVE)
            settled.append("hanging")

        thread = threading.Thread(target=hang)
        thread.start()
        time.sleep(0.05)
        assert statuses(honest.score([item(n, f"later {n}") for n in range(50)], components=BEHAVE)) == ["CORRECT"] * 50
        settled.append("honest")
        thread.join()
    assert settled == ["honest", "hanging"]


def test_a_long_check_steps_aside_for_others_and_is_finished_later(tmp_path: Path) -> None:
    """One worker, and limits longer than anyone would wait: the honest checks are answered first."""
    pool = {"workers": 1, "limit_s": 20.0, "slow_limit_s": 20.0, "max_wait_s": 100.0}
    with (
        running_server(tmp_path, pool=pool) as server,
        RewardClient(server.address) as patient,
        RewardClient(server.address) as honest,
    ):
        honest.score([item(0, "pid")], components=BEHAVE)
        order: list[str] = []

        def wait() -> None:
            [scored] = patient.score([item("long", "burn 1.0")], components=BEHAVE)
            order.append(f"long {scored.verdicts[0].status.name} {scored.tier.name}")

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.1)
        assert statuses(honest.score([item(n, f"short {n}") for n in range(20)], components=BEHAVE)) == ["CORRECT"] * 20
        order.append("short")
        thread.join()
    assert order == ["short", "long CORRECT WORKER"]


def test_a_batch_of_long_honest_checks_is_scored_to_the_last(tmp_path: Path) -> None:
    """All of them run longer than it takes to be set aside, and far more than the second lane has room for."""
    pool = {"workers": 1, "limit_s": 0.5, "set_aside_s": 0.005, "max_wait_s": 0.5, "slow_limit_s": 1.0}
    with running_server(tmp_path, pool=pool) as server, RewardClient(server.address) as client:
        results = client.score([item(n, f"burn 0.02{n:02}") for n in range(40)], components=BEHAVE)
    assert statuses(results) == ["CORRECT"] * 40


def test_honest_checks_go_on_in_a_flood_of_hanging_ones(tmp_path: Path) -> None:
    """More hanging checks than could ever be given their limit: most are given up early, and none is scored."""
    pool = {"workers": 1, "limit_s": 0.2, "slow_limit_s": 0.2, "kill_margin_s": 0.1, "max_wait_s": 0.4}
    with running_server(tmp_path, pool=pool) as server, RewardClient(server.address) as client:
        kinds = ["spin 6", "fine "]
        results = client.score([item(n, f"{kinds[n % 2]}{n}") for n in range(120)], components=BEHAVE)
    assert statuses(results) == ["TIMEOUT", "CORRECT"] * 60
    assert sum("no room for another try" in scored.verdicts[0].reason for scored in results) > 20


def test_longer_tries_are_refused_where_they_would_wait_too_long(tmp_path: Path) -> None:
    pool = {"workers": 2, "limit_s": 0.1, "slow_limit_s": 0.3, "max_wait_s": 0.1}
    with running_server(tmp_path, pool=pool) as server, RewardClient(server.address) as client:
        results = client.score([item(n, f"sleep 6{n}") for n in range(9)], components=BEHAVE)
    assert statuses(results) == ["TIMEOUT"] * 9
    assert any("no room for another try" in scored.verdicts[0].reason for scored in results)
    assert any(scored.tier is Tier.SLOW_LANE for scored in results)


def test_a_remembered_hang_costs_no_worker(client: RewardClient) -> None:
    [first] = client.score([item("a", "sleep 62")], components=BEHAVE)
    [second] = client.score([item("b", "sleep 62")], components=BEHAVE)
    assert (first.tier, second.tier) == (Tier.SLOW_LANE, Tier.CACHE)
    assert second.verdicts == first.verdicts


def test_equal_checks_at_the_same_time_run_once(client: RewardClient) -> None:
    results = client.score([item(n, "pid 7") for n in range(20)], components=BEHAVE)
    assert len({scored.verdicts[0].extracted for scored in results}) == 1
    assert Counter(scored.tier for scored in results) == {Tier.WORKER: 1, Tier.CACHE: 19}


def test_work_beyond_the_inline_budget_moves_to_a_worker(client: RewardClient) -> None:
    small, large, endless = client.score(
        [item("a", "work 20"), item("b", "work 40"), item("c", "work 99999")], components=BEHAVE_INLINE
    )
    assert (small.tier, small.reward) == (Tier.INLINE, 1.0)
    assert (large.tier, large.reward) == (Tier.WORKER, 1.0)
    assert (endless.tier, endless.reward) == (Tier.WORKER, None)
    assert endless.verdicts[0].status is Status.TIMEOUT
    assert "work units" in endless.verdicts[0].reason


@pytest.mark.parametrize("word", ["spin", "swallow"])
def test_a_check_that_holds_the_front_is_moved_to_a_worker(tmp_path: Path, word: str) -> None:
    """A check that was allowed into the front and never ends: others go on, and it times out alone."""
    with running_server(tmp_path) as server, RewardClient(server.address) as client:
        client.score([item(0, "pid")], components=BEHAVE_INLINE)
        items = [item(0, f"{word} 60"), *(item(n, f"fine {n}") for n in range(1, 50))]
        results = client.score(items, components=BEHAVE_INLINE, timeout_s=20)
        assert statuses(results) == ["TIMEOUT"] + ["CORRECT"] * 49
        assert results[0].tier is Tier.SLOW_LANE
        time.sleep(1.1)  # until the verifier is trusted again
        [later] = client.score([item("a", "fine after all")], components=BEHAVE_INLINE)
        assert later.tier is Tier.INLINE


def test_workers_killed_while_idle_are_replaced(server: ServerProcess, client: RewardClient) -> None:
    client.score([item(0, "pid warm")], components=BEHAVE)
    for process in idle_workers(server, at_least=4):
        process.kill()
    results = client.score([item(n, f"after {n}") for n in range(30)], components=BEHAVE)
    assert statuses(results) == ["CORRECT"] * 30


def test_a_worker_killed_at_work_gets_its_check_a_second_try(client: RewardClient, tmp_path: Path) -> None:
    busy = tmp_path / "busy"
    results: list[ScoredItem] = []
    thread = threading.Thread(target=lambda: results.extend(client.score([item(0, f"once {busy}")], components=BEHAVE)))
    thread.start()
    while not (busy.exists() and busy.read_text()):
        time.sleep(0.005)
    os.kill(int(busy.read_text()), signal.SIGKILL)
    thread.join()
    assert statuses(results) == ["CORRECT"]
    assert results[0].tier is Tier.WORKER


def test_the_host_of_the_workers_is_replaced(server: ServerProcess, client: RewardClient) -> None:
    client.score([item(0, "pid before")], components=BEHAVE)
    [host] = [process for process in descendants(server) if process.children()]
    workers = host.children()
    host.kill()
    assert gone(workers)
    assert statuses(client.score([item(n, f"host {n}") for n in range(10)], components=BEHAVE)) == ["CORRECT"] * 10


def test_every_item_is_answered_once_whatever_dies(server: ServerProcess, client: RewardClient) -> None:
    kinds = ["fine", "sleep 63", "memory 3000000000", "die 9", "die 6", "raise x", "stubborn 63"]
    wanted = ["CORRECT", "TIMEOUT", "OUT_OF_MEMORY", "CRASHED", "CRASHED", "ERROR", "TIMEOUT"]
    items = [item(n, kinds[n % 7] if n % 7 else f"fine {n}") for n in range(210)]
    results = list(client.score_stream(items, components=BEHAVE, batch_size=20))
    assert [scored.id for scored in results] == [one.id for one in items]
    assert statuses(results) == [wanted[n % 7] for n in range(210)]
    assert all((scored.reward is None) == (not scored.verdicts[0].status.scored) for scored in results)


def test_health_answers_while_a_large_batch_is_scored(server: ServerProcess, client: RewardClient) -> None:
    """100 items of 2 ms each hold the front for 0.2 s in all, and health gets in between."""
    with RewardClient(server.address) as other, grpc.insecure_channel(server.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
        finished: list[float] = []

        def score() -> None:
            other.score([item(n, f"sleep 0.002{n:03}") for n in range(100)], components=BEHAVE_INLINE)
            finished.append(time.monotonic())

        thread = threading.Thread(target=score)
        thread.start()
        time.sleep(0.05)
        answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
        answered = time.monotonic()
        thread.join()
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    assert answered < finished[0]


def test_reflection_names_the_service(server: ServerProcess) -> None:
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

    with grpc.insecure_channel(server.address) as channel:
        names = ProtoReflectionDescriptorDatabase(channel).get_services()
    assert {"reward_service.v1.RewardService", "grpc.health.v1.Health"} <= set(names)


def test_sigterm_finishes_what_is_in_flight_and_refuses_the_rest(tmp_path: Path) -> None:
    pool = {"limit_s": 2.0, "slow_limit_s": 2.0}
    with (
        running_server(tmp_path, settings={"drain_notice_s": 0.3}, pool=pool) as server,
        RewardClient(server.address) as working,
        RewardClient(server.address) as late,
    ):
        late.score([item(0, "pid")], components=BEHAVE)
        results: list[ScoredItem] = []
        begun = [tmp_path / f"begun-{n}" for n in range(2)]
        items = [item(n, f"mark {path}") for n, path in enumerate(begun)]
        thread = threading.Thread(target=lambda: results.extend(working.score(items, components=BEHAVE)))
        thread.start()
        while not all(path.exists() for path in begun):
            time.sleep(0.01)
        processes = descendants(server)
        server.signal(signal.SIGTERM)
        time.sleep(0.1)
        with grpc.insecure_channel(server.address) as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises((ServiceUnavailableError, DeadlineError)):
            late.score([item(1, "pid")], components=BEHAVE, timeout_s=0.1)
        thread.join()
        assert statuses(results) == ["CORRECT", "CORRECT"]
        assert server.wait() == 0
        assert gone(processes)


def test_sigterm_ends_an_open_stream_after_its_items(tmp_path: Path) -> None:
    with running_server(tmp_path, pool={"limit_s": 2.0, "slow_limit_s": 2.0}) as server:
        hold = threading.Event()

        def requests() -> Iterator[pb.ScoreStreamRequest]:
            items = [pb.ScoreItem(id=str(n), response=f"sleep 0.3{n}") for n in range(2)]
            yield pb.ScoreStreamRequest(items=items, components=[pb.Component(verifier="behave")])
            hold.wait(10)

        with grpc.insecure_channel(server.address) as channel:
            ids = []
            with pytest.raises(grpc.RpcError) as caught:
                for answer in pb_grpc.RewardServiceStub(channel).ScoreStream(requests(), timeout=10):
                    ids += [scored.id for scored in answer.results]
                    if len(ids) == 1:
                        server.signal(signal.SIGTERM)
            hold.set()
        assert sorted(ids) == ["0", "1"]
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert server.wait() == 0


def test_a_call_whose_deadline_passes_is_dropped(tmp_path: Path) -> None:
    """The queued checks of a caller that has gone are never run, so the next caller does not wait for them."""
    pool = {"workers": 1, "limit_s": 0.5, "slow_limit_s": 0.5}
    with running_server(tmp_path, pool=pool) as server, RewardClient(server.address) as client:
        client.score([item(0, "pid")], components=BEHAVE)
        with pytest.raises(DeadlineError):
            client.score([item(n, f"sleep 0.2{n}") for n in range(50)], components=BEHAVE, timeout_s=0.1)
        started = time.monotonic()
        assert statuses(client.score([item(1, "pid next")], components=BEHAVE)) == ["CORRECT"]
        assert time.monotonic() - started < 5.0  # 50 checks would take ten seconds


def test_a_full_queue_asks_to_come_back_later(tmp_path: Path) -> None:
    settings = {"max_pending_items": 10, "max_items_per_call": 10}
    pool = {"limit_s": 1.0, "slow_limit_s": 1.0}
    with (
        running_server(tmp_path, settings=settings, pool=pool) as server,
        RewardClient(server.address) as client,
        grpc.insecure_channel(server.address) as channel,
    ):
        stub = pb_grpc.RewardServiceStub(channel)
        items = [pb.ScoreItem(id=str(n), response=f"sleep 0.1{n}") for n in range(10)]
        request = pb.ScoreRequest(items=items, components=[pb.Component(verifier="behave")])
        first = stub.Score.future(request, timeout=10)
        time.sleep(0.1)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Score(pb.ScoreRequest(items=items[:1]), timeout=10)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert dict(caught.value.trailing_metadata())["grpc-retry-pushback-ms"].isdigit()
        # Our client does as it is told, and gets its answer when there is room.
        assert statuses(client.score([item("a", "pid")], components=BEHAVE, timeout_s=10)) == ["CORRECT"]
        assert len(first.result().results) == 10


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
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running_server(tmp_path) as server, RewardClient(server.address, timeout_s=600, patience_s=4) as client:
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
