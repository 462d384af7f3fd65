"""What a score is made of: right answers, luck, responses without an answer, cut-off ones, failures of ours. Pure.

The facts are those that verdicts already carry (status, flags) and what stands in the response; nothing is judged anew.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reward_service.verifiers.extraction.doubt import refuses
from reward_service.verifiers.extraction.tags import answer_region
from rfteval.metrics import Item
from rfteval.types import Record, Response, Sample

# Flags by which a verifier says that it found no answer and its rule supplied one.
FALLBACKS = frozenset({"nearest-choice", "random-fallback"})
HEDGED = "hedged"
WARN_ABOVE = 0.01  # of the responses

OUTCOMES = ("correct", "fallback", "partial", "wrong", "no_answer", "unscored")
TRAITS = ("unparsed", "empty", "refused", "hedged", "fallback", "truncated")

_SHORTEST = 200  # characters; a shorter text without a full stop is a terse answer, not a cut one
_SENTENCE = 30  # characters; a shorter last line or sentence is an answer of its own
_END_CHARACTERS = 600
_OPEN_END = re.compile(r"[\w,;:(=+\-–/\\]\Z")
_STOP = re.compile(r"[.!?。！？](?=\s|[A-Z])|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomised:
    """One response as the anatomy counts it. `truncated` is "reported", "estimated" or empty."""

    item: Item
    outcome: str
    unparsed: bool = False
    empty: bool = False
    refused: bool = False
    hedged: bool = False
    fallback: bool = False
    truncated: str = ""
    options: int = 0

    @property
    def low(self) -> float:
        """The score that is there whatever the doubtful responses meant."""
        return 0.0 if self.item.score is None or self.fallback else self.item.score

    @property
    def high(self) -> float:
        """The score if the response was right after all, where that cannot be ruled out."""
        score = self.item.score
        if score is None:
            return 1.0
        doubtful = self.fallback or (self.unparsed and not self.refused) or bool(self.truncated)
        return max(score, 1.0) if doubtful else score


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """How many responses have a trait, and the score that these hold together."""

    count: int
    credit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy:
    """The parts of a score. `outcomes` has every item once; `traits` overlap.

    `official` is the accuracy as it is, `strict` the same without what fallbacks supplied. `lower` and `upper` are
    the accuracy if everything doubtful were wrong, or right: what is unscored, unparsed and no refusal, credited by a
    fallback, cut off and not right. `fallback_range` is the accuracy with every fallback wrong and every one right,
    `fallback_chance` the credit that picking options at random would have given these responses.
    """

    items: int
    outcomes: Mapping[str, int]
    traits: Mapping[str, Trait]
    truncation_reported: int
    truncation_estimated: int
    official: float | None
    strict: float | None
    lower: float | None
    upper: float | None
    fallback_range: tuple[float, float] | None
    fallback_chance: float | None


def anatomise(item: Item, record: Record | None, sample: Sample) -> Anatomised:
    """The facts of one item; `record` is None where the sample has no response."""
    response = record.response if record is not None and record.response.error is None else None
    text = response.text if response is not None else ""
    fallback = bool(FALLBACKS & set(item.flags))
    unparsed = item.score is not None and (fallback or item.status == "NO_ANSWER")
    return Anatomised(
        item=item,
        outcome=_outcome(item, fallback),
        unparsed=unparsed,
        empty=response is not None and not text.strip(),
        refused=unparsed and declines(text),
        hedged=HEDGED in item.flags,
        fallback=fallback,
        truncated="" if response is None else truncation(response),
        options=len(sample.reference.choices),
    )


def _outcome(item: Item, fallback: bool) -> str:
    if item.score is None:
        return "unscored"
    if fallback and item.score > 0:
        return "fallback"
    if item.status == "CORRECT":
        return "correct"
    if item.status == "PARTIAL":
        return "partial"
    return "no_answer" if item.status == "NO_ANSWER" else "wrong"


def truncation(response: Response) -> str:
    """Whether a response was cut off: "reported" by its finish reason, or "estimated" from how its text ends, or "".

    An estimate is made only where the finish reason is not known: reasoning or a box that never closes, or a text of
    some length that stops in a long sentence which does not state the answer.
    """
    if response.finish_reason == "length":
        return "reported"
    if response.finish_reason != "unknown":
        return ""
    text = response.text
    if answer_region(text).truncated:
        return "estimated"
    text = text.rstrip()
    boxed = text.rfind("\\boxed{")
    if boxed >= 0 and text.count("{", boxed) > text.count("}", boxed):
        return "estimated"
    if len(text) < _SHORTEST or not _OPEN_END.search(text):
        return ""
    stops = list(_STOP.finditer(text, len(text) - _SHORTEST))
    sentence = text[stops[-1].end() :] if stops else text[-_SHORTEST:]
    return "estimated" if len(sentence) >= _SENTENCE and "answer" not in sentence.lower() else ""


def declines(text: str) -> bool:
    """Whether a response in which no answer was found says that it gives none, at its beginning or its end."""
    lowered = text.lower()
    return refuses(lowered[:_END_CHARACTERS]) or refuses(lowered[-_END_CHARACTERS:])


def anatomy(found: Sequence[Anatomised]) -> Anatomy:
    """Count and weigh. Every sample counts once, with the mean over its responses, as in the accuracy."""
    scored = [each for each in found if each.item.score is not None]
    fallen = [each for each in scored if each.fallback]
    having = {name: [each for each in found if getattr(each, name)] for name in TRAITS}
    strict = _mean((each, each.low) for each in scored)
    return Anatomy(
        items=len(found),
        outcomes={name: sum(each.outcome == name for each in found) for name in OUTCOMES},
        traits={
            name: Trait(count=len(those), credit=math.fsum(each.item.score or 0.0 for each in those))
            for name, those in having.items()
        },
        truncation_reported=sum(each.truncated == "reported" for each in found),
        truncation_estimated=sum(each.truncated == "estimated" for each in found),
        official=_mean((each, each.item.score or 0.0) for each in scored),
        strict=strict,
        lower=_mean((each, each.low) for each in found),
        upper=_mean((each, each.high) for each in found),
        fallback_range=None
        if not fallen or strict is None
        else (strict, _mean((each, 1.0 if each.fallback else each.low) for each in scored) or 0.0),
        fallback_chance=math.fsum(1 / each.options for each in fallen if each.options) if fallen else None,
    )


def warnings(found: Anatomy) -> tuple[str, ...]:
    """What a reader of the score must know, in sentences."""
    said = []
    for name, what in (("truncated", "are cut off"), ("unparsed", "have no answer that the rule could read")):
        count = found.traits[name].count
        if count > WARN_ABOVE * found.items:
            text = f"{count} of {found.items} responses ({count / found.items * 100:.1f} %) {what}"
            if name == "truncated" and found.truncation_estimated:
                text += f" ({found.truncation_reported} by their finish reason, the others by how they end)"
            said.append(text)
    credit, official = found.traits["fallback"].credit, found.official
    if credit > 0 and official is not None and found.strict is not None:
        said.append(
            f"{credit:.4g} of the credit was supplied by a fallback where the rule found no answer; "
            f"without it the score is {found.strict * 100:.2f} % instead of {official * 100:.2f} %"
        )
    return tuple(said)


def _mean(values: Iterable[tuple[Anatomised, float]]) -> float | None:
    """The mean over samples of the mean over their responses."""
    of_sample: dict[str, list[float]] = {}
    for each, value in values:
        of_sample.setdefault(each.item.sample_id, []).append(value)
    if not of_sample:
        return None
    return math.fsum(math.fsum(mine) / len(mine) for mine in of_sample.values()) / len(of_sample)
