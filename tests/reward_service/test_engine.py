"""What the engine settles by itself: which verifier "auto" is, what the cache may answer, what is refused unread."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service import engine as engine_module
from reward_service.config import ServerConfig
from reward_service.embedded import child_environment
from reward_service.engine import Engine, Unfinished, check_ids
from reward_service.errors import InvalidRequestError
from reward_service.metrics import ServerCounts
from reward_service.pool import Pool, PoolVerdict
from reward_service.servicer import _Stream
from reward_service.types import Choice, Component, Reference, ScoredItem, ScoreItem, Status, Tier, Verdict
from reward_service.v1 import reward_pb2 as pb
from reward_service.verifiers.registry import Verifier
from reward_service.watch import InlineLimitReached, NoWatch

TRIAL = (Component(verifier="trial"),)
OPTIONS = (Choice(label="A", text="cat"), Choice(label="B", text="dog"))


class StandIn:
    """A pool without processes: it counts what it is given and answers, when told to, with one verdict."""

    def __init__(self) -> None:
        self.submitted = 0
        self.full = False
        self.release = asyncio.Event()
        self.verdict = Verdict(status=Status.CORRECT, score=1.0)
        self.final = True

    async def submit(self, payload: bytes, verifier: Verifier) -> PoolVerdict:
        self.submitted += 1
        await self.release.wait()
        return PoolVerdict(verdict=self.verdict, tier=Tier.WORKER, elapsed_us=5, final=self.final)


def engine(pool: StandIn | None = None) -> Engine:
    return Engine(ServerConfig(), cast(Pool, pool))


def item(response: str, *, answer: str = "42", choices: tuple[Choice, ...] = (), name: str = "a") -> ScoreItem:
    return ScoreItem(id=name, response=response, reference=Reference(answer=answer, choices=choices))


def score(one: ScoreItem, *components: Component) -> ScoredItem:
    found = engine()
    begun = found.begin(one, found.plan(components, (one,)))
    assert isinstance(begun, ScoredItem)
    return begun


def test_auto_is_choice_where_there_are_choices_and_else_math() -> None:
    assert score(item(r"\boxed{42}")).verdicts[0].verifier == "math"
    assert score(item(r"\boxed{B}", answer="B", choices=OPTIONS)).verdicts[0].verifier == "choice"


def test_auto_takes_the_parameters_of_either_and_no_others() -> None:
    expression = Component(parameters={"input": "expression"})
    assert score(item("42"), expression).verdicts[0].status is Status.CORRECT
    assert score(item("B", answer="B", choices=OPTIONS), expression).verdicts[0].status is Status.CORRECT
    rounding = Component(parameters={"rounding": "exact"})  # of `math` alone
    assert score(item(r"\boxed{B}", answer="B", choices=OPTIONS), rounding).verdicts[0].verifier == "choice"
    with pytest.raises(InvalidRequestError, match=r"'rouding'.*did you mean 'rounding'"):
        score(item("42"), Component(parameters={"rouding": "exact"}))


def test_a_call_without_choices_does_not_load_what_reads_them() -> None:
    code = (
        "import sys\n"
        "from reward_service.config import ServerConfig\n"
        "from reward_service.engine import Engine\n"
        "from reward_service.types import Reference, ScoreItem\n"
        "item = ScoreItem(id='a', response='42', reference=Reference(answer='42'))\n"
        "Engine(ServerConfig(), None).plan((), (item,))\n"
        "assert 'reward_service.verifiers.math' in sys.modules\n"
        "assert 'reward_service.verifiers.choice' not in sys.modules\n"
        "assert 'sympy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=child_environment())


@given(st.lists(st.text(max_size=2), max_size=6))
def test_ids_are_present_and_unique_or_the_call_is_refused(ids: list[str]) -> None:
    items = [item("x", name=name) for name in ids]
    fine = bool(ids) and len(set(ids)) == len(ids) and (len(ids) == 1 or "" not in ids)
    if fine:
        check_ids(items, 6)
    else:
        with pytest.raises(InvalidRequestError, match="items"):
            check_ids(items, 6)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (Reference(answer="x" * 20_001), "answer has more than"),
        (Reference(answer="x", alternatives=("y",) * 65), "more than 64 alternatives"),
        (Reference(answer="x", choices=(Choice(label="A"),) * 65), "more than 64 choices"),
    ],
)
def test_references_over_the_limits_are_rejected_unread(reference: Reference, words: str) -> None:
    found = score(ScoreItem(id="a", response="x", reference=reference), *TRIAL)
    assert found.verdicts[0].status is Status.REJECTED
    assert words in found.verdicts[0].reason
    assert (found.verdicts[0].verifier, found.reward) == ("trial", None)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.integers(1, 120))
def test_the_limit_of_a_response_counts_its_bytes(text: str, limit: int) -> None:
    found = Engine(ServerConfig(max_response_bytes=limit), cast(Pool, None))
    begun = found.begin(item(text), found.plan(TRIAL, ()))
    assert isinstance(begun, ScoredItem)
    assert (begun.verdicts[0].status is Status.REJECTED) == (len(text.encode()) > limit)


def test_equal_checks_share_one_run_and_it_outlives_the_first_who_asked() -> None:
    async def run() -> None:
        pool = StandIn()
        found = engine(pool)
        plan = found.plan((Component(verifier="behave"),), ())
        tasks = []
        for _ in range(3):
            begun = found.begin(item("the same"), plan)
            assert isinstance(begun, Unfinished)
            tasks.append(asyncio.create_task(found.finish(begun)))
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.sleep(0)
        pool.release.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)
        assert [cast(ScoredItem, other).reward for other in results[1:]] == [1.0, 1.0]
        assert pool.submitted == 1

    asyncio.run(run())


def test_a_run_nobody_waits_for_is_dropped_and_the_next_asker_starts_anew() -> None:
    async def run() -> None:
        pool = StandIn()
        found = engine(pool)
        plan = found.plan((Component(verifier="behave"),), ())
        begun = found.begin(item("gone"), plan)
        assert isinstance(begun, Unfinished)
        task = asyncio.create_task(found.finish(begun))
        await asyncio.sleep(0)
        task.cancel()
        again = found.begin(item("gone"), plan)
        assert isinstance(again, Unfinished)
        second = asyncio.create_task(found.finish(again))
        await asyncio.sleep(0.01)
        assert task.cancelled()
        pool.release.set()
        assert (await second).reward == 1.0

    asyncio.run(run())


@pytest.mark.parametrize("final", [True, False])
def test_only_a_final_verdict_is_remembered(final: bool) -> None:
    async def run() -> None:
        pool = StandIn()
        pool.final = final
        pool.verdict = Verdict(status=Status.TIMEOUT)
        pool.release.set()
        found = engine(pool)
        plan = found.plan((Component(verifier="behave"),), ())
        begun = found.begin(item("slow"), plan)
        assert isinstance(begun, Unfinished)
        assert (await found.finish(begun)).reward is None
        assert isinstance(found.begin(item("slow"), plan), ScoredItem if final else Unfinished)

    asyncio.run(run())


class Impatient(NoWatch):
    """A watch that finds every check too long while it is told to."""

    interrupting = True

    def begin(self) -> None:
        if self.interrupting:
            raise InlineLimitReached


def test_a_verifier_that_held_the_front_stays_out_of_it_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Impatient()
    found = Engine(ServerConfig(), cast(Pool, None), watch)
    plan = found.plan((Component(verifier="behave_inline"),), ())
    monkeypatch.setattr(engine_module, "_DISTRUST_S", 1e9)
    assert isinstance(found.begin(item("held"), plan), Unfinished)
    watch.interrupting = False
    assert isinstance(found.begin(item("another"), plan), Unfinished)
    assert isinstance(found.begin(item("42"), found.plan(TRIAL, ())), ScoredItem)  # other verifiers are still let in
    monkeypatch.setattr(engine_module, "_DISTRUST_S", 0.0)
    fresh = Engine(ServerConfig(), cast(Pool, None), watch)
    watch.interrupting = True
    assert isinstance(fresh.begin(item("held"), plan), Unfinished)
    watch.interrupting = False
    assert isinstance(fresh.begin(item("another"), plan), ScoredItem)


def test_streams_together_hold_no_more_items_than_the_server_may() -> None:
    """A stream that is open is not read on while the server is full, and goes on when there is room."""

    async def run() -> None:
        pool = StandIn()
        config = ServerConfig(max_pending_items=3, max_items_per_call=3)
        counts = ServerCounts()
        streams = [_Stream(Engine(config, cast(Pool, pool)), config, counts) for _ in range(2)]
        readers = [
            asyncio.create_task(stream.read(messages(str(n)), asyncio.Event())) for n, stream in enumerate(streams)
        ]
        while counts.pending < 3:
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        assert (counts.pending, pool.submitted) == (3, 3)
        pool.release.set()
        settled = 0
        for stream in streams:
            while (results := await stream.settled()) is not None:
                settled += len(results)
        await asyncio.gather(*readers)
        assert (settled, counts.pending) == (20, 0)

    async def messages(name: str) -> AsyncIterator[bytes]:
        for number in range(10):
            one = pb.ScoreItem(id=f"{number}", response=f"{name} {number}", reference=pb.Reference(answer="42"))
            message = pb.ScoreStreamRequest(items=[one], components=[pb.Component(verifier="behave")])
            yield message.SerializeToString()

    asyncio.run(run())


def test_an_installed_verifier_is_not_run_in_the_front_unless_it_promises() -> None:
    found = engine()
    one = item("42")
    assert isinstance(found.begin(one, found.plan((Component(verifier="behave"),), (one,))), Unfinished)
    assert isinstance(found.begin(one, found.plan((Component(verifier="behave_inline"),), (one,))), ScoredItem)
