"""What breaks is contained: workers and their host are killed, checks hang, servers drain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from reward_service.client import RewardClient
from reward_service.errors import DeadlineError, ServiceUnavailableError
from reward_service.types import ScoredItem, Status, Tier
from reward_service.v1 import reward_pb2 as pb
from reward_service.v1 import reward_pb2_grpc as pb_grpc
from tests.reward_service.behaviour import BEHAVE, BEHAVE_INLINE, descendants, gone, idle_workers, item, statuses
from tests.server_process import ServerProcess, running_server

_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, installed_trials: None) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[RewardClient]:
    with RewardClient(server.address) as opened:
        yield opened


def test_a_long_check_is_tried_again_in_the_slow_lane(client: RewardClient) -> None:
    [scored] = client.score([item("a", "burn 0.27")], components=BEHAVE)
    assert (scored.verdicts[0].status, scored.tier) == (Status.CORRECT, Tier.SLOW_LANE)
    assert scored.elapsed_us > 150_000 + 270_000


@pytest.mark.slow  # six busy processes beside it; test_pool.py has the same with a worker's times made up
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
    """Two hanging checks need most of a second of the slow lane; honest ones that come later are done before."""
    with RewardClient(server.address) as hanging, RewardClient(server.address) as honest:
        settled: list[str] = []

        def hang() -> None:
            hanging.score([item(n, f"sleep 7{n}") for n in range(2)], components=BEHAVE)
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
            [scored] = patient.score([item("long", "burn 0.4")], components=BEHAVE)
            order.append(f"long {scored.verdicts[0].status.name} {scored.tier.name}")

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.1)
        assert statuses(honest.score([item(n, f"short {n}") for n in range(20)], components=BEHAVE)) == ["CORRECT"] * 20
        order.append("short")
        thread.join()
    assert order == ["short", "long CORRECT WORKER"]


@pytest.mark.parametrize("count", [16, pytest.param(100, marks=pytest.mark.slow)])
def test_a_batch_of_long_honest_checks_is_scored_to_the_last(tmp_path: Path, count: int) -> None:
    """All of them run longer than it takes to be set aside, and far more than the second lane has room for."""
    pool = {"workers": 1, "limit_s": 0.5, "set_aside_s": 0.005, "max_wait_s": 0.5, "slow_limit_s": 1.0}
    with running_server(tmp_path, pool=pool) as server, RewardClient(server.address) as client:
        results = client.score([item(n, f"burn 0.01{n:02}") for n in range(count)], components=BEHAVE)
    assert statuses(results) == ["CORRECT"] * count


@pytest.mark.parametrize("pairs", [12, pytest.param(60, marks=pytest.mark.slow)])
def test_honest_checks_go_on_in_a_flood_of_hanging_ones(tmp_path: Path, pairs: int) -> None:
    """More hanging checks than could ever be given their limit: most are given up early, and none is scored."""
    pool = {"workers": 1, "limit_s": 0.1, "slow_limit_s": 0.1, "kill_margin_s": 0.05, "max_wait_s": 0.1}
    with running_server(tmp_path, pool=pool) as server, RewardClient(server.address) as client:
        kinds = ["sleep 6", "fine "]
        results = client.score([item(n, f"{kinds[n % 2]}{n:03}") for n in range(2 * pairs)], components=BEHAVE)
    assert statuses(results) == ["TIMEOUT", "CORRECT"] * pairs
    assert sum("no room for another try" in scored.verdicts[0].reason for scored in results) > pairs / 3


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
    with (
        running_server(tmp_path, settings={"inline_tick_s": 0.005}) as server,
        RewardClient(server.address) as client,
    ):
        items = [item(0, f"{word} 60"), *(item(n, f"fine {n}") for n in range(1, 20))]
        results = client.score(items, components=BEHAVE_INLINE)
    assert statuses(results) == ["TIMEOUT"] + ["CORRECT"] * 19
    assert results[0].tier is Tier.SLOW_LANE


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


def test_sigterm_finishes_what_is_in_flight_and_refuses_the_rest(tmp_path: Path) -> None:
    pool = {"limit_s": 60.0, "slow_limit_s": 60.0}
    with (
        running_server(tmp_path, pool=pool) as server,
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
        with grpc.insecure_channel(server.address) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            while health.Check(health_pb2.HealthCheckRequest(), timeout=30).status != _NOT_SERVING:
                time.sleep(0.01)
        with pytest.raises((ServiceUnavailableError, DeadlineError)):
            late.score([item(1, "pid")], components=BEHAVE, timeout_s=0.1)
        for path in begun:
            path.with_name(f"{path.name}.end").touch()
        thread.join()
        assert statuses(results) == ["CORRECT", "CORRECT"]
        assert server.wait(60) == 0
        assert gone(processes)


def test_sigterm_ends_an_open_stream_after_its_items(tmp_path: Path) -> None:
    with running_server(tmp_path, pool={"limit_s": 2.0, "slow_limit_s": 2.0}) as server:
        hold = threading.Event()

        def requests() -> Iterator[pb.ScoreStreamRequest]:
            items = [pb.ScoreItem(id=str(n), response=f"sleep 0.3{n}") for n in range(2)]
            yield pb.ScoreStreamRequest(items=items, components=[pb.Component(verifier="behave")])
            hold.wait(60)

        with grpc.insecure_channel(server.address) as channel:
            ids = []
            with pytest.raises(grpc.RpcError) as caught:
                for answer in pb_grpc.RewardServiceStub(channel).ScoreStream(requests(), timeout=60):
                    ids += [scored.id for scored in answer.results]
                    if len(ids) == len(answer.results):  # the first one, which on a busy machine may hold both
                        server.signal(signal.SIGTERM)
            hold.set()
        assert sorted(ids) == ["0", "1"]
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert server.wait(60) == 0


def test_a_call_whose_deadline_passes_is_dropped(tmp_path: Path) -> None:
    """The queued checks of a caller that has gone are never run, so the next caller does not wait for them."""
    pool = {"workers": 1, "limit_s": 60.0, "slow_limit_s": 60.0, "set_aside_s": 60.0}
    marks = [tmp_path / f"mark-{n}" for n in range(20)]
    with running_server(tmp_path, pool=pool) as server, RewardClient(server.address) as client:
        client.score([item(0, "pid")], components=BEHAVE)
        with pytest.raises(DeadlineError):
            client.score([item(n, f"mark {path}") for n, path in enumerate(marks)], components=BEHAVE, timeout_s=0.3)
        for path in marks:
            path.with_name(f"{path.name}.end").touch()
        assert statuses(client.score([item(1, "pid next")], components=BEHAVE)) == ["CORRECT"]
    assert sum(path.exists() for path in marks) <= 1  # the one that ran when the caller went


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
