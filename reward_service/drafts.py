"""Frozen nouns made quickly, for the few places that every item passes (convert.py, engine.py, verifiers/math.py,
verifiers/kinds/bare.py).

A frozen dataclass sets each field by a call, which costs a verdict four times what its assignments would. So an open
object with the same slots is filled, and becomes the noun when it is complete:

    draft = VerdictDraft()
    draft.status = ...
    return closed(draft, Verdict)
"""

from __future__ import annotations

from typing import Any, TypeVar

from reward_service.types import Reference, ScoredItem, ScoreItem, Status, Verdict

T = TypeVar("T")
_CORRECT, _INCORRECT = Status.CORRECT, Status.INCORRECT  # Python 3.11 looks a member up by a call


def draft_of(kind: Any) -> Any:
    """A class whose objects have the slots of `kind`, and take assignments."""
    return type(f"{kind.__name__}Draft", (), {"__slots__": kind.__slots__, "__doc__": f"A {kind.__name__} to be."})


ReferenceDraft = draft_of(Reference)
ScoreItemDraft = draft_of(ScoreItem)
VerdictDraft = draft_of(Verdict)
ScoredItemDraft = draft_of(ScoredItem)


def closed(draft: Any, kind: type[T]) -> T:
    """The noun that `draft` holds, frozen from now on. Every field must be set, those with a default too.

    Its rules are not checked: call its `__post_init__` where they may not hold.
    """
    draft.__class__ = kind
    noun: T = draft
    return noun


def right_or_wrong(
    right: bool, *, extracted: str, reason: str, rule: str, extraction_rule: str, flags: tuple[str, ...]
) -> Verdict:
    """CORRECT with the score 1 or INCORRECT with 0, not stamped yet."""
    draft = VerdictDraft()
    draft.status = _CORRECT if right else _INCORRECT
    draft.score = 1.0 if right else 0.0
    draft.extracted = extracted
    draft.reason = reason
    draft.rule = rule
    draft.extraction_rule = extraction_rule
    draft.verifier = draft.version = draft.digest = ""
    draft.flags = flags
    draft.steps = ()
    return closed(draft, Verdict)
