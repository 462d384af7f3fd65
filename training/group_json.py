"""Rollout groups as plain values and back: for the replay buffer in a checkpoint and the stored rollouts of a run."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

from reward_service.types import Choice, Reference, ScoredItem, Tier, Verdict
from rfteval.record_json import record_from_json, record_to_json
from rfteval.types import Image, Record, Response, Sample
from training.types import EncodedPrompt, Rewarded, Rollout, RolloutGroup


def group_to_values(group: RolloutGroup) -> dict[str, Any]:
    """Plain values and tensors, which `torch.load(weights_only=True)` reads. Fields of the sample that are not JSON are
    left out: what was derived from them is in the verdicts."""
    return {
        "sample": _sample_to_values(group.sample),
        "prompt": {"ids": list(group.prompt.ids), "pixels": dict(group.prompt.pixels)},
        "rollouts": [dataclasses.asdict(rollout) for rollout in group.rollouts],
        "rewarded": [rewarded_to_json(each) for each in group.rewarded],
        "reference": [list(values) for values in group.reference],
    }


def group_from_values(values: dict[str, Any]) -> RolloutGroup:
    """The group that `group_to_values` wrote."""
    sample = _sample_from_values(values["sample"])
    prompt = EncodedPrompt(sample_id=sample.id, ids=tuple(values["prompt"]["ids"]), pixels=values["prompt"]["pixels"])
    return RolloutGroup(
        sample=sample,
        prompt=prompt,
        rollouts=tuple(
            Rollout(**{**each, "ids": tuple(each["ids"]), "logprobs": tuple(each["logprobs"])})
            for each in values["rollouts"]
        ),
        rewarded=tuple(_rewarded_from_json(each) for each in values["rewarded"]),
        reference=tuple(tuple(each) for each in values["reference"]),
    )


def rewarded_to_json(rewarded: Rewarded) -> dict[str, Any]:
    """Reward, components, verdicts and, if unscored, why."""
    return {
        "reward": rewarded.reward,
        "components": dict(rewarded.components),
        "reason": rewarded.reason,
        "verdicts": _verdicts_to_json(rewarded.verdicts),
    }


def _rewarded_from_json(row: dict[str, Any]) -> Rewarded:
    return Rewarded(
        reward=row["reward"],
        components=row["components"],
        reason=row["reason"],
        verdicts=_verdicts_from_json(row["verdicts"]),
    )


def _verdicts_to_json(verdicts: tuple[Verdict, ...]) -> list[Any]:
    """By the harness's own form of a record, the one place where verdicts become JSON."""
    scored = ScoredItem(id="", verdicts=verdicts, reward=None, tier=Tier.INLINE, elapsed_us=0)
    record = Record(sample_id="", index=0, response=Response(sample_id="", text=""), scored=scored)
    row: Any = record_to_json(record)
    return list(row["scored"]["verdicts"])


def _verdicts_from_json(rows: list[Any]) -> tuple[Verdict, ...]:
    empty: Any = record_to_json(
        Record(
            sample_id="",
            index=0,
            response=Response(sample_id="", text=""),
            scored=ScoredItem(id="", verdicts=(), reward=None, tier=Tier.INLINE, elapsed_us=0),
        )
    )
    empty["scored"]["verdicts"] = rows
    scored = record_from_json(empty).scored
    return scored.verdicts if scored is not None else ()


def _sample_to_values(sample: Sample) -> dict[str, Any]:
    return {
        "id": sample.id,
        "question": sample.question,
        "reference": dataclasses.asdict(sample.reference),
        "images": [
            {"path": image.path, "data": None if image.data is None else base64.b64encode(image.data).decode()}
            for image in sample.images
        ],
        "tags": {key: list(value) if isinstance(value, tuple) else value for key, value in sample.tags.items()},
        "fields": json.loads(json.dumps({key: value for key, value in sample.fields.items() if _plain(value)})),
    }


def _sample_from_values(values: dict[str, Any]) -> Sample:
    reference = values["reference"]
    return Sample(
        id=values["id"],
        question=values["question"],
        reference=Reference(
            **{
                **reference,
                "alternatives": tuple(reference["alternatives"]),
                "choices": tuple(Choice(**choice) for choice in reference["choices"]),
            }
        ),
        images=tuple(
            Image(path=each["path"], data=None if each["data"] is None else base64.b64decode(each["data"]))
            for each in values["images"]
        ),
        tags={key: tuple(value) if isinstance(value, list) else value for key, value in values["tags"].items()},
        fields=values["fields"],
    )


def _plain(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_plain(each) for each in value)
    return value is None or isinstance(value, (str, int, float, bool))
