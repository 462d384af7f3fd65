"""How the tests of choices ask: which options a response is found right for, and what the verdict was."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from reward_service import verify
from reward_service.types import Verdict

LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Pick = Callable[..., str | None]


@pytest.fixture(scope="session")
def pick() -> Pick:
    """The label for which a response is found right, "hedged" for a hedge, None for no option."""

    def picked(response: str, texts: Sequence[str], **options: object) -> str | None:
        found: list[str] = []
        verdict: Verdict | None = None
        for label, _ in zip(LABELS, texts, strict=False):
            verdict = verify(response, label, choices=texts, verifier="choice", **options)  # type: ignore[arg-type]
            if verdict.correct:
                found.append(label)
        assert len(found) < 2, f"{response!r} is right for {found}"
        if found:
            return found[0]
        return "hedged" if verdict and "hedged" in verdict.flags else None

    return picked
