"""Each kind of bad input ends as docs/protocol.md says, in a call and in a stream alike, and never as a score."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grpc
import pytest

from reward_service.v1 import reward_pb2 as pb
from reward_service.v1 import reward_pb2_grpc as pb_grpc
from tests.server_process import running_server

TRIAL = (pb.Component(verifier="trial"),)
INVALID = grpc.StatusCode.INVALID_ARGUMENT
Ask = Callable[..., list[pb.ScoredItem]]


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pb_grpc.RewardServiceStub]:
    with (
        running_server(tmp_path_factory.mktemp("server")) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        yield pb_grpc.RewardServiceStub(channel)


@pytest.fixture(params=["call", "stream"])
def ask(request: pytest.FixtureRequest, stub: pb_grpc.RewardServiceStub) -> Ask:
    """The results of one message by either method, without our client in between."""

    def in_a_call(
        items: Sequence[pb.ScoreItem], components: Sequence[pb.Component] = TRIAL, timeout: float = 60
    ) -> list[pb.ScoredItem]:
        return list(stub.Score(pb.ScoreRequest(items=items, components=components), timeout=timeout).results)

    def in_a_stream(
        items: Sequence[pb.ScoreItem], components: Sequence[pb.Component] = TRIAL, timeout: float = 60
    ) -> list[pb.ScoredItem]:
        message = pb.ScoreStreamRequest(items=items, components=components)
        return [scored for part in stub.ScoreStream(iter([message]), timeout=timeout) for scored in part.results]

    return in_a_call if request.param == "call" else in_a_stream


def item(
    name: str = "a", response: str = "42", components: Sequence[pb.Component] = (), **reference: Any
) -> pb.ScoreItem:
    given = pb.Reference(**{"answer": "42", **reference})
    return pb.ScoreItem(id=name, response=response, reference=given, components=components)


def with_parameter(value: object, name: str = "share") -> pb.Component:
    component = pb.Component(verifier="trial")
    component.parameters.update({name: value})
    return component


SHARED: dict[str, tuple[pb.Component, list[str]]] = {
    "unknown verifier": (pb.Component(verifier="trail"), ["components[0].verifier", "'trail'", "did you mean trial"]),
    "unknown parameter": (with_parameter(1, "shar"), ["components[0].parameters", "'shar'", "did you mean 'share'"]),
    "parameter of a wrong type": (with_parameter("x"), ["components[0].parameters", "'share'", "expected number"]),
    "parameter out of range": (with_parameter(7), ["'share'", "at most 1"]),
    "parameter that is nothing": (with_parameter(None), ["'share'", "null"]),
    "parameter that is a mapping": (with_parameter({"a": 1}), ["'share'", "expected number"]),
    **{f"weight {weight}": (pb.Component(weight=weight), ["weight"]) for weight in (-1, math.nan, math.inf)},
    **{f"gate {gate}": (pb.Component(gate=gate), ["gate"]) for gate in (-0.1, 1.1, math.nan)},
    "length that a rule lacks": (pb.Component(verifier="length"), ["components[0].parameters", "'length'"]),
    "judge that is not there": (pb.Component(verifier="llm_judge"), ["no judge 'default'"]),
}


@pytest.mark.parametrize("place", ["request", "item"])
@pytest.mark.parametrize("case", SHARED)
def test_a_component_that_cannot_be_run_is_a_call_that_is_refused(ask: Ask, case: str, place: str) -> None:
    component, words = SHARED[case]
    with pytest.raises(grpc.RpcError) as caught:
        if place == "request":
            ask([item()], [component])
        else:
            ask([item("good"), item("bad", components=[component])])
    assert caught.value.code() is INVALID
    assert all(word in caught.value.details() for word in words), caught.value.details()
    assert place == "request" or "items[1].components[0]" in caught.value.details()


CALLS: dict[str, tuple[list[pb.ScoreItem], list[pb.Component], str]] = {
    "an id twice": ([item(), item()], [*TRIAL], "items[1].id: 'a' is also the id of items[0]"),
    "an empty batch": ([], [*TRIAL], "at least one item"),
    "no id among several": ([item(), item("")], [*TRIAL], "items[1].id"),
    "too many items": ([item(str(n)) for n in range(4097)], [*TRIAL], "the limit is 4096"),
    "too many components": ([item()], [*TRIAL] * 65, "65 components; the limit is 64"),
    "too many of an item's own": ([item(components=[*TRIAL] * 65)], [], "items[0].components: 65 components"),
}


@pytest.mark.parametrize("case", CALLS)
def test_what_breaks_the_call_is_refused_by_name(ask: Ask, case: str) -> None:
    items, components, words = CALLS[case]
    with pytest.raises(grpc.RpcError) as caught:
        ask(items, components)
    assert caught.value.code() is INVALID
    assert words in caught.value.details()


REJECTED, UNUSABLE = pb.STATUS_REJECTED, pb.STATUS_INVALID_REFERENCE
ITEMS: dict[str, tuple[pb.ScoreItem, Any, str]] = {
    "long text": (item(response="é" * (1 << 19) + "é"), REJECTED, "more than 1048576 bytes"),
    "long answer": (item(answer="x" * 20_001), REJECTED, "more than 20000 characters"),
    "many alternatives": (item(alternatives=["x"] * 65), REJECTED, "more than 64 alternatives"),
    "many choices": (item(choices=[pb.Choice(label="A")] * 65), REJECTED, "more than 64 choices"),
    "long alternatives": (item(alternatives=["1+" * 50_000] * 2), REJECTED, "more than 200000 characters"),
    "long choices": (item(choices=[pb.Choice(label="A", text="x" * 200_000)]), REJECTED, "more than 200000"),
    "long question": (item(question="why? " * 50_000), REJECTED, "more than 200000 characters"),
    "long unit": (item(unit="m" * 200_000), REJECTED, "more than 200000 characters"),
    "no reference": (pb.ScoreItem(id="a", response="42"), UNUSABLE, "no reference"),
    "unknown kind": (item(kind="nummer"), UNUSABLE, "'nummer' is unknown; one of auto, choice, number"),
    "negative tolerance": (item(tolerance=-0.1), UNUSABLE, "tolerance must be finite and not negative"),
    "tolerance that is no number": (item(tolerance=math.nan), UNUSABLE, "tolerance must be finite"),
    "endless tolerance": (item(tolerance=math.inf), UNUSABLE, "tolerance must be finite"),
    "negative precision": (item(precision=-1), UNUSABLE, "precision must be from 0 to 2000"),
    "absurd precision": (item(precision=2**31 - 1), UNUSABLE, "precision must be from 0 to 2000"),
}


@pytest.mark.parametrize("case", ITEMS)
def test_a_bad_item_is_unscored_alone(ask: Ask, case: str) -> None:
    bad, status, words = ITEMS[case]
    bad.id = "bad"
    found = {scored.id: scored for scored in ask([item("before"), bad, item("after")])}
    [verdict] = found["bad"].verdicts
    assert verdict.status == status
    assert words in verdict.reason
    assert not verdict.HasField("score") and not found["bad"].HasField("reward")
    assert verdict.verifier == "trial" and verdict.digest
    assert [found[name].reward for name in ("before", "after")] == [1.0, 1.0]


def test_a_deadline_that_has_passed_is_no_score(ask: Ask) -> None:
    hanging = item(response="sleep 30", components=[pb.Component(verifier="behave")])
    for timeout in (-1.0, 0.05):
        with pytest.raises(grpc.RpcError) as caught:
            ask([hanging], timeout=timeout)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert ask([item()])[0].reward == 1.0
