"""Which prompts are asked next: order, curriculum, and no tokens for prompts that would teach nothing.

Everything random is a function of the seed and of how many samples were drawn, so a checkpoint holds a few numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from random import Random
from typing import Any

from rfteval.errors import SourceError
from rfteval.types import Sample
from training.core.curriculum import CurriculumState, Promotion, advance_curriculum
from training.core.difficulty import Difficulty, observed, worth
from training.settings import CurriculumStage, SignalSettings
from training.sources import Source
from training.types import Outcome

MOST_SKIPPED = 20_000  # samples drawn in vain in a row: the stage then asks for what the source does not have


class PromptSampler:
    """Draws samples from a source. `group_size` decides what a success estimate promises."""

    def __init__(self, source: Source, settings: SignalSettings, *, group_size: int, seed: int) -> None:
        self._source = source
        self._settings = settings
        self._group_size = group_size
        self._seed = seed
        self._block: tuple[int, Sequence[Sample]] = (-1, ())
        self._place = (0, 0)  # block, and place in it
        self._drawn = 0
        self._estimates: dict[str, Difficulty] = {}
        self._curriculum = CurriculumState()
        self.skipped = 0

    @property
    def stage(self) -> CurriculumStage | None:
        """The stage of the curriculum, where there is one."""
        return self._settings.stages[self._curriculum.stage] if self._settings.stages else None

    def draw(self, count: int) -> list[Sample]:
        """The next `count` samples, no two of one id. Raises SourceError where a stage matches nothing."""
        chosen: dict[str, Sample] = {}
        skipped = 0
        while len(chosen) < count:
            sample = self._next()
            if self._matches(sample) and sample.id not in chosen and self._promises(sample):
                chosen[sample.id] = sample
                skipped = 0
                continue
            skipped += 1
            self.skipped += 1
            if skipped > MOST_SKIPPED:
                raise SourceError(
                    f"{MOST_SKIPPED} samples in a row did not fit: there are fewer than {count} with "
                    f"{dict(self.stage.where) if self.stage else 'different ids'}; correct signal.stages, or lower "
                    "rollout.prompts_per_step"
                )
        return list(chosen.values())

    def observe(self, outcomes: Sequence[Outcome]) -> None:
        """Learn from what all groups of a step came to, also from those that are not trained on."""
        for each in outcomes:
            if each.accuracy is not None:
                key = self._key(each.sample)
                right = min(max(each.accuracy, 0.0), 1.0) * each.scored
                before = self._estimates.get(key, Difficulty())
                decay = self._settings.difficulty_decay
                self._estimates[key] = observed(before, right=right, tried=each.scored, decay=decay)
        stage = self.stage
        if stage is not None:
            accuracies = [each.accuracy for each in outcomes if each.accuracy is not None]
            mean = sum(accuracies) / len(accuracies) if accuracies else None
            patience = self._settings.stage_patience
            promotion = Promotion(accuracy=stage.accuracy, patience=patience, steps=stage.steps)
            self._curriculum = advance_curriculum(promotion, self._curriculum, mean, stages=len(self._settings.stages))

    def state(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "place": list(self._place),
            "drawn": self._drawn,
            "skipped": self.skipped,
            "estimates": {key: [each.right, each.tried] for key, each in self._estimates.items()},
            "curriculum": dataclasses.asdict(self._curriculum),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Put `state` back."""
        self._place = (state["place"][0], state["place"][1])
        self._drawn = state["drawn"]
        self.skipped = state["skipped"]
        self._estimates = {key: Difficulty(right=r, tried=t) for key, (r, t) in state["estimates"].items()}
        self._curriculum = CurriculumState(**state["curriculum"])

    def _next(self) -> Sample:
        number, place = self._place
        if self._block[0] != number:
            self._block = (number, self._source.block(number))
        samples = self._block[1]
        self._place = (number, place + 1) if place + 1 < len(samples) else (number + 1, 0)
        self._drawn += 1
        return samples[place]

    def _matches(self, sample: Sample) -> bool:
        if self.stage is None:
            return True
        return all(_has(sample, tag, values) for tag, values in self.stage.where.items())

    def _promises(self, sample: Sample) -> bool:
        """Whether to ask: with the chance that its group has a spread; what was never asked is asked."""
        if not self._settings.difficulty:
            return True
        estimate = self._estimates.get(self._key(sample))
        if estimate is None:
            return True
        return Random(f"{self._seed} {self._drawn}").random() < worth(estimate, self._group_size)

    def _key(self, sample: Sample) -> str:
        key = self._settings.difficulty_key
        return sample.id if key == "id" else str(sample.tags.get(key, ""))


def _has(sample: Sample, tag: str, values: Sequence[str]) -> bool:
    held = sample.tags.get(tag, "")
    return bool({held} & set(values)) if isinstance(held, str) else bool(set(held) & set(values))
