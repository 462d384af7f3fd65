"""What a rollout batch was like, in the numbers that are logged; over all processes."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable

from training.collect import Collection
from training.ranks import Ranks

_Row = tuple[int, bool, bool, float | None, dict[str, float | None]]


def batch_metrics(collection: Collection, ranks: Ranks) -> dict[str, float]:
    """Of everything that was sampled, also what is not trained on. Means are over scored rollouts."""
    mine: list[_Row] = [
        (len(rollout.ids), rollout.finish_reason == "length", rollout.noisy, rewarded.reward, dict(rewarded.components))
        for group in collection.sampled
        for rollout, rewarded in zip(group.rollouts, group.rewarded, strict=True)
    ]
    rows = ranks.gather(mine)
    fate: Counter[str] = sum((Counter(each) for each in ranks.gather([dict(collection.fate)])), Counter())
    scored = [row for row in rows if row[3] is not None]
    rewards = [reward for *_, reward, _ in scored if reward is not None]
    metrics: dict[str, float] = {f"groups/{name}": float(count) for name, count in fate.items()}
    metrics |= {
        "groups/sampled": ranks.total(len(collection.sampled)),
        "groups/trained": ranks.total(len(collection.groups)),
        "groups/rounds": float(collection.rounds),
        "rollouts": float(len(rows)),
        "rollouts/unscored": float(len(rows) - len(scored)),
        "rollouts/tokens": float(sum(row[0] for row in rows)),
        "time/sample_s": collection.sampling_s,
        "time/reference_s": collection.reference_s,
        "time/verifier_s": collection.waited_s,
    }
    if rows:
        metrics |= {
            "length/mean": statistics.fmean(row[0] for row in rows),
            "length/max": float(max(row[0] for row in rows)),
            "length/truncated": statistics.fmean(row[1] for row in rows),
        }
    if rewards:
        weights = sum(collection.recipe.weights)
        metrics |= {"reward/mean": statistics.fmean(rewards), "reward/std": statistics.pstdev(rewards)}
        metrics["reward/share"] = metrics["reward/mean"] / weights if weights else metrics["reward/mean"]
    for name in collection.recipe.names:
        values = [value for row in scored if (value := row[4].get(name)) is not None]
        metrics |= _mean(f"component/{name}", values)
    first = collection.recipe.names[0]
    metrics |= _mean("accuracy", [value for row in scored if (value := row[4].get(first)) is not None])
    clean, noisy = ([row for row in scored if row[2] is seen] for seen in (False, True))
    if clean and noisy:
        means = [statistics.fmean(row[4].get(first) or 0.0 for row in rows) for rows in (clean, noisy)]
        metrics["noise/accuracy_gap"] = means[0] - means[1]
    return metrics


def _mean(name: str, values: Iterable[float]) -> dict[str, float]:
    values = list(values)
    return {name: statistics.fmean(values)} if values else {}
