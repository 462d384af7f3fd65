"""From a configuration's components to what a rollout is worth: weights that move, parameters filled in, verdicts read.

The calls to the reward service are in scoring.py. An unscored rollout keeps `reward` None all the way; it never
becomes a 0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from reward_service.rewards import combine
from reward_service.types import Component, ScoreItem, Verdict
from rfteval.errors import UsageError
from rfteval.types import Sample
from training.core.schedules import HybridSchedule, Ramp
from training.settings import ComponentSettings, RewardSettings
from training.types import Rewarded, Rollout

# What a parameter's value may stand for. Those in LATE are known only once the whole group has been scored.
TOKENS, CORRECT, SHORTEST, LONGEST = "$tokens", "$correct", "$shortest", "$longest"
LATE = (CORRECT, SHORTEST, LONGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The components in force at one step, in order, with their weights at that step.

    `outcome` and `process` multiply the weights of components with that role (the hybrid schedule). With `per_step`
    process components stay out of the reward, since they are credited step by step.
    """

    components: tuple[ComponentSettings, ...]
    weights: tuple[float, ...]
    outcome: float = 1.0
    process: float = 1.0
    per_step: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The components' names in logs."""
        return tuple(each.name or each.verifier for each in self.components)

    @property
    def late(self) -> bool:
        """Whether a component has to wait for its whole group."""
        return any(_is_late(each) for each in self.components)

    def item(self, rollout: Rollout, sample: Sample) -> ScoreItem:
        """What is sent as soon as a rollout is finished: every component that need not wait."""
        ready = [place for place, each in enumerate(self.components) if not _is_late(each)]
        return self._item(rollout, sample, ready, {TOKENS: len(rollout.ids)})

    def late_item(
        self, rollout: Rollout, sample: Sample, verdicts: Sequence[Verdict], group: Sequence[Rollout]
    ) -> ScoreItem | None:
        """What is sent of a rollout once its group is there; None where its first component is unscored."""
        if verdicts[0].score is None:
            return None
        lengths = [len(each.ids) for each in group]
        known = {
            TOKENS: len(rollout.ids),
            CORRECT: verdicts[0].correct,
            SHORTEST: min(lengths),
            LONGEST: max(lengths),
        }
        return self._item(rollout, sample, [p for p, each in enumerate(self.components) if _is_late(each)], known)

    def worth(self, verdicts: Sequence[Verdict], late: Sequence[Verdict] = ()) -> Rewarded:
        """What a rollout is worth, from the verdicts on its two items."""
        first, second = iter(verdicts), iter(late)
        ordered = [next(second if _is_late(each) else first, None) for each in self.components]
        present = [verdict for verdict in ordered if verdict is not None]
        if len(present) < len(ordered):
            return unscored(self.names, _why(present) or "its group was not scored", tuple(present))
        counted = [
            place for place, each in enumerate(self.components) if not (self.per_step and each.role == "process")
        ]
        reward = combine([self._component(place, {}) for place in counted], [present[place] for place in counted])
        return Rewarded(
            reward=reward,
            components={name: verdict.score for name, verdict in zip(self.names, present, strict=True)},
            verdicts=tuple(present),
            reason="" if reward is not None else _why(present),
        )

    def step_scores(self, rewarded: Rewarded) -> list[tuple[int, float]]:
        """(end in characters, weighted score) of every step that process components scored."""
        return [
            (step.end, self.weights[place] * step.score)
            for place, (each, verdict) in enumerate(zip(self.components, rewarded.verdicts, strict=False))
            if each.role == "process"
            for step in verdict.steps
        ]

    def _item(self, rollout: Rollout, sample: Sample, places: Sequence[int], known: Mapping[str, object]) -> ScoreItem:
        filled = []
        for place in places:
            settings = self.components[place]
            parameters = {
                name: known[value] if isinstance(value, str) and value in known else value
                for name, value in settings.parameters.items()
            }
            filled.append(self._component(place, parameters | _from_sample(settings, sample)))
        return ScoreItem(
            id=f"{rollout.sample_id}:{rollout.index}",
            response=rollout.text,
            reference=sample.reference,
            components=tuple(filled),
        )

    def _component(self, place: int, parameters: Mapping[str, object]) -> Component:
        settings = self.components[place]
        share = self.process if settings.role == "process" else self.outcome
        return Component(
            verifier=settings.verifier,
            weight=self.weights[place] * share,
            parameters=parameters,
            optional=settings.optional,
            gate=settings.gate if self.weights[place] or not settings.weight else None,  # a dropped one gates nothing
        )


@dataclass(slots=True, kw_only=True)
class RewardPlan:
    """The reward over a run: which recipe holds at a step. `dropped` are components that a monitor took out."""

    settings: RewardSettings
    steps: int
    dropped: set[str] = field(default_factory=set)

    def at(self, step: int, components: Sequence[ComponentSettings] | None = None) -> Recipe:
        """The recipe at `step`, with a curriculum stage's own `components` where it has some."""
        chosen = tuple(components or self.settings.components)
        weights = tuple(self._weight(each, step) for each in chosen)
        outcome, process = 1.0, 1.0
        if self.settings.hybrid:
            outcome, process = HybridSchedule(steps=self.settings.hybrid_steps or self.steps).weights(step)
        if not self.settings.hybrid or self.settings.steps == "scalar":
            return Recipe(
                components=chosen,
                weights=weights,
                outcome=outcome,
                process=process,
                per_step=self.settings.steps == "per_step",
            )
        # By step, the two parts meet as advantages: their weights multiply there and not in the rewards.
        return Recipe(components=chosen, weights=weights, per_step=True)

    def shares(self, step: int) -> tuple[float, float]:
        """Weights of outcome and process advantages at `step`, where process components are credited by step."""
        if not self.settings.hybrid:
            return 1.0, 1.0
        return HybridSchedule(steps=self.settings.hybrid_steps or self.steps).weights(step)

    def _weight(self, settings: ComponentSettings, step: int) -> float:
        if (settings.name or settings.verifier) in self.dropped:
            return 0.0
        end = settings.weight if settings.weight_end is None else settings.weight_end
        return Ramp(shape="linear", start=settings.weight, end=end, steps=max(self.steps - 1, 1)).at(step)


def check_components(settings: RewardSettings, stages: Sequence[Sequence[ComponentSettings] | None]) -> tuple[str, ...]:
    """The verifiers that a run needs, in order. Raises UsageError for what cannot work."""
    for components in (settings.components, *(stage for stage in stages if stage)):
        names = [each.name or each.verifier for each in components]
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            raise UsageError(f"two components are called {min(repeated)!r}; give one of them a name")
        if _is_late(components[0]):
            raise UsageError(
                f"the first component, {names[0]!r}, says what right means, so it cannot ask for {' or '.join(LATE)}"
            )
        if components[0].optional or components[0].role != "outcome":
            raise UsageError(
                f"the first component, {names[0]!r}, says what right means: it cannot be optional, since a response "
                "that it could not score is not a wrong one, and its role is outcome"
            )
        if settings.steps == "per_step" and not any(each.role == "process" for each in components):
            raise UsageError("reward.steps per_step needs a component with role: process, such as the verifier steps")
    everything = (*settings.components, *(each for stage in stages if stage for each in stage))
    return tuple(dict.fromkeys(each.verifier for each in everything))


def unscored(names: Collection[str], reason: str, verdicts: tuple[Verdict, ...] = ()) -> Rewarded:
    """What a rollout is worth that could not be scored: nothing, and not 0."""
    return Rewarded(reward=None, components=dict.fromkeys(names), verdicts=verdicts, reason=reason)


def _is_late(settings: ComponentSettings) -> bool:
    return any(isinstance(value, str) and value in LATE for value in settings.parameters.values())


def _from_sample(settings: ComponentSettings, sample: Sample) -> dict[str, object]:
    missing = [key for key in settings.fields.values() if key not in sample.fields]
    if missing:
        known = ", ".join(sorted(sample.fields)) or "none"
        raise UsageError(
            f"component {settings.name or settings.verifier!r} takes the field {missing[0]!r}, "
            f"which sample {sample.id!r} lacks; it has: {known}"
        )
    return {parameter: sample.fields[key] for parameter, key in settings.fields.items()}


def _why(verdicts: Sequence[Verdict]) -> str:
    return next((f"{v.verifier}: {v.status.name}: {v.reason}" for v in verdicts if v.score is None), "")
