"""Answers stated under conditions: "if it is wider, the answer is (A); if it is not, the answer is (B)" gives none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reward_service.verifiers.choices.clauses import sentences
from reward_service.verifiers.choices.findings import Finding
from reward_service.verifiers.choices.page import Page

_CONDITION = re.compile(
    r"[\s*_#>-]{0,12}(?:\d{1,2}[.)]\s+)?(?:if|in\s+case|otherwise)\b.{0,300}\b(?:answer|option|choice|letter)\b",
    re.IGNORECASE | re.DOTALL,
)


def without_alternatives(page: Page, found: Sequence[Finding]) -> list[Finding]:
    """The findings but for those in sentences that begin with a condition, where several such sentences speak of the
    answer and do not all state the same.

    An answer under a single condition stays: "If it is the sum, the answer is (A)" may follow from what was shown.
    """
    if not found or "if" not in page.low:
        return list(found)
    places = [(start, start + len(text)) for start, text in sentences(page.text) if _CONDITION.match(text)]
    stated = [{each.indices for each in found if low <= each.position < high} for low, high in places]
    if len(places) < 2 or (all(stated) and len(set.union(*stated)) == 1):
        return list(found)
    return [each for each in found if not any(low <= each.position < high for low, high in places)]
