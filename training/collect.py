"""One rollout batch: draw prompts, sample groups, score while sampling, keep what teaches something, ask for more.

Dynamic sampling (DAPO, arXiv 2503.14476) with a cap that trains on what there is; online filtering with a replay buffer
(MM-EUREKA, arXiv 2503.07365); noisy pictures for a part of each group (NoisyRollout, arXiv 2504.13055).
"""

from __future__ import annotations

import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from PIL import Image as Pillow

from rfteval.types import Sample, Sampling
from training.core.noise import NoiseSchedule, diffuse
from training.core.selection import next_sampling, select_by_accuracy, select_by_signal
from training.encoding import Encoder, as_array, with_pictures_changed
from training.ranks import Ranks
from training.rewards import Recipe, RewardPlan
from training.rollout import RolloutEngine
from training.sampler import PromptSampler
from training.scoring import BatchScores, Scorer
from training.settings import TrainSettings
from training.sources import Source
from training.types import Outcome, Request, Rewarded, Rollout, RolloutGroup

ReferencePass = Callable[[Sequence[RolloutGroup]], list[RolloutGroup]]


@dataclass(slots=True, kw_only=True)
class Collection:
    """What a step collected on this process. `groups` are trained on, `sampled` is everything that was sampled.

    `outcomes` are of all processes. `waited_s`: time that nothing else was done but waiting for verdicts.
    """

    recipe: Recipe
    groups: list[RolloutGroup] = field(default_factory=list)
    sampled: list[RolloutGroup] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    fate: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    sampling_s: float = 0.0
    reference_s: float = 0.0
    waited_s: float = 0.0


class Collector:
    """Collects rollout batches; what it holds between steps is the replay buffer."""

    def __init__(
        self,
        settings: TrainSettings,
        *,
        source: Source,
        sampler: PromptSampler,
        encoder: Encoder,
        engine: RolloutEngine,
        scorer: Scorer,
        plan: RewardPlan,
        ranks: Ranks,
    ) -> None:
        self._settings = settings
        self._source = source
        self._sampler = sampler
        self._encoder = encoder
        self._engine = engine
        self._scorer = scorer
        self._plan = plan
        self._ranks = ranks
        self.buffer: list[RolloutGroup] = []
        noise = settings.rollout.noise
        self._noise = noise and NoiseSchedule(
            fading=noise.schedule,
            strength=noise.strength,
            steps=noise.steps,
            middle=noise.middle,
            coefficient=noise.coefficient,
        )

    def collect(self, step: int, reference: ReferencePass | None) -> Collection:
        """The rollout batch of `step`. `reference` adds reference log-probabilities; it runs while verdicts arrive."""
        settings = self._settings
        wanted = settings.rollout.prompts_per_step
        stage = self._sampler.stage
        collection = Collection(recipe=self._plan.at(step, stage.components if stage else None))
        kept = 0
        prompts = wanted
        rounds = settings.signal.max_rounds if settings.signal.dynamic_sampling else 1
        asked = 0
        while prompts:
            groups = self._round(step, prompts, collection, reference)
            collection.groups += self._kept(step, groups, collection)
            collection.rounds += 1
            asked += prompts
            kept = int(self._ranks.total(len(collection.groups)))
            decision = next_sampling(
                kept=min(kept, asked),
                wanted=wanted,
                asked=asked,
                rounds=collection.rounds,
                most_rounds=rounds,
                largest_round=wanted,
            )
            prompts = decision.prompts if decision.action == "sample" else 0
        if settings.signal.replay:
            self._through_buffer(collection, wanted)
        return collection

    def _round(
        self, step: int, prompts: int, collection: Collection, reference: ReferencePass | None
    ) -> list[RolloutGroup]:
        samples = self._sampler.draw(prompts)
        mine = samples[self._ranks.rank :: self._ranks.count]
        requests = self._requests(step, mine)
        settings = self._settings.rollout
        sampling = Sampling(temperature=settings.temperature, top_p=settings.top_p, max_tokens=settings.max_tokens)
        scores = BatchScores(self._scorer, collection.recipe, {sample.id: sample for sample in mine})
        by_sample: dict[str, list[Rollout]] = {sample.id: [] for sample in mine}
        began = time.monotonic()
        for rollout in self._engine.sample(requests, sampling):
            scores.send(rollout)
            by_sample[rollout.sample_id].append(rollout)
        collection.sampling_s += time.monotonic() - began
        clean = {request.prompt.sample_id: request.prompt for request in requests if not request.noisy}
        groups = []
        for sample in mine:
            rollouts = tuple(sorted(by_sample[sample.id], key=lambda rollout: rollout.index))
            nothing = tuple(Rewarded(reward=None) for _ in rollouts)
            groups.append(RolloutGroup(sample=sample, prompt=clean[sample.id], rollouts=rollouts, rewarded=nothing))
        began = time.monotonic()
        if reference is not None:
            groups = reference(groups)
        collection.reference_s += time.monotonic() - began
        rewarded = scores.collect()
        groups = [
            replace(group, rewarded=rewarded[group.sample.id][1]) if group.rollouts else group for group in groups
        ]
        if self._settings.reward.shuffle:
            groups = _shuffled(groups, step)
        collection.waited_s += scores.waited_s
        collection.sampled += groups
        collection.outcomes += self._outcomes(samples, groups)
        return groups

    def _requests(self, step: int, samples: Sequence[Sample]) -> list[Request]:
        """Noisy rollouts are the last of a group, with a prompt of their own; its clean twin is what is trained on."""
        settings = self._settings.rollout
        strength = self._noise.at(step) if self._noise else 0
        noisy = settings.noise.rollouts if settings.noise is not None and strength else 0
        indices = tuple(range(settings.group_size))
        requests = []
        for sample in samples:
            prompt = self._source.prompt(sample)
            requests.append(Request(prompt=self._encoder.encode(prompt), indices=indices[: len(indices) - noisy]))
            if noisy:
                change = _noise(strength, f"{self._settings.seed} {step} {sample.id}")
                encoded = self._encoder.encode(with_pictures_changed(prompt, change))
                requests.append(Request(prompt=encoded, indices=indices[len(indices) - noisy :], noisy=True))
        return requests

    def _outcomes(self, samples: Sequence[Sample], groups: Sequence[RolloutGroup]) -> list[Outcome]:
        places = {sample.id: place for place, sample in enumerate(samples)}
        mine = [(places[group.sample.id], group.accuracy, len(group.rewards)) for group in groups]
        found = sorted(self._ranks.gather(mine))
        return [Outcome(sample=samples[place], accuracy=accuracy, scored=count) for place, accuracy, count in found]

    def _kept(self, step: int, groups: Sequence[RolloutGroup], collection: Collection) -> list[RolloutGroup]:
        """The groups that are trained on; `fate` counts what the others were.

        Without dynamic sampling a group of equal rewards stays: it has no gradient, but a batch's size counts it.
        """
        if not groups:
            return []
        settings = self._settings.signal
        rewards_P_G, scored_P_G, accuracies_P_G = reward_tensors(groups)
        selection = select_by_signal(accuracies_P_G, rewards_P_G, scored_P_G)
        kept_P = selection.kept_P
        if not settings.dynamic_sampling:
            kept_P = ~selection.unscored_P
        elif collection.recipe.per_step:  # equal outcomes may differ step by step
            differ = [steps_differ(group, collection.recipe) for group in groups]
            kept_P = kept_P | (~selection.unscored_P & torch.tensor(differ))
        low, high = settings.filter_low, settings.filter_high
        if low is not None and high is not None and step >= settings.filter_from:
            selection = select_by_accuracy(accuracies_P_G, scored_P_G, lowest=low, highest=high)
            kept_P = selection.kept_P
        collection.fate.update(selection.counts())
        return [group for group, keep in zip(groups, kept_P.tolist(), strict=True) if keep]

    def _through_buffer(self, collection: Collection, wanted: int) -> None:
        """Kept groups wait until they make a whole batch, which is then trained on at once."""
        self.buffer += collection.groups
        enough = self._ranks.total(len(self.buffer)) >= wanted
        collection.groups = self.buffer if enough else []
        collection.fate["waiting"] = 0 if enough else len(self.buffer)
        self.buffer = [] if enough else self.buffer


def reward_tensors(groups: Sequence[RolloutGroup]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Rewards, whether scored, and accuracies, each (P, G); a place without a rollout is unscored."""
    size = max((len(group.rollouts) for group in groups), default=1)
    rewards_P_G = torch.zeros(len(groups), size, dtype=torch.float64)
    accuracies_P_G = torch.zeros_like(rewards_P_G)
    scored_P_G = torch.zeros(len(groups), size, dtype=torch.bool)
    for row, group in enumerate(groups):
        for column, each in enumerate(group.rewarded):
            if each.reward is not None:
                rewards_P_G[row, column] = each.reward
                accuracies_P_G[row, column] = min(max(each.accuracy or 0.0, 0.0), 1.0)
                scored_P_G[row, column] = True
    return rewards_P_G, scored_P_G, accuracies_P_G


def steps_differ(group: RolloutGroup, recipe: Recipe) -> bool:
    """Whether process supervision has anything to tell apart: all steps of a group are normalised together."""
    return len({score for each in group.rewarded for _, score in recipe.step_scores(each)}) > 1


def _noise(strength: int, seed: str) -> Callable[[Pillow.Image], Pillow.Image]:
    generator = torch.Generator().manual_seed(zlib.crc32(seed.encode()))

    def change(picture: Pillow.Image) -> Pillow.Image:
        noisy = diffuse(torch.from_numpy(as_array(picture)), strength, generator).clamp(0.0, 1.0)
        return Pillow.fromarray((noisy * 255).round().to(torch.uint8).numpy())

    return change


def _shuffled(groups: Sequence[RolloutGroup], step: int) -> list[RolloutGroup]:
    """Rewards dealt out anew over all scored rollouts: what a run with no signal looks like."""
    places = [
        (row, column)
        for row, group in enumerate(groups)
        for column, each in enumerate(group.rewarded)
        if each.reward is not None
    ]
    order = torch.randperm(len(places), generator=torch.Generator().manual_seed(step)).tolist()
    dealt: dict[tuple[int, int], Any] = {}
    for place, source in zip(places, order, strict=True):
        row, column = places[source]
        dealt[place] = groups[row].rewarded[column].reward
    return [
        replace(
            group,
            rewarded=tuple(
                replace(each, reward=dealt[row, column]) if each.reward is not None else each
                for column, each in enumerate(group.rewarded)
            ),
        )
        for row, group in enumerate(groups)
    ]
