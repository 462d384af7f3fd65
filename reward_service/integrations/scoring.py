"""What every integration shares: texts and references of a batch → rewards, with a stated policy for unscored ones.

Trainers want a number for every response, and TRL and ms-swift add up a None as 0. So an unscored response gets, by
policy: `mean`, the mean of the batch's scored responses to the same reference, so that its advantage under a group
baseline is about 0 (the default); `zero`; or `raise`. Whatever the policy, it is counted in `unscored` and logged.
"""

from __future__ import annotations

import collections
import dataclasses
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reward_service.client import RewardClient
from reward_service.errors import RewardServiceError
from reward_service.types import Component, Reference, ScoredItem, ScoreItem
from reward_service.verify import reference_from

_log = logging.getLogger(__name__)
POLICIES = ("mean", "zero", "raise")


class UnscoredError(RewardServiceError):
    """A response could not be scored and the policy is to stop."""


@dataclass(slots=True, kw_only=True)
class BatchScorer:
    """Scores batches for a trainer. Holds the connection and the count of unscored responses by status."""

    client: RewardClient
    components: tuple[Component, ...] = ()
    unscored: collections.Counter[str] = field(default_factory=collections.Counter)

    def score(
        self, responses: Sequence[str], references: Sequence[Reference], lengths: Sequence[int] | None = None
    ) -> list[ScoredItem]:
        """The answers in order. Raises the client's errors when the service cannot be reached.

        `lengths` are tokens, for components of the verifier `length`.
        """
        items = items_of(responses, references, self.components, lengths)
        if not items:
            return []
        scored = list(self.client.score_stream(items, components=shared_components(items, self.components)))
        for item in scored:
            if item.reward is None:
                verdict = next(verdict for verdict in item.verdicts if verdict.score is None)
                self.unscored[verdict.status.name] += 1
                _log.warning("unscored response (%s): %s", verdict.status.name, verdict.reason)
        return scored

    def rewards(
        self, responses: Sequence[str], references: Sequence[Reference], lengths: Sequence[int] | None = None
    ) -> list[float | None]:
        """Rewards in order; None for an unscored response."""
        return [item.reward for item in self.score(responses, references, lengths)]


def items_of(
    responses: Sequence[str],
    references: Sequence[Reference],
    components: Sequence[Component],
    lengths: Sequence[int] | None = None,
) -> list[ScoreItem]:
    """What is sent for a batch; components that want a length in tokens get it, response by response."""
    wants_length = [component.verifier == "length" and "length" not in component.parameters for component in components]
    items = []
    for index, (response, reference) in enumerate(zip(responses, references, strict=True)):
        own: tuple[Component, ...] = ()
        if lengths is not None and any(wants_length):
            known = {"length": lengths[index]}
            own = tuple(
                dataclasses.replace(component, parameters={**component.parameters, **known}) if wanted else component
                for component, wanted in zip(components, wants_length, strict=True)
            )
        items.append(ScoreItem(id=str(index), response=response, reference=reference, components=own))
    return items


def shared_components(items: Sequence[ScoreItem], components: Sequence[Component]) -> tuple[Component, ...]:
    """What to send once for all `items`: nothing where each has its own, of which the shared ones lack the lengths."""
    return () if items and items[0].components else tuple(components)


def reference_of(gold: object, extra: Mapping[str, object] | None = None) -> Reference:
    """A Reference from a dataset's gold answer and, where given, its `choices` and `question`.

    A gold may be a text, a number, a list of accepted answers, or a mapping with `answer` (or `gold`) and those keys;
    numpy's scalars and arrays, which data sets read from Parquet bring, count as what they hold. Raises TypeError for
    anything else.
    """
    fields = dict(extra or {})
    gold = _plain(gold)
    if isinstance(gold, Mapping):
        fields = {**fields, **gold}
        gold = fields.get("answer", fields.get("gold"))
    answers = _texts(_plain(gold))
    choices = _plain(fields.get("choices"))
    question = fields.get("question")
    return reference_from(
        answers,
        choices=choices if isinstance(choices, (list, tuple, Mapping)) else None,
        question=question if isinstance(question, str) else None,
    )


def _plain(value: object) -> object:
    to_list = getattr(value, "tolist", None)  # numpy's, without importing it
    return to_list() if callable(to_list) else value


def _texts(gold: object) -> tuple[str, ...]:
    if isinstance(gold, str):
        return (gold,)
    if isinstance(gold, bool) or gold is None:
        raise TypeError(f"a gold answer must be a text, a number or a list of them, got {gold!r}")
    if isinstance(gold, int):
        return (str(gold),)
    if isinstance(gold, float):
        if not math.isfinite(gold):
            raise TypeError(f"a gold answer must be finite, got {gold!r}")
        return (repr(gold),)
    if isinstance(gold, (list, tuple)) and gold:
        return tuple(text for part in gold for text in _texts(_plain(part)))
    raise TypeError(f"a gold answer must be a text, a number or a list of them, got {type(gold).__name__}")


def filled(rewards: Sequence[float | None], references: Sequence[Reference], policy: str) -> list[float]:
    """Rewards with every None replaced by `policy`.

    Raises UnscoredError (policy raise, or a lone response under mean) and ValueError (an unknown policy).
    """
    if policy not in POLICIES:
        raise ValueError(f"unknown policy {policy!r} for unscored responses; one of {', '.join(POLICIES)}")
    if policy == "raise" and None in rewards:
        missing = sum(reward is None for reward in rewards)
        raise UnscoredError(f"{missing} of {len(rewards)} responses could not be scored; the log has the reasons")
    if policy == "zero":
        return [reward if reward is not None else 0.0 for reward in rewards]
    groups: dict[Reference, list[float]] = {}
    for reward, reference in zip(rewards, references, strict=True):
        if reward is not None:
            groups.setdefault(reference, []).append(reward)
    everything = [reward for group in groups.values() for reward in group]
    if not everything and len(rewards) == 1:
        raise UnscoredError("the response could not be scored, and there is no other to take a mean of")
    everything = everything or [0.0]  # none is scored: any constant gives every group the advantage 0
    return [
        reward if reward is not None else _mean(groups.get(reference, everything))
        for reward, reference in zip(rewards, references, strict=True)
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def components_from(specification: str) -> tuple[Component, ...]:
    """Components from a text such as "format:0.1,auto:0.9": names with weights. Raises ValueError."""
    components = []
    for part in specification.split(","):
        name, _, weight = part.strip().partition(":")
        if not name:
            raise ValueError(f"no verifier in {specification!r}; write name:weight, separated by commas")
        components.append(Component(verifier=name, weight=float(weight) if weight else 1.0))
    return tuple(components)
