"""A benchmark of a few sums and a scorer in this process, for tests that need neither files nor a server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from reward_service.types import Component, Reference, ScoredItem, ScoreItem, Status, Tier, Verdict
from rfteval.benchmark import Benchmark, LoadRequest, OutputFormat, Profile
from rfteval.types import Message, Prompt, Sample, TextPart

DIGEST = "0123456789ab"


def sample(number: int, **fields: object) -> Sample:
    """Sample "s<number>": the answer is the number."""
    settings: dict[str, object] = {
        "id": f"s{number}",
        "question": f"What is {number}?",
        "reference": Reference(answer=str(number), kind="number"),
        "tags": {"parity": "even" if number % 2 == 0 else "odd", "skills": ("a", "b") if number % 3 else ()},
    }
    return Sample(**{**settings, **fields})  # type: ignore[arg-type]


def benchmark(count: int = 10) -> Benchmark:
    """The benchmark "sums" of `count` samples."""

    def load(request: LoadRequest) -> Sequence[Sample]:
        return [sample(number) for number in range(count)][: request.limit]

    def prompt(asked: Sample) -> Prompt:
        return Prompt(sample_id=asked.id, messages=(Message(role="user", parts=(TextPart(text=asked.question),)),))

    return Benchmark(
        name="sums",
        title="Sums",
        homepage="https://example.org",
        licence="CC0",
        citation="",
        splits=("test", "hidden"),
        default_split="test",
        load=load,
        prompts={"plain": prompt},
        default_prompt="plain",
        profiles={
            "rules": Profile(name="rules", summary="the response", components=components),
            "stored": Profile(
                name="stored",
                summary="the stored extraction",
                components=components,
                text=lambda response: response.extras.get("extraction"),  # type: ignore[return-value,arg-type]
            ),
        },
        default_profile="rules",
        breakdowns=("parity", "skills"),
        outputs=OutputFormat(sample_id="pid", text="response", verdict="official"),
    )


def components(asked: Sample) -> tuple[Component, ...]:
    """The exact comparison of this module's scorer."""
    return (Component(verifier="exact"),)


def verdict(text: str, reference: Reference) -> Verdict:
    """Equal texts are right; "hang" times out; an empty text is no answer."""
    stamp = {"verifier": "exact", "version": "1", "digest": DIGEST, "rule": "text.exact"}
    if text == "hang":
        return Verdict(status=Status.TIMEOUT, reason="took too long", **stamp)  # type: ignore[arg-type]
    if not text:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="empty", **stamp)  # type: ignore[arg-type]
    equal = text == reference.answer
    status = Status.CORRECT if equal else Status.INCORRECT
    return Verdict(status=status, score=float(equal), extracted=text, reason="compared", **stamp)  # type: ignore[arg-type]


class LocalScorer:
    """Scores in the caller's thread and remembers how often each item came; `before` runs first in every call."""

    def __init__(self, before: Callable[[int], None] = lambda call: None) -> None:
        self.seen: list[str] = []
        self._before = before
        self._calls = 0
        self._lock = threading.Lock()

    def score(self, items: Sequence[ScoreItem]) -> list[ScoredItem]:
        """One result per item."""
        with self._lock:
            self._calls += 1
            call = self._calls
        self._before(call)
        with self._lock:
            self.seen.extend(item.id for item in items)
        return [scored(item) for item in items]


def scored(item: ScoreItem) -> ScoredItem:
    """The result of one item."""
    found = verdict(item.response, item.reference)
    return ScoredItem(id=item.id, verdicts=(found,), reward=found.score, tier=Tier.INLINE, elapsed_us=7)
