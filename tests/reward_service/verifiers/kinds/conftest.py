"""How the tests of the scalar kinds ask: a gold and an answer, with an optional question and policy."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from reward_service.types import Reference
from reward_service.verifiers.kinds import bases, dates, number, quantity, ratio
from reward_service.verifiers.outcome import Context, Outcome
from reward_service.verifiers.policy import MathPolicy

SCALAR_KINDS: tuple[ModuleType, ...] = (number, dates, ratio, bases, quantity)
Ask = Callable[..., Outcome | None]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """The first scalar kind's outcome on (gold, answer), in the order the `math` verifier has them."""

    def scalar(gold: str, answer: str, *, policy: dict[str, Any] | None = None, **reference: Any) -> Outcome | None:
        context = Context(reference=Reference(answer=gold, **reference), policy=MathPolicy(**(policy or {})))
        outcomes = (kind.compare(gold, answer, context) for kind in SCALAR_KINDS)
        return next((outcome for outcome in outcomes if outcome is not None), None)

    return scalar


@pytest.fixture(scope="session")
def equal(ask: Ask) -> Callable[..., bool]:
    """Whether a scalar kind finds the pair equal; a pair that no kind reads is not."""

    def judge(gold: str, answer: str, **options: Any) -> bool:
        outcome = ask(gold, answer, **options)
        return outcome is not None and outcome.equal

    return judge
