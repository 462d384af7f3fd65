"""An optional language model as a second opinion where the rule could not settle; its effect is shown apart.

Any OpenAI-compatible endpoint will do. What it said is kept by a digest of everything it was shown, in the run's
folder, so that nothing is asked twice. A judge that fails leaves the rule's verdict, and is counted with its reason.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reward_service.types import Reference, Status, Verdict
from rfteval.errors import OutputError, UsageError
from rfteval.jsonl import read_rows
from rfteval.labels import gold_label
from rfteval.metrics import first_verdict
from rfteval.types import Record, Sample

if TYPE_CHECKING:
    from reward_service.judges.config import JudgeConfig

CACHE_FILE = "judgements.jsonl"
KEY_VARIABLE = "RFTEVAL_JUDGE_KEY"
KEPT = 3  # format of a kept judgement: raised when what is kept of one changes
FAILURES_IN_A_ROW = 32  # after which a judge that is gone is not asked any more in this sitting

Scope = Literal["unread", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePlan:
    """Which model judges, where it answers, and what: responses in which no answer was read, or all that are not right.

    The key is read from the environment variable RFTEVAL_JUDGE_KEY, if that is set.
    """

    model: str
    url: str
    scope: Scope = "unread"

    def settings(self) -> dict[str, object]:
        """What decides the judgements, as JSON values. The address does not, so that it may change."""
        return {"model": self.model, "on": self.scope}

    def config(self) -> JudgeConfig:
        """The endpoint. Raises ServerStartError for an address that cannot work."""
        from reward_service.judges.config import JudgeConfig

        key = KEY_VARIABLE if KEY_VARIABLE in os.environ else ""
        return JudgeConfig(name="judge", url=self.url, model=self.model, api_key_env=key, timeout_s=120.0)


def parse_judge(text: str | None, scope: Scope) -> JudgePlan | None:
    """What `--judge MODEL@URL` says. Raises UsageError."""
    if text is None:
        return None
    model, at, url = text.partition("@")
    if not (model and at and url.startswith(("http://", "https://"))):
        raise UsageError(f"--judge {text!r}: give MODEL@URL, as qwen2.5-32b@http://localhost:8000/v1")
    plan = JudgePlan(model=model, url=url, scope=scope)
    from reward_service.errors import ServerStartError

    try:
        plan.config()
    except ServerStartError as error:
        raise UsageError(f"--judge {text!r}: {error}") from None
    return plan


def wanted(record: Record, scope: Scope) -> bool:
    """Whether a judge is asked about this record: one that has a text, a score, and no full one."""
    verdict = first_verdict(record)
    if verdict is None or not verdict.status.scored or not record.response.text.strip():
        return False
    if scope == "wrong":
        return verdict.status is not Status.CORRECT
    lucky = {"nearest-choice", "random-fallback"} & set(verdict.flags)
    return verdict.status is Status.NO_ANSWER or bool(lucky)


class Judge:
    """The judge of one sitting; use as a context manager. `directory` keeps what it said."""

    def __init__(self, plan: JudgePlan, directory: Path) -> None:
        from reward_service.judges.endpoint import Endpoint

        self._plan = plan
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / CACHE_FILE
        self._known = _read(self._path)
        self._runner = asyncio.Runner()
        self._endpoint = Endpoint(plan.config())
        self._failed_in_a_row = 0

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *raised: object) -> None:
        self._runner.run(self._endpoint.close())
        self._runner.close()

    def judged(self, chunks: Iterable[list[Record]], samples: Mapping[str, Sample]) -> Iterator[list[Record]]:
        """The chunks, with `Record.judged` where the judge was asked."""
        for chunk in chunks:
            asked = [record for record in chunk if wanted(record, self._plan.scope)]
            said = self._verdicts([(record.response.text, samples[record.sample_id]) for record in asked])
            by_key = {(each.sample_id, each.index): verdict for each, verdict in zip(asked, said, strict=True)}
            yield [dataclasses.replace(record, judged=by_key.get((record.sample_id, record.index))) for record in chunk]

    def _verdicts(self, pairs: Sequence[tuple[str, Sample]]) -> list[Verdict]:
        shown = [(text, reference_for_judge(sample)) for text, sample in pairs]
        keys = [self._key(text, reference) for text, reference in shown]
        new = {key: pair for key, pair in zip(keys, shown, strict=True) if key not in self._known}
        found = dict(zip(new, self._runner.run(self._ask(list(new.values()))), strict=True)) if new else {}
        self._keep({key: verdict for key, verdict in found.items() if verdict.status.scored})
        return [found.get(key) or self._known[key] for key in keys]

    async def _ask(self, pairs: Sequence[tuple[str, Reference]]) -> list[Verdict]:
        slots = asyncio.Semaphore(self._endpoint.config.concurrency)  # where a failure is seen before the next is asked
        return await asyncio.gather(*(self._ask_one(text, reference, slots) for text, reference in pairs))

    async def _ask_one(self, text: str, reference: Reference, slots: asyncio.Semaphore) -> Verdict:
        from reward_service.judges.ask import ask_judge
        from reward_service.verifiers.judged import JudgeParameters

        async with slots:
            if self._failed_in_a_row >= FAILURES_IN_A_ROW:
                reason = f"not asked: the judge failed {FAILURES_IN_A_ROW} times in a row"
                return Verdict(status=Status.ERROR, reason=reason, rule="judge.unavailable")
            verdict = await ask_judge(self._endpoint, text, reference, JudgeParameters(threshold=1.0))
            self._failed_in_a_row = 0 if verdict.status.scored else self._failed_in_a_row + 1
            return verdict

    def _key(self, text: str, reference: Reference) -> str:
        """A digest of all that decides a judgement."""
        from reward_service.judges.prompt import CORRECTNESS, judge_messages

        messages = judge_messages(reference.question, reference.answer, text, CORRECTNESS)
        return hashlib.sha256(json.dumps([KEPT, self._plan.model, messages]).encode("utf-8", "replace")).hexdigest()

    def _keep(self, said: Mapping[str, Verdict]) -> None:
        self._known |= said
        try:
            with self._path.open("a", encoding="utf-8") as handle:
                for key, verdict in said.items():
                    row = {"key": key, "score": verdict.score, "reason": verdict.reason}
                    handle.write(json.dumps(row) + "\n")
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror}; make room, then run again") from None


def reference_for_judge(sample: Sample) -> Reference:
    """What a judge is told is right: the answer with the question, and an option by its label and text among all."""
    reference = sample.reference
    if not reference.choices:
        answers = " or ".join((reference.answer, *reference.alternatives))
        return Reference(answer=answers, question=sample.question)
    options = "\n".join(f"({choice.label}) {choice.text}" for choice in reference.choices)
    label = gold_label(reference)
    text = next((choice.text for choice in reference.choices if choice.label == label), reference.answer)
    answer = text if label is None else f"({label}) {text}"
    return Reference(answer=answer, question=f"{sample.question}\n{options}".strip())


def _read(path: Path) -> dict[str, Verdict]:
    """What was kept; a line that is not whole (killed while writing) is passed over, and asked again."""
    found = {}
    try:
        handle = path.open("rb")
    except FileNotFoundError:
        return {}
    with handle:
        for _, row in read_rows(handle, str(path), on_bad=lambda error: None):
            key, score, reason = row.get("key"), row.get("score"), row.get("reason")
            if isinstance(key, str) and score in (0, 1) and isinstance(reason, str):
                status = Status.CORRECT if score else Status.INCORRECT
                found[key] = Verdict(status=status, score=float(score), reason=reason, rule="judge.chat")
    return found
