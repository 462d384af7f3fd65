"""Measuring the policy on held-out samples while it trains: the harness's own road, journal and report included.

Lenient accuracy is the first component's, as the reward has it; strict accuracy asks for the right shape too. Both
with 95 % intervals and the count of what has no score.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reward_service.client import RewardClient
from reward_service.types import Component
from rfteval import registry, sitting
from rfteval.asking import pending, ready
from rfteval.benchmark import Benchmark, LoadRequest, Profile
from rfteval.errors import UsageError
from rfteval.generation import generate_chunks
from rfteval.journal import FILE_NAME, read_records
from rfteval.jsonl import open_input, read_rows
from rfteval.plan import Plan
from rfteval.service import Service
from rfteval.statistics import wilson_interval
from rfteval.types import Prompt, Record, Response, Sampling
from training.encoding import Encoder
from training.rollout import RolloutEngine
from training.settings import ComponentSettings, TrainSettings
from training.sources import dressed, held_out
from training.types import Request

FOLDER = "evaluations"
THINK_ANSWER = ComponentSettings(verifier="format")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one evaluation found. Intervals are 95 % (Wilson). `tokens`: mean length; `truncated`: share cut off."""

    step: int
    samples: int
    unscored: int
    accuracy: float
    interval: tuple[float, float]
    strict: float
    strict_interval: tuple[float, float]
    tokens: float
    truncated: float
    seconds: float

    def metrics(self) -> dict[str, float]:
        """As they are logged."""
        return {
            "eval/accuracy": self.accuracy,
            "eval/accuracy_low": self.interval[0],
            "eval/accuracy_high": self.interval[1],
            "eval/strict": self.strict,
            "eval/strict_low": self.strict_interval[0],
            "eval/strict_high": self.strict_interval[1],
            "eval/unscored": float(self.unscored),
            "eval/samples": float(self.samples),
            "eval/tokens": self.tokens,
            "eval/truncated": self.truncated,
            "eval/seconds": self.seconds,
        }


class PolicyModel:
    """The policy as a model of the harness: greedy, in batches, as its engine generates."""

    def __init__(self, engine: RolloutEngine, encoder: Encoder, name: str) -> None:
        self._engine = engine
        self._encoder = encoder
        self._name = name

    @property
    def identity(self) -> Mapping[str, object]:
        """The run and the step."""
        return {"model": self._name}

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        """See rfteval.models.Model.generate. Prompts of about one length are decoded together."""
        requests = [Request(prompt=self._encoder.encode(prompt), indices=prompt.wanted(sampling)) for prompt in prompts]
        requests.sort(key=lambda request: len(request.prompt.ids))
        lengths = {request.prompt.sample_id: len(request.prompt.ids) for request in requests}
        for rollout in self._engine.sample(requests, sampling):
            yield Response(
                sample_id=rollout.sample_id,
                index=rollout.index,
                text=rollout.text,
                finish_reason=rollout.finish_reason,
                prompt_tokens=lengths[rollout.sample_id],
                response_tokens=len(rollout.ids),
            )


@dataclass(slots=True, kw_only=True)
class Progress:
    """What evaluations have come to: for early stopping, the guard and the best checkpoint."""

    first: Measurement | None = None
    best: Measurement | None = None
    since_best: int = 0
    last: Measurement | None = None

    def add(self, measured: Measurement) -> bool:
        """Count a measurement; whether it is the best so far."""
        self.first = self.first or measured
        self.last = measured
        better = self.best is None or measured.accuracy > self.best.accuracy
        self.best = measured if better else self.best
        self.since_best = 0 if better else self.since_best + 1
        return better

    def fallen(self, guard: float) -> bool:
        """Whether accuracy is `guard` below the start's and the two intervals do not meet."""
        if self.first is None or self.last is None:
            return False
        return self.last.accuracy < self.first.accuracy - guard and self.last.interval[1] < self.first.interval[0]

    def state(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "since_best": self.since_best,
            **{name: each and asdict(each) for name, each in (("first", self.first), ("best", self.best))},
            "last": self.last and asdict(self.last),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put `state` back."""
        self.since_best = state["since_best"]
        self.first, self.best, self.last = (_measurement(state[name]) for name in ("first", "best", "last"))


class Evaluator:
    """Measures on the samples that the configuration holds out. `address` is the reward service that training uses."""

    def __init__(
        self, settings: TrainSettings, *, engine: RolloutEngine, encoder: Encoder, address: str, out: Path
    ) -> None:
        assert settings.evaluation is not None
        self._settings = settings
        self._evaluation = settings.evaluation
        self._engine = engine
        self._encoder = encoder
        self._address = address
        self._out = out
        benchmark, self._split, profile = _benchmark(settings)
        shape = self._evaluation.format or THINK_ANSWER
        strict = Component(verifier=shape.verifier, parameters=shape.parameters, weight=0.0)
        self._profile = Profile(
            name="training",
            summary=f"{profile.summary}; beside it, whether the response has the asked-for shape",
            components=lambda sample: (*profile.components(sample), strict),
            text=profile.text,
            missing_text=profile.missing_text,
        )
        self._benchmark = benchmark
        prompt = registry.prompt_of(benchmark, settings.data.prompt if self._evaluation.benchmark else None)[1]
        self._samples = benchmark.load(
            LoadRequest(split=self._split, data=self._evaluation.data, limit=self._evaluation.limit)
        )[: self._evaluation.limit]
        self._asked = ready((sample, dressed(prompt, settings.data)(sample)) for sample in self._samples)

    @property
    def verifiers(self) -> set[str]:
        """The verifiers that say what right means here."""
        return {self._profile.components(sample)[0].verifier for sample in self._samples}

    @property
    def prompts(self) -> list[Prompt]:
        """What is asked."""
        return [each.prompt for each in self._asked]

    def measure(self, step: int) -> Measurement:
        """Ask every sample and score it; the journal and the report are in evaluations/step-N."""
        began = time.monotonic()
        sampling = Sampling(max_tokens=self._evaluation.max_tokens or self._settings.rollout.max_tokens)
        model = PolicyModel(self._engine, self._encoder, f"step {step} of {self._out.name}")
        plan = Plan(
            benchmark=self._benchmark.name,
            out=self._out / FOLDER / f"step-{step}",
            service=Service(address=self._address),
            fresh=True,
        )
        work = sitting.Work(
            benchmark=self._benchmark,
            split=self._split,
            profile=self._profile,
            samples=[each.sample for each in self._asked],
            identity={**model.identity, "sampling": sampling.settings()},
            total=len(self._asked),
            chunks=lambda held: generate_chunks(model, pending(self._asked, held, sampling), sampling),
            asked=self._asked,
        )
        with RewardClient(self._address.split(","), timeout_s=self._settings.reward.timeout_s) as client:
            sitting.score(plan, work, lambda: client, lambda done, total: None, time.time())
        with open_input(str(plan.out / FILE_NAME)) as handle:
            rows = read_rows(handle, FILE_NAME)
            next(rows)  # the journal's header
            records = read_records(rows, FILE_NAME)
        return _measured(step, records, len(self._asked), time.monotonic() - began)


def _measured(step: int, records: Sequence[Record], samples: int, seconds: float) -> Measurement:
    scores: list[tuple[float, float]] = []
    for record in records:
        verdicts = record.scored.verdicts if record.scored is not None else ()
        if verdicts and verdicts[0].score is not None and verdicts[-1].score is not None:
            right = min(max(verdicts[0].score, 0.0), 1.0)
            scores.append((right, right if verdicts[-1].score >= 1 else 0.0))
    if not scores:
        raise UsageError("no response of the evaluation could be scored; its journal says why")
    lenient, strict = (sum(column) for column in zip(*scores, strict=True))
    return Measurement(
        step=step,
        samples=samples,
        unscored=samples - len(scores),
        accuracy=lenient / len(scores),
        interval=wilson_interval(lenient, len(scores)),
        strict=strict / len(scores),
        strict_interval=wilson_interval(strict, len(scores)),
        tokens=sum(record.response.response_tokens or 0 for record in records) / len(records),
        truncated=sum(record.response.finish_reason == "length" for record in records) / len(records),
        seconds=seconds,
    )


def _benchmark(settings: TrainSettings) -> tuple[Benchmark, str, Profile]:
    """The benchmark that is measured: a registered one, or a data set's held-out split as one."""
    evaluation = settings.evaluation
    assert evaluation is not None
    if (evaluation.dataset is None) == (evaluation.benchmark is None):
        raise UsageError("evaluation needs exactly one of dataset and benchmark")
    if evaluation.benchmark is not None:
        benchmark = registry.benchmark(evaluation.benchmark)
        split = registry.split_of(benchmark, evaluation.split)
        if settings.data.benchmark == benchmark.name and (settings.data.split or benchmark.default_split) == split:
            raise UsageError(
                f"{benchmark.name} {split} is trained on, so it cannot be evaluated on; choose another split"
            )
        return benchmark, split, registry.profile_of(benchmark, None)
    dataset = registry.dataset(str(evaluation.dataset))
    split = evaluation.split or "validation"
    if settings.data.dataset == dataset.name and (settings.data.split or "train") == split:
        raise UsageError(f"{dataset.name} {split} is trained on, so it cannot be evaluated on; choose another split")
    count = evaluation.limit
    if count is None:
        raise UsageError(f"{dataset.name} has no end: set evaluation.limit to the number of samples")
    profile = Profile(
        name="rules",
        summary="our own extraction and comparison by the kind of answer",
        components=lambda sample: (Component(),),
    )
    benchmark = Benchmark(
        name=dataset.name,
        title=f"{dataset.summary} (held out)",
        homepage="",
        licence=dataset.licence,
        citation="",
        splits=dataset.splits,
        default_split=split,
        load=lambda request: held_out(dataset.name, request.split, count),
        prompts={"dataset": dataset.prompt},
        default_prompt="dataset",
        profiles={profile.name: profile},
        default_profile=profile.name,
    )
    return benchmark, split, profile


def _measurement(values: Mapping[str, Any] | None) -> Measurement | None:
    if values is None:
        return None
    intervals = {name: tuple(values[name]) for name in ("interval", "strict_interval")}
    return Measurement(**{**values, **intervals})
