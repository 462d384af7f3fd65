"""The policy that turns component verdicts into one reward."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.rewards import combine
from reward_service.types import Component, Status, Verdict


def scored(score: float) -> Verdict:
    return Verdict(status=Status.PARTIAL, score=score)


UNSCORED = Verdict(status=Status.TIMEOUT)
pairs = st.lists(
    st.tuples(
        st.builds(Component, weight=st.floats(0, 10), optional=st.booleans(), gate=st.none() | st.floats(0, 1)),
        st.floats(0, 1).map(scored) | st.just(UNSCORED),
    ),
    min_size=1,
    max_size=5,
)


@given(pairs)
def test_the_reward_is_the_stated_policy(parts: list[tuple[Component, Verdict]]) -> None:
    reward = combine([component for component, _ in parts], [verdict for _, verdict in parts])
    required = [verdict for component, verdict in parts if not component.optional]
    counted = [(component, verdict.score) for component, verdict in parts if verdict.score is not None]
    if UNSCORED in required or not counted:
        assert reward is None
    elif any(component.gate is not None and score < component.gate for component, score in counted):
        assert reward == 0.0
    else:
        assert reward == pytest.approx(math.fsum(component.weight * score for component, score in counted))


@given(pairs)
def test_a_failure_never_changes_a_reward_into_another_number_but_by_leaving_out(
    parts: list[tuple[Component, Verdict]],
) -> None:
    """Turning any one required verdict into an unscored one leaves no reward."""
    for index, (component, _) in enumerate(parts):
        if component.optional:
            continue
        verdicts = [UNSCORED if other == index else verdict for other, (_, verdict) in enumerate(parts)]
        assert combine([component for component, _ in parts], verdicts) is None


def test_only_optional_components_and_none_scored_is_no_reward() -> None:
    assert combine([Component(optional=True)], [UNSCORED]) is None


def test_a_component_for_each_verdict() -> None:
    with pytest.raises(ValueError, match="0 verdicts cannot answer 1 components"):
        combine([Component()], [])
