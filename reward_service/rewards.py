"""Component verdicts → the reward of one item. Pure.

The policy is the one of proto/reward_service/v1/reward.proto: a weighted sum, gates, optional components.
"""

from __future__ import annotations

from collections.abc import Sequence

from reward_service.types import Component, Verdict


def combine(components: Sequence[Component], verdicts: Sequence[Verdict]) -> float | None:
    """The reward of an item whose `verdicts` answer its `components`, in order.

    None (unscored, never 0) when a required component is unscored, or when no component at all has a score. 0 when a
    component's score is below its gate; an optional unscored component neither counts nor gates.
    """
    if len(components) != len(verdicts):
        raise ValueError(f"{len(verdicts)} verdicts cannot answer {len(components)} components")
    total = 0.0
    gated = False
    scored = False
    for component, verdict in zip(components, verdicts):  # noqa: B905 - checked above, at half the cost
        score = verdict.score
        if score is None:
            if component.optional:
                continue
            return None
        scored = True
        if component.gate is not None and score < component.gate:
            gated = True
        total += component.weight * score
    if not scored:
        return None
    return 0.0 if gated else total
