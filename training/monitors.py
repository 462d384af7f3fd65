"""Watches over reward hacking: is the reward still about the task? An alarm says what was seen; the loop acts on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.core.hacking import Cusum, CusumState, advance_cusum, component_divergence, spearman
from training.settings import MonitorSettings
from training.types import RolloutGroup

WINDOW = 20  # steps that a divergence or a correlation is looked at over
LIMITS = {"proxy_gap": 0.2, "length_reward": 0.7, "flags": 0.2, "kl": 0.2, "entropy": 1.0, "component_divergence": 0.05}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What a monitor saw, and what is to be done."""

    kind: str
    action: str
    said: str
    component: str | None = None


class Monitors:
    """The monitors of a run and what they remember. Each gives its alarm once and is then quiet."""

    def __init__(self, settings: Sequence[MonitorSettings]) -> None:
        self._settings = tuple(settings)
        self._charts: dict[int, CusumState] = {}
        self._history: dict[str, list[float]] = {}
        self._raised: set[int] = set()

    def look(
        self, groups: Sequence[RolloutGroup], metrics: Mapping[str, float], evaluated: float | None
    ) -> list[Alarm]:
        """Alarms after a step: its groups, its metrics, and the accuracy where this step was evaluated."""
        self._remember(groups, metrics)
        alarms = []
        for number, monitor in enumerate(self._settings):
            if number in self._raised:
                continue
            said = self._said(number, monitor, metrics, evaluated)
            if said is not None:
                self._raised.add(number)
                alarms.append(Alarm(kind=monitor.kind, action=monitor.action, said=said, component=monitor.component))
        return alarms

    def state(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "charts": {str(number): dataclasses.asdict(chart) for number, chart in self._charts.items()},
            "history": self._history,
            "raised": sorted(self._raised),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put `state` back."""
        self._charts = {int(number): CusumState(**chart) for number, chart in state["charts"].items()}
        self._history = {name: list(values) for name, values in state["history"].items()}
        self._raised = set(state["raised"])

    def _remember(self, groups: Sequence[RolloutGroup], metrics: Mapping[str, float]) -> None:
        pairs = [
            (len(rollout.ids), rewarded.reward, any(verdict.flags for verdict in rewarded.verdicts))
            for group in groups
            for rollout, rewarded in zip(group.rollouts, group.rewarded, strict=True)
            if rewarded.reward is not None
        ]
        seen = {name: value for name, value in metrics.items() if name == "accuracy" or name.startswith("component/")}
        if pairs:
            correlation = spearman([length for length, _, _ in pairs], [reward for _, reward, _ in pairs])
            seen |= {"flags": sum(flagged for _, _, flagged in pairs) / len(pairs)}
            seen |= {} if correlation is None else {"length_reward": correlation}
        for name, value in seen.items():
            self._history[name] = [*self._history.get(name, ()), value][-WINDOW:]

    def _said(
        self, number: int, monitor: MonitorSettings, metrics: Mapping[str, float], evaluated: float | None
    ) -> str | None:
        limit = LIMITS[monitor.kind] if monitor.threshold is None else monitor.threshold
        if monitor.kind in ("length_reward", "flags"):
            history = self._history.get(monitor.kind, [])
            mean = sum(history) / len(history) if history else 0.0
            what = "rank correlation of length and reward" if monitor.kind == "length_reward" else "share flagged"
            return f"{what} {mean:.2f} over {len(history)} steps" if len(history) == WINDOW and mean > limit else None
        if monitor.kind == "component_divergence":
            return self._divergence(monitor, limit)
        share = metrics.get("reward/share")  # absent where nothing could be scored
        values = {
            "proxy_gap": None if evaluated is None or share is None else share - evaluated,
            "kl": metrics.get("kl"),
            "entropy": None if "entropy" not in metrics else -metrics["entropy"],
        }
        value = values[monitor.kind]
        if value is None:
            return None
        chart = Cusum(limit=limit, warmup=2 if monitor.kind == "proxy_gap" else WINDOW)
        state = advance_cusum(chart, self._charts.get(number, CusumState()), value)
        self._charts[number] = state
        return (
            f"{monitor.kind} moved {state.total:.2f} beyond its baseline {state.baseline:.3f}" if state.alarm else None
        )

    def _divergence(self, monitor: MonitorSettings, limit: float) -> str | None:
        easy = self._history.get(f"component/{monitor.component}", [])
        hard = self._history.get("accuracy", [])  # of the stage's own first component
        if len(easy) < WINDOW or len(hard) < WINDOW:
            return None
        found = component_divergence(easy, hard, rise=limit)
        if not found.parted:
            return None
        return (
            f"{monitor.component} rose by {found.easy:.2f} while accuracy fell by {-found.hard:.2f} in {WINDOW} steps"
        )
