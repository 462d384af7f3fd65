"""One suite for every way to reach a service: whoever is asked, and however, the contract is the same.

Servers: a private one, loopback TCP, a Unix socket. Ways: one call, a stream, both in an event loop, and one by one.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import grpc
import pytest

from reward_service.async_client import AsyncRewardClient
from reward_service.client import RewardClient
from reward_service.errors import DeadlineError, InvalidRequestError
from reward_service.types import Component, Reference, ScoredItem, ScoreItem, Status, Tier
from reward_service.v1 import reward_pb2 as pb
from reward_service.v1 import reward_pb2_grpc as pb_grpc
from tests.server_process import running_server, write_config

Score = Callable[..., list[ScoredItem]]
TRIAL = (Component(verifier="trial"),)
BEHAVE = (Component(verifier="behave"),)


@pytest.fixture(scope="module", params=["private", "tcp", "unix"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RewardClient]:
    """A client of each kind of server."""
    folder = tmp_path_factory.mktemp("server")
    if request.param == "private":
        with RewardClient(server_arguments=("--config", str(write_config(folder)))) as opened:
            yield opened
        return
    with tempfile.TemporaryDirectory(prefix="rft-") as short:  # a Unix socket's path may not be long
        listen = "127.0.0.1:0" if request.param == "tcp" else f"unix:{short}/s"
        with running_server(folder, listen) as server, RewardClient(server.address) as opened:
            yield opened


def one_call(client: RewardClient, items: Sequence[ScoreItem], **options: object) -> list[ScoredItem]:
    return client.score(items, **options)  # type: ignore[arg-type]


def streamed(client: RewardClient, items: Sequence[ScoreItem], **options: object) -> list[ScoredItem]:
    return list(client.score_stream(iter(items), batch_size=3, **options))  # type: ignore[arg-type]


def in_loop(client: RewardClient, items: Sequence[ScoreItem], **options: object) -> list[ScoredItem]:
    async def score() -> list[ScoredItem]:
        async with AsyncRewardClient(client.address) as other:
            return await other.score(items, **options)  # type: ignore[arg-type]

    return asyncio.run(score())


def streamed_in_loop(client: RewardClient, items: Sequence[ScoreItem], **options: object) -> list[ScoredItem]:
    async def score() -> list[ScoredItem]:
        async with AsyncRewardClient(client.address) as other:
            return [scored async for scored in other.score_stream(items, batch_size=3, **options)]  # type: ignore[arg-type]

    return asyncio.run(score())


def one_by_one(client: RewardClient, items: Sequence[ScoreItem], **options: object) -> list[ScoredItem]:
    return [future.result() for future in [client.submit(one, **options) for one in items]]  # type: ignore[arg-type]


@pytest.fixture(params=[one_call, streamed, in_loop, streamed_in_loop, one_by_one], ids=lambda way: way.__name__)
def score(request: pytest.FixtureRequest, client: RewardClient) -> Score:
    """Each way to ask."""
    return lambda items, **options: request.param(client, items, **options)


def item(name: str, response: str, answer: str = "42", **more: object) -> ScoreItem:
    return ScoreItem(id=name, response=response, reference=Reference(answer=answer), **more)  # type: ignore[arg-type]


def test_each_item_is_answered_in_order_with_its_id(score: Score) -> None:
    items = [item(f"id-{number}", "42" if number % 3 else "41") for number in range(10)]
    results = score(items, components=TRIAL)
    assert [scored.id for scored in results] == [one.id for one in items]
    assert [scored.reward for scored in results] == [0.0 if number % 3 == 0 else 1.0 for number in range(10)]


def test_a_verdict_keeps_every_field(score: Score) -> None:
    [scored] = score([item("a", "42")], components=TRIAL)
    [verdict] = scored.verdicts
    assert (verdict.status, verdict.score, verdict.extracted) == (Status.CORRECT, 1.0, "42")
    assert (verdict.verifier, verdict.version, verdict.rule) == ("trial", "1", "trial.equal")
    assert len(verdict.digest) == 12
    assert (verdict.steps[0].start, verdict.steps[0].end, verdict.steps[0].score) == (0, 2, 1.0)
    assert scored.tier is Tier.INLINE


def test_an_empty_extraction_is_not_an_absent_one(score: Score) -> None:
    [empty] = score([item("a", "")], components=TRIAL)
    [absent] = score([item("a", "42", answer="")], components=TRIAL)
    assert empty.verdicts[0].extracted == ""
    assert absent.verdicts[0].extracted is None


def test_an_unscored_item_has_no_reward_and_harms_no_other(score: Score) -> None:
    responses = ["42", "die 9", "memory 3000000000", "sleep 30", "stubborn 30", "raise x", "42"]
    results = score([item(str(n), text) for n, text in enumerate(responses)], components=BEHAVE)
    statuses = [scored.verdicts[0].status for scored in results]
    assert statuses == [
        Status.CORRECT,
        Status.CRASHED,
        Status.OUT_OF_MEMORY,
        Status.TIMEOUT,
        Status.TIMEOUT,
        Status.ERROR,
        Status.CORRECT,
    ]
    assert [scored.reward for scored in results] == [1.0, None, None, None, None, None, 1.0]
    assert all(verdict.verifier == "behave" and verdict.digest for scored in results for verdict in scored.verdicts)


def test_components_of_an_item_come_before_those_of_the_request(score: Score) -> None:
    own = (Component(verifier="trial", parameters={"share": 0.5}, weight=2.0), Component(verifier="trial", weight=0.0))
    results = score([item("own", "42", components=own), item("shared", "42")], components=TRIAL)
    assert [len(scored.verdicts) for scored in results] == [2, 1]
    assert [scored.reward for scored in results] == [1.0, 1.0]
    assert results[0].verdicts[0].status is Status.PARTIAL


def test_an_optional_unscored_component_is_left_out(score: Score) -> None:
    parts = (Component(verifier="trial"), Component(verifier="behave", optional=True))
    [scored] = score([item("a", "raise x", answer="raise x", components=parts)])
    assert [verdict.status for verdict in scored.verdicts] == [Status.CORRECT, Status.ERROR]
    assert scored.reward == 1.0


def test_a_gate_below_its_score_makes_the_reward_zero(score: Score) -> None:
    parts = (Component(verifier="trial", parameters={"share": 0.4}, gate=0.5), Component(verifier="behave"))
    [scored] = score([item("a", "42", components=parts)])
    assert scored.reward == 0.0
    assert scored.verdicts[1].score == 1.0


def test_a_text_over_the_limit_is_rejected_alone(score: Score) -> None:
    results = score([item("long", "x" * (1 << 20) + "x"), item("short", "42")], components=TRIAL)
    assert [scored.verdicts[0].status for scored in results] == [Status.REJECTED, Status.CORRECT]
    assert results[0].reward is None


def test_a_long_text_within_the_limit_is_scored_in_a_worker(score: Score) -> None:
    text = "y" * 200_000
    [scored] = score([item("long", text, answer="42")], components=TRIAL)
    assert scored.verdicts[0].status is Status.INCORRECT
    assert scored.verdicts[0].extracted == text
    assert scored.tier in (Tier.WORKER, Tier.CACHE)


def test_any_unicode_text_comes_back_unchanged(score: Score) -> None:
    texts = ["\0", "é\u0301", "𝕏", "\u202e", "\r\n", "\ufffd", "答案"]
    results = score([item(str(n), text) for n, text in enumerate(texts)], components=TRIAL)
    assert [scored.verdicts[0].extracted for scored in results] == texts
    assert not any(scored.verdicts[0].flags for scored in results)


def test_lone_surrogates_are_replaced_and_flagged(score: Score) -> None:
    results = score([item("a", "x\ud800y"), item("b", "42")], components=TRIAL)
    assert results[0].verdicts[0].extracted == "x\ufffdy"
    assert results[0].verdicts[0].flags == ("surrogates_replaced",)
    assert results[1].verdicts[0].flags == ()


@pytest.mark.parametrize(
    ("component", "words"),
    [
        (Component(verifier="trail"), ["components[0].verifier", "'trail'", "did you mean trial"]),
        (Component(verifier="trial", parameters={"shar": 1}), ["components[0].parameters", "'shar'", "'share'"]),
        (Component(verifier="trial", parameters={"share": "x"}), ["'share'", "expected number"]),
        (Component(verifier="trial", parameters={"share": 7}), ["'share'", "at most 1"]),
        (Component(verifier="trial", parameters={"input": "no"}), ["'input'", "expected one of"]),
    ],
)
def test_a_component_that_cannot_be_run_is_refused_by_name(
    score: Score, component: Component, words: list[str]
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        score([item("a", "42")], components=(component,))
    assert all(word in str(caught.value) for word in words), caught.value
    with pytest.raises(InvalidRequestError, match=r"items\[\d\]\.components\[0\]"):
        score([item("a", "42"), item("b", "42", components=(component,))], components=TRIAL)


def test_a_batch_breaks_the_protocol_as_a_whole(client: RewardClient) -> None:
    with pytest.raises(InvalidRequestError, match=r"items\[1\]\.id: 'a' is also the id of items\[0\]"):
        client.score([item("a", "42"), item("a", "42")], components=TRIAL)
    with pytest.raises(InvalidRequestError, match="items: a batch must hold at least one item"):
        client.score([], components=TRIAL)
    with pytest.raises(InvalidRequestError, match=r"items\[1\]\.id: must not be empty"):
        client.score([item("a", "42"), item("", "42")], components=TRIAL)
    with pytest.raises(InvalidRequestError, match="the limit is 4096"):
        client.score([item(str(n), "42") for n in range(4097)], components=TRIAL)
    assert client.score([item("", "42")], components=TRIAL)[0].reward == 1.0


TIMED = pytest.mark.parametrize("way", [one_call, streamed, in_loop, streamed_in_loop], ids=lambda way: way.__name__)


@TIMED
@pytest.mark.parametrize("seconds", [0.0, -1.0, -math.inf])
def test_a_time_that_is_over_is_a_deadline_and_no_score(client: RewardClient, way: Score, seconds: float) -> None:
    with pytest.raises(DeadlineError, match="raise timeout_s"):
        way(client, [item("a", "42")], components=TRIAL, timeout_s=seconds)


@TIMED
@pytest.mark.parametrize("seconds", [1e9, 1e300, math.inf])
def test_any_time_however_long_is_a_time(client: RewardClient, way: Score, seconds: float) -> None:
    assert way(client, [item("a", "42")], components=TRIAL, timeout_s=seconds)[0].reward == 1.0


@TIMED
def test_a_time_that_is_no_number_is_refused(client: RewardClient, way: Score) -> None:
    with pytest.raises(InvalidRequestError, match="timeout_s"):
        way(client, [item("a", "42")], components=TRIAL, timeout_s=math.nan)


def test_a_stream_takes_ids_as_they_are(client: RewardClient) -> None:
    items = [item("same", "42"), item("", "41"), item("same", "40")]
    assert [(scored.id, scored.reward) for scored in client.score_stream(items, components=TRIAL)] == [
        ("same", 1.0),
        ("", 0.0),
        ("same", 0.0),
    ]
    assert list(client.score_stream([], components=TRIAL)) == []


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_weights_that_are_no_weights_are_refused_by_the_server_too(client: RewardClient, weight: float) -> None:
    with grpc.insecure_channel(client.address) as channel:
        stub = pb_grpc.RewardServiceStub(channel)
        component = pb.Component(verifier="trial", weight=weight)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Score(pb.ScoreRequest(items=[pb.ScoreItem(id="a")], components=[component]), timeout=5)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "components[0]: weight" in caught.value.details()


def test_a_wrong_item_that_was_submitted_fails_alone(client: RewardClient) -> None:
    futures = [
        client.submit(item("same", "42"), components=(Component(verifier="trail") if n % 5 == 0 else TRIAL[0],))
        for n in range(50)
    ]
    for number, future in enumerate(futures):
        if number % 5 == 0:
            with pytest.raises(InvalidRequestError, match="did you mean trial"):
                future.result()
        else:
            assert (future.result().id, future.result().reward) == ("same", 1.0)


def test_results_of_submitted_items_come_as_they_are_settled(client: RewardClient) -> None:
    slow = client.submit(item("slow", "sleep 0.2"), components=BEHAVE)
    quick = client.submit(item("quick", "42"), components=TRIAL)
    done, _ = concurrent.futures.wait((slow, quick), return_when=concurrent.futures.FIRST_COMPLETED)
    assert quick in done
    assert slow.result().reward == 1.0


def test_a_submitted_item_can_be_awaited(client: RewardClient) -> None:
    async def both() -> list[ScoredItem]:
        futures = [client.submit(item(name, "42"), components=TRIAL) for name in ("a", "b")]
        return list(await asyncio.gather(*map(asyncio.wrap_future, futures)))

    assert [scored.id for scored in asyncio.run(both())] == ["a", "b"]


def test_verifiers_are_listed_with_their_parameters(client: RewardClient) -> None:
    listed = {info.name: info for info in client.verifiers()}
    assert list(listed) == sorted(listed)
    assert '"maximum": 1.0' in listed["trial"].parameters_schema
    [scored] = client.score([item("a", "42")], components=TRIAL)
    assert scored.verdicts[0].digest == listed["trial"].digest


def test_a_client_works_in_a_notebook_whose_loop_is_running(client: RewardClient) -> None:
    """The calls block, as everything in a cell does, and use no loop of their own."""

    async def cell() -> list[ScoredItem]:
        items = [item("a", "42"), item("b", "41")]
        streamed_results = list(client.score_stream(items, components=TRIAL))
        return [*client.score(items, components=TRIAL), *streamed_results]

    assert [scored.reward for scored in asyncio.run(cell())] == [1.0, 0.0] * 2


def test_the_same_call_twice_at_once_has_the_same_verdicts(client: RewardClient) -> None:
    """So a call may be sent again at any time: nothing remembers that it was answered."""
    items = [item(str(n), text) for n, text in enumerate(["42", "41", "raise x", "die 9", "sleep 30"])]
    with concurrent.futures.ThreadPoolExecutor(4) as executor:
        answers = list(executor.map(lambda _: client.score(items, components=BEHAVE), range(4)))
    told = [[(scored.id, scored.reward, scored.verdicts) for scored in answer] for answer in answers]
    assert told == [told[0]] * 4


def test_many_threads_share_one_client(client: RewardClient) -> None:
    def ask(number: int) -> tuple[str, float | None]:
        [scored] = client.score([item(f"{number}", "42" if number % 2 else "41")], components=TRIAL)
        return scored.id, scored.reward

    with concurrent.futures.ThreadPoolExecutor(16) as executor:
        answers = list(executor.map(ask, range(100)))
    assert answers == [(f"{number}", float(number % 2)) for number in range(100)]


def test_the_bidirectional_stream_answers_every_id_once(client: RewardClient) -> None:
    def requests() -> Iterator[pb.ScoreStreamRequest]:
        for start in range(0, 40, 4):
            items = [
                pb.ScoreItem(
                    id=str(n), response="sleep 0.02" if n % 10 == 0 else "ok", reference=pb.Reference(answer="x")
                )
                for n in range(start, start + 4)
            ]
            yield pb.ScoreStreamRequest(items=items, components=[pb.Component(verifier="behave")])

    with grpc.insecure_channel(client.address) as channel:
        stub = pb_grpc.RewardServiceStub(channel)
        ids = [scored.id for answer in stub.ScoreStream(requests(), timeout=10) for scored in answer.results]
    assert sorted(ids, key=int) == [str(n) for n in range(40)]


def test_the_bidirectional_stream_refuses_an_id_in_flight(client: RewardClient) -> None:
    twice = pb.ScoreStreamRequest(
        items=[pb.ScoreItem(id="a", response="sleep 0.1")], components=[pb.Component(verifier="behave")]
    )
    with grpc.insecure_channel(client.address) as channel:
        stub = pb_grpc.RewardServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            list(stub.ScoreStream(iter([twice, twice]), timeout=10))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "unique" in caught.value.details()


def test_folders_of_private_servers_are_for_their_user_only(client: RewardClient) -> None:
    if not client.address.startswith("unix:") or "rfteval-" not in client.address:
        pytest.skip("not a private server")
    folder = Path(client.address.removeprefix("unix:")).parent
    assert folder.stat().st_mode & 0o777 == 0o700
