"""Responses leave the model's thread as they finish, and nothing is held back or lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from reward_service.errors import ServerStartError
from rfteval import runner
from rfteval.errors import ModelError
from rfteval.generation import generate_chunks
from rfteval.models import Model
from rfteval.models.replay import ReplayModel
from rfteval.plan import Plan
from rfteval.rescore import StoredResponses
from rfteval.scoring import BATCH_ITEMS
from rfteval.service import Service
from rfteval.types import Prompt, Response, Sampling
from tests.rfteval.in_process import InProcess
from tests.rfteval.small_benchmark import benchmark, sample

PROMPTS = [benchmark().prompts["plain"](sample(number)) for number in range(600)]


class Scripted:
    """Answers every prompt with its id, and runs `between` before each answer."""

    identity: Mapping[str, object] = {"model": "scripted"}

    def __init__(self, between: object = None, fail_after: int | None = None) -> None:
        self._between = between
        self._fail_after = fail_after
        self.answered = 0

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        for prompt in prompts:
            if self._between is not None:
                await self._between()  # type: ignore[operator]
            if self.answered == self._fail_after:
                raise ModelError("out of memory")
            self.answered += 1
            yield Response(sample_id=prompt.sample_id, text="t")


def test_a_fast_model_fills_chunks_and_every_response_arrives_once() -> None:
    chunks = list(generate_chunks(Scripted(), PROMPTS, Sampling()))
    assert [r.sample_id for chunk in chunks for r in chunk] == [prompt.sample_id for prompt in PROMPTS]
    assert max(map(len, chunks)) <= BATCH_ITEMS


def test_a_finished_response_does_not_wait_for_the_next_one() -> None:
    """The model makes its second response only after the first was handed on."""
    handed_on = threading.Event()
    first = True

    async def wait() -> None:
        nonlocal first
        if not first:
            await asyncio.to_thread(handed_on.wait, 30)
        first = False

    chunks = generate_chunks(Scripted(wait), PROMPTS[:2], Sampling())
    assert [response.sample_id for response in next(chunks)] == ["s0"]
    handed_on.set()
    assert [response.sample_id for response in next(chunks)] == ["s1"]
    assert list(chunks) == []


def test_a_failing_model_raises_after_what_it_had_answered() -> None:
    got = []
    with pytest.raises(ModelError):
        for chunk in generate_chunks(Scripted(fail_after=5), PROMPTS, Sampling()):
            got.extend(chunk)
    assert len(got) == 5


def test_closing_early_stops_the_model() -> None:
    async def slow() -> None:
        await asyncio.sleep(0.01)

    model = Scripted(slow)
    chunks = generate_chunks(model, PROMPTS, Sampling())
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    for thread in threading.enumerate():
        if thread.name == "model":
            thread.join(30)
            assert not thread.is_alive()
    assert model.answered < len(PROMPTS)


def test_replay_answers_what_is_asked_and_says_what_it_lacks() -> None:
    stored = [Response(sample_id=f"s{n}", index=i, text=f"{n}.{i}") for n in (3, 1, 2) for i in range(3)]
    model: Model = ReplayModel(StoredResponses(responses=tuple(stored), duplicates=(), sha256="ab"))
    chunks = generate_chunks(model, [PROMPTS[1], PROMPTS[3], PROMPTS[9]], Sampling(samples=2))
    got = [(r.sample_id, r.index, r.text, r.error is None) for chunk in chunks for r in chunk]
    assert got == [
        ("s3", 0, "3.0", True),
        ("s3", 1, "3.1", True),
        ("s1", 0, "1.0", True),
        ("s1", 1, "1.1", True),
        ("s9", 0, "", False),
        ("s9", 1, "", False),
    ]
    assert model.identity["recording_sha256"] == "ab"


def test_a_model_is_asked_while_the_service_still_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service is there only after every response is."""
    model = Scripted()
    all_answered = threading.Event()

    async def count() -> None:
        if model.answered == 2:
            all_answered.set()

    model._between = count

    class Client(InProcess):
        def close(self) -> None:
            pass

    def connect(service: Service) -> Client:
        assert all_answered.wait(30), "the model waited for the service"
        return Client()

    monkeypatch.setattr(Service, "connect", connect)
    monkeypatch.setattr("rfteval.pages.write.write_pages", lambda *_: None)
    report = runner.run(Plan(benchmark="mathvista", split="sample", limit=3, out=tmp_path / "run"), model)
    assert sum(report.statuses.values()) == 3


def test_a_service_that_does_not_start_ends_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(service: Service) -> None:
        raise ServerStartError("could not start a private reward server: no")

    monkeypatch.setattr(Service, "connect", connect)
    with pytest.raises(ServerStartError, match="could not start"):
        runner.run(Plan(benchmark="mathvista", split="sample", limit=3, out=tmp_path / "run"), Scripted())
