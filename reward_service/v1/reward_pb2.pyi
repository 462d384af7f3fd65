from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATUS_UNSPECIFIED: _ClassVar[Status]
    STATUS_CORRECT: _ClassVar[Status]
    STATUS_INCORRECT: _ClassVar[Status]
    STATUS_PARTIAL: _ClassVar[Status]
    STATUS_NO_ANSWER: _ClassVar[Status]
    STATUS_TIMEOUT: _ClassVar[Status]
    STATUS_OUT_OF_MEMORY: _ClassVar[Status]
    STATUS_CRASHED: _ClassVar[Status]
    STATUS_REJECTED: _ClassVar[Status]
    STATUS_INVALID_REFERENCE: _ClassVar[Status]
    STATUS_ERROR: _ClassVar[Status]

class Tier(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TIER_UNSPECIFIED: _ClassVar[Tier]
    TIER_INLINE: _ClassVar[Tier]
    TIER_CACHE: _ClassVar[Tier]
    TIER_WORKER: _ClassVar[Tier]
    TIER_SLOW_LANE: _ClassVar[Tier]
STATUS_UNSPECIFIED: Status
STATUS_CORRECT: Status
STATUS_INCORRECT: Status
STATUS_PARTIAL: Status
STATUS_NO_ANSWER: Status
STATUS_TIMEOUT: Status
STATUS_OUT_OF_MEMORY: Status
STATUS_CRASHED: Status
STATUS_REJECTED: Status
STATUS_INVALID_REFERENCE: Status
STATUS_ERROR: Status
TIER_UNSPECIFIED: Tier
TIER_INLINE: Tier
TIER_CACHE: Tier
TIER_WORKER: Tier
TIER_SLOW_LANE: Tier

class ScoreRequest(_message.Message):
    __slots__ = ("items", "components")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[ScoreItem]
    components: _containers.RepeatedCompositeFieldContainer[Component]
    def __init__(self, items: _Optional[_Iterable[_Union[ScoreItem, _Mapping]]] = ..., components: _Optional[_Iterable[_Union[Component, _Mapping]]] = ...) -> None: ...

class ScoreResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[ScoredItem]
    def __init__(self, results: _Optional[_Iterable[_Union[ScoredItem, _Mapping]]] = ...) -> None: ...

class ScoreStreamRequest(_message.Message):
    __slots__ = ("items", "components")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[ScoreItem]
    components: _containers.RepeatedCompositeFieldContainer[Component]
    def __init__(self, items: _Optional[_Iterable[_Union[ScoreItem, _Mapping]]] = ..., components: _Optional[_Iterable[_Union[Component, _Mapping]]] = ...) -> None: ...

class ScoreStreamResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[ScoredItem]
    def __init__(self, results: _Optional[_Iterable[_Union[ScoredItem, _Mapping]]] = ...) -> None: ...

class ScoreItem(_message.Message):
    __slots__ = ("id", "response", "reference", "components")
    ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    response: str
    reference: Reference
    components: _containers.RepeatedCompositeFieldContainer[Component]
    def __init__(self, id: _Optional[str] = ..., response: _Optional[str] = ..., reference: _Optional[_Union[Reference, _Mapping]] = ..., components: _Optional[_Iterable[_Union[Component, _Mapping]]] = ...) -> None: ...

class Reference(_message.Message):
    __slots__ = ("answer", "alternatives", "kind", "choices", "precision", "tolerance", "unit", "question")
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    answer: str
    alternatives: _containers.RepeatedScalarFieldContainer[str]
    kind: str
    choices: _containers.RepeatedCompositeFieldContainer[Choice]
    precision: int
    tolerance: float
    unit: str
    question: str
    def __init__(self, answer: _Optional[str] = ..., alternatives: _Optional[_Iterable[str]] = ..., kind: _Optional[str] = ..., choices: _Optional[_Iterable[_Union[Choice, _Mapping]]] = ..., precision: _Optional[int] = ..., tolerance: _Optional[float] = ..., unit: _Optional[str] = ..., question: _Optional[str] = ...) -> None: ...

class Choice(_message.Message):
    __slots__ = ("label", "text")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    label: str
    text: str
    def __init__(self, label: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class Component(_message.Message):
    __slots__ = ("verifier", "weight", "parameters", "optional", "gate")
    VERIFIER_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    OPTIONAL_FIELD_NUMBER: _ClassVar[int]
    GATE_FIELD_NUMBER: _ClassVar[int]
    verifier: str
    weight: float
    parameters: _struct_pb2.Struct
    optional: bool
    gate: float
    def __init__(self, verifier: _Optional[str] = ..., weight: _Optional[float] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., optional: _Optional[bool] = ..., gate: _Optional[float] = ...) -> None: ...

class ScoredItem(_message.Message):
    __slots__ = ("id", "verdicts", "reward", "tier", "elapsed_us")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    REWARD_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_US_FIELD_NUMBER: _ClassVar[int]
    id: str
    verdicts: _containers.RepeatedCompositeFieldContainer[Verdict]
    reward: float
    tier: Tier
    elapsed_us: int
    def __init__(self, id: _Optional[str] = ..., verdicts: _Optional[_Iterable[_Union[Verdict, _Mapping]]] = ..., reward: _Optional[float] = ..., tier: _Optional[_Union[Tier, str]] = ..., elapsed_us: _Optional[int] = ...) -> None: ...

class Verdict(_message.Message):
    __slots__ = ("status", "score", "extracted", "reason", "rule", "extraction_rule", "verifier", "version", "digest", "flags", "steps")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    EXTRACTED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    EXTRACTION_RULE_FIELD_NUMBER: _ClassVar[int]
    VERIFIER_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    status: Status
    score: float
    extracted: str
    reason: str
    rule: str
    extraction_rule: str
    verifier: str
    version: str
    digest: str
    flags: _containers.RepeatedScalarFieldContainer[str]
    steps: _containers.RepeatedCompositeFieldContainer[StepScore]
    def __init__(self, status: _Optional[_Union[Status, str]] = ..., score: _Optional[float] = ..., extracted: _Optional[str] = ..., reason: _Optional[str] = ..., rule: _Optional[str] = ..., extraction_rule: _Optional[str] = ..., verifier: _Optional[str] = ..., version: _Optional[str] = ..., digest: _Optional[str] = ..., flags: _Optional[_Iterable[str]] = ..., steps: _Optional[_Iterable[_Union[StepScore, _Mapping]]] = ...) -> None: ...

class StepScore(_message.Message):
    __slots__ = ("start", "end", "score", "reason")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    score: float
    reason: str
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ..., score: _Optional[float] = ..., reason: _Optional[str] = ...) -> None: ...

class ListVerifiersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListVerifiersResponse(_message.Message):
    __slots__ = ("verifiers",)
    VERIFIERS_FIELD_NUMBER: _ClassVar[int]
    verifiers: _containers.RepeatedCompositeFieldContainer[VerifierInfo]
    def __init__(self, verifiers: _Optional[_Iterable[_Union[VerifierInfo, _Mapping]]] = ...) -> None: ...

class VerifierInfo(_message.Message):
    __slots__ = ("name", "version", "digest", "summary", "parameters_schema")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    digest: str
    summary: str
    parameters_schema: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., digest: _Optional[str] = ..., summary: _Optional[str] = ..., parameters_schema: _Optional[str] = ...) -> None: ...
