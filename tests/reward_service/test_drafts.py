"""What is filled as a draft is the noun itself: the same fields, equal, frozen, and copied between processes."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service import drafts
from reward_service.types import Reference, ScoredItem, ScoreItem, Status, Tier, Verdict

MADE = {
    Reference: Reference(answer="4", unit="cm"),
    ScoreItem: ScoreItem(id="a", response="b", reference=Reference(answer="4")),
    Verdict: Verdict(status=Status.PARTIAL, score=0.5, flags=("hedged",)),
    ScoredItem: ScoredItem(id="a", verdicts=(), reward=None, tier=Tier.CACHE, elapsed_us=3),
}


@pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.__name__)
def test_a_closed_draft_is_the_noun(kind: Any) -> None:
    made = MADE[kind]
    draft = getattr(drafts, f"{kind.__name__}Draft")()
    for field in dataclasses.fields(kind):
        setattr(draft, field.name, getattr(made, field.name))
    closed = drafts.closed(draft, kind)
    assert type(closed) is kind
    assert closed == made == pickle.loads(pickle.dumps(closed))
    assert hash(closed) == hash(made)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(closed, dataclasses.fields(kind)[0].name, "other")


@given(st.booleans(), st.text(), st.lists(st.text()).map(tuple))
def test_right_or_wrong_says_what_the_constructor_would(right: bool, text: str, flags: tuple[str, ...]) -> None:
    found = drafts.right_or_wrong(right, extracted=text, reason=text, rule="r", extraction_rule="e", flags=flags)
    status = Status.CORRECT if right else Status.INCORRECT
    assert found == Verdict(
        status=status,
        score=float(right),
        extracted=text,
        reason=text,
        rule="r",
        extraction_rule="e",
        flags=flags,
    )
