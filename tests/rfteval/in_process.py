"""The verifiers in this process, as a server's workers run them, for tests that need no server."""

from __future__ import annotations

from collections.abc import Sequence

from reward_service.limits import Budget
from reward_service.types import ScoredItem, ScoreItem, Tier
from reward_service.verifiers import registry


class InProcess:
    """A scorer of items with one component each."""

    def score(self, items: Sequence[ScoreItem]) -> list[ScoredItem]:
        """One result per item, in the same order."""
        return [self._score(item) for item in items]

    def _score(self, item: ScoreItem) -> ScoredItem:
        (component,) = item.components
        verifier = registry.resolve(component.verifier, item.reference)
        parameters = registry.parameters_for(verifier, component.parameters)
        verdict = registry.run(verifier, item.response, item.reference, parameters, Budget())
        return ScoredItem(id=item.id, verdicts=(verdict,), reward=verdict.score, tier=Tier.INLINE, elapsed_us=0)
