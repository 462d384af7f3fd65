"""The loop: sample groups → score → rewards → advantages → batches → loss → step. Nothing flows back but the weights.

How it departs from the papers it serves:
- A rollout that could not be scored is in no mean and no deviation, and is not trained on; papers do not say.
- Dynamic sampling stops after `signal.max_rounds` and trains on what there is (DAPO goes on for ever), also where it
  is more than a batch (DAPO cuts it). Without it a group of equal rewards stays in the batch's size but is not
  computed, since its gradient is 0.
- The first update after sampling takes the policy's own log-probabilities as the old ones: the ratio is 1 either way.
- Token means and deviations are over the batch of all processes, whatever the micro-batches.
- The learning rate and the clip range may follow a schedule or the policy's measured shift; β may be 0 first and grow.
- Noisy pictures (NoisyRollout) are for sampling only, as in the released code; StepGRPO has its scalar form and, as
  process supervision, credit by step, which its released code does not have.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rfteval.errors import UsageError
from training import checkpoint
from training.assembly import Parts
from training.collect import Collection
from training.core.kl_control import BetaState, advance_beta, raised, start_beta
from training.evaluate import Measurement, Progress
from training.group_json import group_from_values, group_to_values
from training.monitors import Alarm, Monitors
from training.patience import ADVICE, Patience
from training.step_metrics import batch_metrics
from training.tracking import Tracking
from training.types import RolloutGroup
from training.update import Updated

RAISE_BETA = 2.0  # what a monitor multiplies β by


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended: after how many steps, why, and what was measured first, best and last."""

    steps: int
    reason: str
    first: Measurement | None = None
    best: Measurement | None = None
    last: Measurement | None = None


class Trainer:
    """One run. Everything that it remembers is in `state`, so that a checkpoint can put it back."""

    def __init__(self, parts: Parts, tracking: Tracking) -> None:
        self._parts = parts
        self._settings = parts.settings
        self._tracking = tracking
        self._monitors = Monitors(parts.settings.monitors)
        self._progress = Progress()
        self._beta: BetaState = start_beta(parts.beta)
        self._done = 0
        self._patience = Patience(parts.settings.signal.patience)
        self._frozen = False

    def run(self) -> Ending:
        """Train to the end. Raises NoSignalError, NotFiniteError, and what the parts raise."""
        reason = f"all {self._settings.steps} steps done"
        if self._done == 0:
            self._tracking.metrics(0, self._evaluate())
        while self._done < self._settings.steps:
            stop = self.step()
            every = self._settings.checkpoint.every
            if stop or self._done == self._settings.steps or (every and self._done % every == 0):
                self._save()
            if stop:
                reason = stop
                break
        if self._parts.ranks.first:
            checkpoint.replace_model(self._parts.out / "model", self._parts.policy, self._parts.folder)
        self._parts.ranks.wait()
        progress = self._progress
        return Ending(steps=self._done, reason=reason, first=progress.first, best=progress.best, last=progress.last)

    def step(self) -> str:
        """One rollout batch and its updates; why the run stops after it, or an empty text."""
        began = time.monotonic()
        parts, step = self._parts, self._done
        reference = None
        if parts.reference is not None and self._beta.beta > 0:
            model = parts.reference

            def reference(groups: Sequence[RolloutGroup]) -> list[RolloutGroup]:
                return parts.learner.reference_pass(model, groups)

        collection = parts.collector.collect(step, reference)
        parts.engine.rest()
        sampled_s = time.monotonic() - began
        updated = Updated()
        if not self._frozen and parts.ranks.total(len(collection.groups)):
            updated = parts.learner.update(collection, step, self._beta.beta)
        if updated.responses:
            parts.engine.refresh(parts.policy, step + 1)
        self._done += 1
        self._sampler_learns(collection)
        metrics = batch_metrics(collection, parts.ranks) | updated.metrics
        self._beta = advance_beta(
            parts.beta, self._beta, kl=updated.kl, accuracy=metrics.get("accuracy"), responses=updated.responses
        )
        metrics |= {"time/collect_s": sampled_s, "sampler/skipped": float(parts.sampler.skipped)}
        metrics |= parts.engine.metrics()
        metrics["time/step_s"] = time.monotonic() - began
        fates = {name: int(metrics.get(f"groups/{name}", 0)) for name in ("waiting", *ADVICE)}  # of all processes
        self._patience.look(fates, idle=not updated.responses and not self._frozen and not fates["waiting"])
        evaluated = self._evaluate() if self._due() else {}
        alarms = self._monitors.look(collection.sampled, metrics, evaluated.get("eval/accuracy"))
        alarms = parts.ranks.same(alarms)  # some monitors look at rollouts, and each process has its own
        self._tracking.metrics(self._done, metrics | evaluated)
        self._store_rollouts(collection, updated)
        stops = [self._act(alarm) for alarm in alarms]
        return next(filter(None, stops), "") or (self._stop_early() if evaluated else "")

    def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """(plain values, tensors) that `restore` puts back; all processes have to ask for it."""
        parts = self._parts
        values = {
            "settings": self._settings.model_dump(mode="json", by_alias=True),
            "digests": parts.scorer.digests,
            "beta": dataclasses.asdict(self._beta),
            "sampler": parts.sampler.state(),
            "monitors": self._monitors.state(),
            "progress": self._progress.state(),
            "dropped": sorted(parts.plan.dropped),
            "rate_scale": parts.learner.scale,
            "patience": self._patience.state(),
            "frozen": self._frozen,
        }
        mine = {
            "random": checkpoint.random_state(),
            "engine": parts.engine.state(),
            "buffer": [group_to_values(group) for group in parts.collector.buffer],
        }
        return values, {"optimizer": parts.learner.optimizer.state_dict(), "processes": parts.ranks.gather([mine])}

    def restore(self, saved: checkpoint.Saved) -> None:
        """Go on from a checkpoint: everything but the settings is put back. Raises UsageError for other processes."""
        parts, values, tensors = self._parts, saved.values, saved.tensors
        if len(tensors["processes"]) != parts.ranks.count:
            raise UsageError(
                f"the checkpoint in {saved.model.parent} is of {len(tensors['processes'])} processes, and "
                f"{parts.ranks.count} were started; start as many, or use another --set out=DIR"
            )
        mine = tensors["processes"][parts.ranks.rank]
        checkpoint.load_weights(parts.policy, saved.model)
        parts.learner.optimizer.load_state_dict(tensors["optimizer"])
        parts.learner.scale = values["rate_scale"]
        parts.sampler.restore(values["sampler"])
        parts.engine.restore(mine["engine"])
        parts.engine.refresh(parts.policy, saved.step)
        parts.collector.buffer = [group_from_values(group) for group in mine["buffer"]]
        parts.plan.dropped = set(values["dropped"])
        self._beta = BetaState(**values["beta"])
        self._monitors.restore(values["monitors"])
        self._progress.restore(values["progress"])
        self._patience.restore(values["patience"])
        self._frozen = values["frozen"]
        self._done = saved.step
        if values["digests"] != parts.scorer.digests:
            self._tracking.event(saved.step, "digests", "the verifiers have changed since the checkpoint was written")
        checkpoint.restore_random(mine["random"])

    def _save(self) -> None:
        values, tensors = self.state()
        if self._parts.ranks.first:
            checkpoint.save(
                self._parts.out,
                self._done,
                policy=self._parts.policy,
                source=self._parts.folder,
                values=values,
                tensors=tensors,
                keep=self._settings.checkpoint.keep,
            )
        self._parts.ranks.wait()

    def _due(self) -> bool:
        evaluation = self._settings.evaluation
        if evaluation is None:
            return False
        return self._done == self._settings.steps or bool(evaluation.every and self._done % evaluation.every == 0)

    def _evaluate(self) -> dict[str, float]:
        """Measured by the first process; the best checkpoint is kept."""
        parts = self._parts
        measured = None
        if parts.evaluator is not None and parts.ranks.first:
            measured = parts.evaluator.measure(self._done)
        if self._settings.evaluation is None:
            return {}
        measured = parts.ranks.same(measured)
        if self._progress.add(measured) and parts.ranks.first:
            checkpoint.replace_model(parts.out / "best", parts.policy, parts.folder)
        return dict(measured.metrics())

    def _stop_early(self) -> str:
        evaluation = self._settings.evaluation
        if evaluation is None:
            return ""
        if evaluation.early_stop is not None and self._progress.since_best >= evaluation.early_stop:
            return (
                f"{evaluation.early_stop} evaluations without a better one; the best is in {self._parts.out / 'best'}"
            )
        if evaluation.guard is not None and self._progress.fallen(evaluation.guard):
            return f"held-out accuracy fell below the start's; the best is in {self._parts.out / 'best'}"
        return ""

    def _sampler_learns(self, collection: Collection) -> None:
        before = self._parts.sampler.stage
        self._parts.sampler.observe(collection.outcomes)
        after = self._parts.sampler.stage
        if after is not before and after is not None:
            self._tracking.event(self._done, "curriculum", f"stage {after.name} begins")

    def _act(self, alarm: Alarm) -> str:
        """What an alarm's action does; why the run stops, or an empty text."""
        self._tracking.event(self._done, f"alarm {alarm.kind}", f"{alarm.said}; action: {alarm.action}")
        if alarm.action == "freeze":
            self._frozen = True
        elif alarm.action == "raise_beta":
            self._beta = raised(self._beta, RAISE_BETA)
        elif alarm.action == "drop_component" and alarm.component is not None:
            self._parts.plan.dropped.add(alarm.component)
        return f"monitor {alarm.kind}: {alarm.said}" if alarm.action == "stop" else ""

    def _store_rollouts(self, collection: Collection, updated: Updated) -> None:
        settings = self._settings.tracking
        if settings.rollouts_every and (self._done - 1) % settings.rollouts_every == 0 and collection.groups:
            chosen = collection.groups[: settings.rollouts]
            self._tracking.rollouts(self._done, chosen, updated.credit, self._parts.token_texts)
