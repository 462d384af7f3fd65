"""Rewards for TRL: `GRPOTrainer(reward_funcs=[reward_function(), ...])`, tried with TRL 1.16.

TRL calls a reward function with `completions` and the dataset's columns as keyword lists. It takes None from a
function, but a response for which every function says None gets the reward 0: so unscored responses are filled by the
policy of scoring.py, unless `unscored="none"` leaves them to another reward function. A component of the verifier
`length` gets the number of tokens from the completion ids that TRL passes.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from reward_service.async_client import AsyncRewardClient
from reward_service.client import RewardClient
from reward_service.integrations.scoring import BatchScorer, filled, items_of, reference_of, shared_components
from reward_service.types import Component, Reference

Rewards = list[float | None]


def reward_function(
    address: str | Sequence[str] | None = None,
    *,
    components: Sequence[Component] = (),
    column: str = "answer",
    name: str = "rfteval",
    unscored: str = "mean",
    client: RewardClient | None = None,
) -> Callable[..., Rewards]:
    """A reward function for `reward_funcs`. `column` of the dataset holds the gold answer; `choices` and `question` are
    read where the dataset has them.

    With no address and no client a private server is started at the first call. TRL logs it under `name`.
    """
    scorers: dict[str, BatchScorer] = {}

    def score(
        completions: Sequence[Any], log_metric: Callable[[str, float], None] | None = None, **columns: Any
    ) -> Rewards:
        if not scorers:
            scorers["one"] = BatchScorer(client=client or RewardClient(address), components=tuple(components))
        references = _references(columns, column, len(completions))
        texts = [text_of(completion) for completion in completions]
        rewards = scorers["one"].rewards(texts, references, _lengths(columns))
        if log_metric is not None:
            log_metric(f"{name}/unscored", sum(reward is None for reward in rewards) / max(len(rewards), 1))
        return _without_gaps(rewards, references, unscored)

    score.__name__ = name
    return score


def async_reward_function(
    address: str | Sequence[str],
    *,
    components: Sequence[Component] = (),
    column: str = "answer",
    name: str = "rfteval",
    unscored: str = "mean",
) -> Callable[..., Coroutine[Any, Any, Rewards]]:
    """As `reward_function`, asynchronous: TRL awaits several of these together. Needs the address of a server."""

    async def score(completions: Sequence[Any], **columns: Any) -> Rewards:
        references = _references(columns, column, len(completions))
        texts = [text_of(completion) for completion in completions]
        items = items_of(texts, references, tuple(components), _lengths(columns))
        async with AsyncRewardClient(address) as service:
            scored = await service.score(items, components=shared_components(items, components))
        return _without_gaps([item.reward for item in scored], references, unscored)

    score.__name__ = name
    return score


def _without_gaps(rewards: Rewards, references: Sequence[Reference], policy: str) -> Rewards:
    return list(rewards) if policy == "none" else list(filled(rewards, references, policy))


def _lengths(columns: dict[str, Any]) -> list[int] | None:
    """Tokens of each completion, from the ids that TRL passes along."""
    ids = columns.get("completion_ids")
    return None if ids is None else [len(one) for one in ids]


def text_of(completion: Any) -> str:
    """The text of a completion: a string, or a conversation whose last message holds text or text parts."""
    if isinstance(completion, str):
        return completion
    content = completion[-1]["content"] if completion else ""
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if isinstance(part, dict))
    return content or ""


def _references(columns: dict[str, Any], column: str, count: int) -> list[Reference]:
    if column not in columns:
        known = ", ".join(sorted(key for key, value in columns.items() if isinstance(value, list)))
        raise KeyError(f"the dataset has no column {column!r} for the gold answer; it has: {known}")
    extras = [key for key in ("choices", "question") if isinstance(columns.get(key), list)]
    return [
        reference_of(columns[column][index], {key: columns[key][index] for key in extras}) for index in range(count)
    ]
