"""The nouns of types.py ↔ the messages of reward_service.v1: from_proto(to_proto(x)) == x for every x that can travel.

Kept lean, since every item crosses it four times. Lone surrogates cannot travel in protobuf strings: texts that hold
some are sent with U+FFFD in their place (`encodable`), and the caller is told by a flag.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from google.protobuf.struct_pb2 import ListValue, Struct, Value

from reward_service.drafts import ReferenceDraft, ScoredItemDraft, ScoreItemDraft, VerdictDraft, closed
from reward_service.limits import DEFAULT_LIMITS
from reward_service.types import (
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

if TYPE_CHECKING:
    from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

# Members by number: a look-up is several times faster than calling an enum.
_STATUSES = {int(status): status for status in Status}
_TIERS = {int(tier): tier for tier in Tier}


def encodable(text: str) -> str:
    """`text` with each lone surrogate replaced by U+FFFD, which is all that UTF-8 can carry of it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def item_to_proto(item: ScoreItem) -> pb.ScoreItem:
    """The message of an item. Raises ValueError for a lone surrogate or a number that does not fit its field."""
    message = pb.ScoreItem()
    fill_item(message, item)
    return message


def fill_item(message: pb.ScoreItem, item: ScoreItem) -> None:
    """As `item_to_proto`, into an empty message that a request already holds: protobuf copies what it is given."""
    message.id = item.id
    message.response = item.response
    _set_reference(message.reference, item.reference)
    if item.components:
        message.components.extend(map(component_to_proto, item.components))


def encodable_item(item: ScoreItem) -> ScoreItem:
    """`item` with lone surrogates replaced in its response and reference. Its id and components stay as they are."""
    reference = item.reference
    return ScoreItem(
        id=item.id,
        response=encodable(item.response),
        reference=Reference(
            answer=encodable(reference.answer),
            alternatives=tuple(map(encodable, reference.alternatives)),
            kind=encodable(reference.kind),
            choices=tuple(Choice(label=encodable(c.label), text=encodable(c.text)) for c in reference.choices),
            precision=reference.precision,
            tolerance=reference.tolerance,
            unit=encodable(reference.unit),
            question=encodable(reference.question),
        ),
        components=item.components,
    )


def item_from_proto(message: pb.ScoreItem) -> ScoreItem:
    """The item of a message. Raises ValueError, naming the field, for a component that breaks a rule."""
    draft = ScoreItemDraft()
    draft.id = message.id
    draft.response = message.response
    draft.reference = reference_from_proto(message.reference)
    draft.components = components_from_proto(message.components) if message.components else ()
    return closed(draft, ScoreItem)


def reference_to_proto(reference: Reference) -> pb.Reference:
    """The message of a reference; fields that hold their default are left out."""
    message = pb.Reference()
    _set_reference(message, reference)
    return message


def _set_reference(message: pb.Reference, reference: Reference) -> None:
    message.SetInParent()
    message.answer = reference.answer
    if reference.kind != "auto":
        message.kind = reference.kind
    if reference.alternatives:
        message.alternatives.extend(reference.alternatives)
    if reference.choices:
        message.choices.extend([pb.Choice(label=choice.label, text=choice.text) for choice in reference.choices])
    if reference.precision is not None:
        message.precision = reference.precision
    if reference.tolerance is not None:
        message.tolerance = reference.tolerance
    if reference.unit:
        message.unit = reference.unit
    if reference.question:
        message.question = reference.question


def reference_from_proto(message: pb.Reference) -> Reference:
    """The reference of a message; one that is absent has the empty answer, which no verifier takes for a reference."""
    alternatives, choices = message.alternatives, message.choices
    draft = ReferenceDraft()
    draft.answer = message.answer
    draft.alternatives = tuple(alternatives) if alternatives else ()
    draft.kind = message.kind or "auto"
    draft.choices = tuple([Choice(label=choice.label, text=choice.text) for choice in choices]) if choices else ()
    draft.precision = message.precision if message.HasField("precision") else None
    draft.tolerance = message.tolerance if message.HasField("tolerance") else None
    draft.unit = message.unit
    draft.question = message.question
    return closed(draft, Reference)


def component_to_proto(component: Component) -> pb.Component:
    """The message of a component. Raises ValueError for a parameter value that JSON could not hold."""
    message = pb.Component(verifier=component.verifier, optional=component.optional)
    if component.weight != 1.0:
        message.weight = component.weight
    if component.gate is not None:
        message.gate = component.gate
    for name, value in component.parameters.items():
        _set_value(message.parameters.fields[name], name, value)
    return message


def component_from_proto(message: pb.Component) -> Component:
    """The component of a message. Raises ValueError for a weight or gate out of range."""
    return Component(
        verifier=message.verifier or "auto",
        weight=message.weight if message.HasField("weight") else 1.0,
        parameters=parameters_from_proto(message.parameters) if message.HasField("parameters") else {},
        optional=message.optional,
        gate=message.gate if message.HasField("gate") else None,
    )


def components_from_proto(messages: RepeatedCompositeFieldContainer[pb.Component]) -> tuple[Component, ...]:
    """As `component_from_proto`; the error says which of them. Raises ValueError for too many, too."""
    most = DEFAULT_LIMITS.components
    if len(messages) > most:
        raise ValueError(f"components: {len(messages)} components; the limit is {most}")
    components = []
    for index, message in enumerate(messages):
        try:
            components.append(component_from_proto(message))
        except ValueError as error:
            raise ValueError(f"components[{index}]: {error}") from None
    return tuple(components)


def parameters_from_proto(struct: Struct) -> Mapping[str, object]:
    """Plain values by name. Numbers are floats, lists are tuples."""
    return {name: _get_value(value) for name, value in struct.fields.items()}


def _set_value(message: Value, name: str, value: object) -> None:
    if value is None:
        message.null_value = 0  # type: ignore[assignment]
    elif isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, (int, float)):
        message.number_value = value
    elif isinstance(value, str):
        message.string_value = value
    elif isinstance(value, (list, tuple)):
        message.list_value.SetInParent()
        for part in value:
            _set_value(message.list_value.values.add(), name, part)
    else:
        raise ValueError(f"parameter {name!r} cannot be sent: {type(value).__name__} is not a plain value")


def _get_value(message: Value) -> object:
    kind = message.WhichOneof("kind")
    if kind == "list_value":
        values: ListValue = message.list_value
        return tuple(_get_value(value) for value in values.values)
    if kind == "struct_value":
        return dict(parameters_from_proto(message.struct_value))
    return None if kind in (None, "null_value") else getattr(message, kind)


def verdict_to_proto(verdict: Verdict) -> pb.Verdict:
    """The message of a verdict, with U+FFFD for lone surrogates in its texts."""
    message = pb.Verdict()
    _fill_verdict(message, verdict)
    return message


def add_results(results: RepeatedCompositeFieldContainer[pb.ScoredItem], scored: Iterable[ScoredItem]) -> None:
    """Append the messages of scored items to a response. In place, since protobuf copies whatever is assigned."""
    for item in scored:
        message = results.add()  # fields by keyword cost a fifth more
        message.id = item.id
        if item.reward is not None:
            message.reward = item.reward
        message.tier = item.tier  # type: ignore[assignment]
        message.elapsed_us = item.elapsed_us
        verdicts = message.verdicts
        for verdict in item.verdicts:
            _fill_verdict(verdicts.add(), verdict)


def _fill_verdict(message: pb.Verdict, verdict: Verdict) -> None:
    try:
        _set_verdict(message, verdict)
    except UnicodeEncodeError:
        message.Clear()
        _set_verdict(message, _encodable_verdict(verdict))


def _set_verdict(message: pb.Verdict, verdict: Verdict) -> None:
    message.status = verdict.status  # type: ignore[assignment]
    if verdict.score is not None:
        message.score = verdict.score
    if verdict.extracted is not None:
        message.extracted = verdict.extracted
    message.reason = verdict.reason
    message.rule = verdict.rule
    message.extraction_rule = verdict.extraction_rule
    message.verifier = verdict.verifier
    message.version = verdict.version
    message.digest = verdict.digest
    if verdict.flags:
        message.flags.extend(verdict.flags)
    for step in verdict.steps:
        message.steps.add(start=step.start, end=step.end, score=step.score, reason=step.reason)


def _encodable_verdict(verdict: Verdict) -> Verdict:
    return Verdict(
        status=verdict.status,
        score=verdict.score,
        extracted=None if verdict.extracted is None else encodable(verdict.extracted),
        reason=encodable(verdict.reason),
        rule=encodable(verdict.rule),
        extraction_rule=encodable(verdict.extraction_rule),
        verifier=verdict.verifier,
        version=verdict.version,
        digest=verdict.digest,
        flags=tuple(map(encodable, verdict.flags)),
        steps=tuple(
            StepScore(start=step.start, end=step.end, score=step.score, reason=encodable(step.reason))
            for step in verdict.steps
        ),
    )


def verdict_from_proto(message: pb.Verdict) -> Verdict:
    """The verdict of a message. Raises ValueError for a message that breaks the contract."""
    status = _STATUSES.get(message.status)
    if status is None:
        raise ValueError(f"a verdict with unknown status {message.status}: the server is newer than this client")
    flags, steps = message.flags, message.steps
    draft = VerdictDraft()
    draft.status = status
    draft.score = message.score if message.HasField("score") else None
    draft.extracted = message.extracted if message.HasField("extracted") else None
    draft.reason = message.reason
    draft.rule = message.rule
    draft.extraction_rule = message.extraction_rule
    draft.verifier = message.verifier
    draft.version = message.version
    draft.digest = message.digest
    draft.flags = tuple(flags) if flags else ()
    draft.steps = (
        tuple([StepScore(start=s.start, end=s.end, score=s.score, reason=s.reason) for s in steps]) if steps else ()
    )
    verdict = closed(draft, Verdict)
    verdict.__post_init__()
    return verdict


def scored_from_proto(message: pb.ScoredItem, item_id: str | None = None) -> ScoredItem:
    """The scored item of a message, with its own id or another. Raises ValueError where it breaks the contract."""
    tier = _TIERS.get(message.tier)
    if tier is None:
        raise ValueError(f"a result with unknown tier {message.tier}: the server is newer than this client")
    draft = ScoredItemDraft()
    draft.id = message.id if item_id is None else item_id
    # A slice is a list at once; a loop over the messages themselves ends by an exception, at the cost of four fields.
    draft.verdicts = tuple([verdict_from_proto(verdict) for verdict in message.verdicts[:]])
    draft.reward = message.reward if message.HasField("reward") else None
    draft.tier = tier
    draft.elapsed_us = message.elapsed_us
    return closed(draft, ScoredItem)


def info_to_proto(info: VerifierInfo) -> pb.VerifierInfo:
    """The message of a verifier's description."""
    return pb.VerifierInfo(
        name=info.name,
        version=info.version,
        digest=info.digest,
        summary=info.summary,
        parameters_schema=info.parameters_schema,
    )


def info_from_proto(message: pb.VerifierInfo) -> VerifierInfo:
    """The description in a message."""
    return VerifierInfo(
        name=message.name,
        version=message.version,
        digest=message.digest,
        summary=message.summary,
        parameters_schema=message.parameters_schema,
    )
