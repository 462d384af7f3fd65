"""Every verdict says which verifier gave it, also where verifiers share one verdict."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from reward_service.limits import Budget
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers import registry
from reward_service.verifiers.registry import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class NoParameters:
    """None."""


def kept() -> tuple[Verifier, Verifier]:
    """Two verifiers that give the very same object each time."""
    verdict = Verdict(status=Status.CORRECT, score=1.0)

    def check(text: str, reference: Reference, parameters: NoParameters, budget: Budget) -> Verdict:
        return verdict

    check.__module__ = "reward_service.verifiers.outcome"  # a source to take a digest of
    one, other = (
        Verifier(name=name, version=version, summary="", parameters=NoParameters, check=check)
        for name, version in (("one", "1"), ("other", "7"))
    )
    return one, other


def test_verifiers_that_share_a_verdict_do_not_share_its_stamp() -> None:
    one, other = kept()
    given = [
        registry.run(verifier, "x", Reference(answer="x"), NoParameters(), Budget()) for verifier in (one, other, one)
    ]
    assert [(verdict.verifier, verdict.version, verdict.digest) for verdict in given] == [
        ("one", "1", one.digest),
        ("other", "7", other.digest),
        ("one", "1", one.digest),
    ]


@pytest.mark.parametrize("name", ["math", "choice", "format", "steps", "monitor"])
def test_ours_stamp_theirs(name: str) -> None:
    verifier = registry.get(name)
    verdict = registry.run(verifier, "B", Reference(answer="B"), registry.parameters_for(verifier, {}), Budget())
    assert (verdict.verifier, verdict.version, verdict.digest) == (name, verifier.version, verifier.digest)
