"""What is sent is what arrives: from_proto(to_proto(x)) == x, through bytes, for everything that can travel."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service import convert
from reward_service.types import (
    ANSWER_KINDS,
    Choice,
    Component,
    Reference,
    ScoredItem,
    ScoreItem,
    Status,
    StepScore,
    Tier,
    Verdict,
    VerifierInfo,
)
from reward_service.v1 import reward_pb2 as pb

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
finite = st.floats(allow_nan=False, allow_infinity=False)
shares = st.floats(0, 1)
positions = st.integers(0, 2**31 - 1)
plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | finite | texts
parameter_values = plain | st.lists(texts, max_size=3).map(tuple)
references = st.builds(
    Reference,
    answer=texts,
    alternatives=st.lists(texts, max_size=3).map(tuple),
    kind=st.sampled_from(ANSWER_KINDS),
    choices=st.lists(st.builds(Choice, label=texts, text=texts), max_size=3).map(tuple),
    precision=st.none() | st.integers(-(2**31), 2**31 - 1),
    tolerance=st.none() | finite,
    unit=texts,
    question=texts,
)
components = st.builds(
    Component,
    verifier=texts.filter(bool),
    weight=st.floats(0, 1e300),
    parameters=st.dictionaries(texts, parameter_values, max_size=3),
    optional=st.booleans(),
    gate=st.none() | shares,
)
items = st.builds(
    ScoreItem, id=texts, response=texts, reference=references, components=st.lists(components, max_size=3).map(tuple)
)
steps = st.builds(StepScore, start=positions, end=positions, score=shares, reason=texts)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    status = draw(st.sampled_from(Status))
    return Verdict(
        status=status,
        score=draw(shares) if status.scored else None,
        extracted=draw(st.none() | texts),
        reason=draw(texts),
        rule=draw(texts),
        extraction_rule=draw(texts),
        verifier=draw(texts),
        version=draw(texts),
        digest=draw(texts),
        flags=tuple(draw(st.lists(texts, max_size=3))),
        steps=tuple(draw(st.lists(steps, max_size=3))),
    )


scored_items = st.builds(
    ScoredItem,
    id=texts,
    verdicts=st.lists(verdicts(), max_size=3).map(tuple),
    reward=st.none() | finite,
    tier=st.sampled_from(Tier),
    elapsed_us=st.integers(0, 2**63 - 1),
)


@given(items)
def test_items_survive_the_wire(item: ScoreItem) -> None:
    message = pb.ScoreItem.FromString(convert.item_to_proto(item).SerializeToString())
    assert convert.item_from_proto(message) == item


@given(scored_items)
def test_results_survive_the_wire(scored: ScoredItem) -> None:
    sent = pb.ScoreResponse()
    convert.add_results(sent.results, [scored, scored])
    arrived = pb.ScoreResponse.FromString(sent.SerializeToString())
    assert [convert.scored_from_proto(message) for message in arrived.results] == [scored, scored]


@given(st.builds(VerifierInfo, name=texts, version=texts, digest=texts, summary=texts, parameters_schema=texts))
def test_descriptions_survive_the_wire(info: VerifierInfo) -> None:
    assert convert.info_from_proto(pb.VerifierInfo.FromString(convert.info_to_proto(info).SerializeToString())) == info


@given(st.text(max_size=20))
def test_replacing_surrogates_makes_any_text_sendable_and_changes_nothing_else(text: str) -> None:
    sent = convert.encodable(text)
    assert pb.ScoreItem(response=sent).response == sent
    kept = "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    assert sent == kept


@given(st.text(max_size=20))
def test_a_verdict_with_any_text_can_be_sent(text: str) -> None:
    verdict = Verdict(status=Status.CORRECT, score=1.0, extracted=text, reason=text, flags=(text,))
    arrived = convert.verdict_from_proto(convert.verdict_to_proto(verdict))
    assert arrived.extracted == arrived.reason == arrived.flags[0] == convert.encodable(text)
    assert (arrived.status, arrived.score) == (verdict.status, verdict.score)


def test_absent_is_not_zero_on_the_wire() -> None:
    response = pb.ScoreResponse()
    zero = ScoredItem(id="", verdicts=(), reward=0.0, tier=Tier.INLINE, elapsed_us=0)
    absent = ScoredItem(id="", verdicts=(), reward=None, tier=Tier.INLINE, elapsed_us=0)
    convert.add_results(response.results, [zero, absent])
    assert [message.HasField("reward") for message in response.results] == [True, False]
    wrong = convert.verdict_to_proto(Verdict(status=Status.INCORRECT, score=0.0))
    assert wrong.HasField("score")
    assert not convert.verdict_to_proto(Verdict(status=Status.TIMEOUT)).HasField("score")


def test_an_absent_reference_is_one_without_an_answer() -> None:
    assert convert.item_from_proto(pb.ScoreItem(id="a", response="b")).reference == Reference(answer="")


@pytest.mark.parametrize(
    "message",
    [
        pb.Verdict(status=pb.STATUS_TIMEOUT, score=0.0),
        pb.Verdict(status=pb.STATUS_CORRECT),
        pb.Verdict(status=pb.STATUS_CORRECT, score=math.nan),
        pb.Verdict(status=pb.STATUS_UNSPECIFIED),
        pb.Verdict(status=99),  # type: ignore[arg-type]
        pb.Verdict(status=-1),  # type: ignore[arg-type]
    ],
)
def test_a_verdict_that_breaks_the_contract_is_no_verdict(message: pb.Verdict) -> None:
    with pytest.raises(ValueError, match=r"score|status"):
        convert.verdict_from_proto(message)


def test_every_status_and_tier_has_the_number_of_the_contract() -> None:
    assert {f"STATUS_{status.name}": int(status) for status in Status} == {
        name: number for name, number in pb.Status.items() if number
    }
    assert {f"TIER_{tier.name}": int(tier) for tier in Tier} == {
        name: number for name, number in pb.Tier.items() if number
    }


def test_values_that_cannot_travel_are_named() -> None:
    with pytest.raises(ValueError, match="'when' cannot be sent"):
        convert.component_to_proto(Component(parameters={"when": object()}))
    with pytest.raises(ValueError, match="out of range"):
        convert.reference_to_proto(Reference(answer="1", precision=2**40))
