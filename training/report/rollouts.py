"""Stored rollouts for the page: which of them fit, spread over the run, and the form that its script draws. Pure but
for reading the chosen groups from their file.

Every text goes into the page's data block and becomes text nodes; nothing here makes markup of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.report.stored import GroupPlace, StoredGroup, StoredRollout, StoredTraining

BLOCK = "rollouts"
MOST_TOKENS = 150_000  # of all rollouts on a page; about 3 MB
MOST_ROLLOUT = 4_000  # tokens shown of one rollout
MOST_TEXT = 20_000  # characters of a question, an answer or a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page's script draws, and how many stored groups there was no room for."""

    groups: list[dict[str, object]]
    left_out: int


def shown(run: StoredTraining, most_tokens: int = MOST_TOKENS) -> Shown:
    """As many groups as fit: of the first and the last step, then of steps between, then more of each."""
    chosen = choose(run.places, most_tokens)
    groups = [_group(run.group(place)) for place in chosen]
    return Shown(groups=groups, left_out=len(run.places) - len(chosen))


def choose(places: Sequence[GroupPlace], most_tokens: int) -> list[GroupPlace]:
    """Groups whose tokens fit into `most_tokens`, in order of their steps; at least one where there is any."""
    by_step: dict[int, list[GroupPlace]] = {}
    for place in places:
        by_step.setdefault(place.step, []).append(place)
    order = [sorted(by_step)[at] for at in spread(len(by_step))]
    turns = max((len(each) for each in by_step.values()), default=0)
    chosen: list[GroupPlace] = []
    left = most_tokens
    for turn in range(turns):
        for step in order:
            if turn < len(by_step[step]):
                place = by_step[step][turn]
                if place.tokens <= left or not chosen:
                    chosen.append(place)
                    left -= place.tokens
    return sorted(chosen, key=lambda place: (place.step, place.line))


def spread(count: int) -> list[int]:
    """The places 0 to `count` - 1: the ends first, then always the middle of the widest gap."""
    found = [0, count - 1][: min(count, 2)]
    gaps = [(0, count - 1)]
    while gaps:
        low, high = gaps.pop(0)
        middle = (low + high) // 2
        if middle not in (low, high):
            found.append(middle)
            gaps += [(low, middle), (middle, high)]
    return found


def _group(group: StoredGroup) -> dict[str, object]:
    return {
        "step": group.step,
        "id": _cut(group.sample_id),
        "question": _cut(group.question),
        "answer": _cut(group.answer),
        "tags": [
            [_cut(key), _cut(value if isinstance(value, str) else ", ".join(value))]
            for key, value in group.tags.items()
        ],
        "rollouts": [_rollout(each) for each in group.rollouts],
    }


def _rollout(rollout: StoredRollout) -> dict[str, object]:
    tokens = rollout.tokens[:MOST_ROLLOUT] or [_cut(rollout.text)]
    return {
        "index": rollout.index,
        "tokens": tokens,
        "left": len(rollout.tokens) - len(tokens) if rollout.tokens else 0,
        "logprobs": [_number(value, 3) for value in rollout.logprobs[: len(tokens)]],
        "advantages": _same_once([_number(value, 4) for value in rollout.advantages[: len(tokens)]]),
        "truncated": rollout.finish_reason == "length",
        "noisy": rollout.noisy,
        "reward": _number(rollout.reward, 4),
        "reason": _cut(rollout.reason),
        "components": [[_cut(name), _number(score, 4)] for name, score in rollout.components.items()],
        "verdicts": [
            [_cut(each.verifier), each.status, _cut(each.extracted or ""), _cut(each.reason)]
            for each in rollout.verdicts
        ],
    }


def _same_once(values: Iterable[float | None]) -> list[float | None]:
    """One value where all are the same: most rollouts have one advantage."""
    listed = list(values)
    return listed[:1] if len(set(listed)) == 1 else listed


def _number(value: float | None, digits: int) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, digits)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} … ({len(text) - MOST_TEXT:,} characters left out)"
