"""Records as JSON objects and back, without loss: `record_from_json(record_to_json(r)) == r`. Pure."""

from __future__ import annotations

from typing import Any

from reward_service.types import ScoredItem, Status, StepScore, Tier, Verdict
from rfteval.types import Cut, Record, Response


def record_to_json(record: Record) -> dict[str, object]:
    """A JSON object with every field of `record`; statuses and tiers by name, absent scores as null."""
    return {
        "sample_id": record.sample_id,
        "index": record.index,
        **({"prompt_sha256": record.prompt_sha256} if record.prompt_sha256 else {}),
        "response": _response_to_json(record.response),
        "scored": None if record.scored is None else _scored_to_json(record.scored),
        **({} if record.judged is None else {"judged": _verdict_to_json(record.judged)}),
        **({"cuts": [[each.budget, each.status, each.score] for each in record.cuts]} if record.cuts else {}),
    }


def record_from_json(row: dict[str, Any]) -> Record:
    """The record in `row`. Raises KeyError, TypeError, AttributeError or ValueError where it is not one."""
    response = dict(row["response"])
    scored = row["scored"]
    return Record(
        sample_id=_text(row["sample_id"]),
        index=int(row["index"]),
        response=Response(sample_id=_text(row["sample_id"]), index=int(row["index"]), **response),
        scored=None if scored is None else _scored_from_json(scored),
        prompt_sha256=_text(row.get("prompt_sha256", "")),
        judged=None if row.get("judged") is None else _verdict_from_json(row["judged"]),
        cuts=tuple(Cut(budget=budget, status=status, score=score) for budget, status, score in row.get("cuts", ())),
    )


def _response_to_json(response: Response) -> dict[str, object]:
    return {
        "text": response.text,
        "finish_reason": response.finish_reason,
        "prompt_tokens": response.prompt_tokens,
        "response_tokens": response.response_tokens,
        "error": response.error,
        "extras": dict(response.extras),
        **({} if response.reasoning is None else {"reasoning": response.reasoning}),
        **({} if response.seed is None else {"seed": response.seed}),
    }


def _scored_to_json(scored: ScoredItem) -> dict[str, object]:
    return {
        "id": scored.id,
        "reward": scored.reward,
        "tier": scored.tier.name,
        "elapsed_us": scored.elapsed_us,
        "verdicts": [_verdict_to_json(verdict) for verdict in scored.verdicts],
    }


def _scored_from_json(row: dict[str, Any]) -> ScoredItem:
    return ScoredItem(
        id=row["id"],
        reward=row["reward"],
        tier=Tier[row["tier"]],
        elapsed_us=row["elapsed_us"],
        verdicts=tuple(_verdict_from_json(verdict) for verdict in row["verdicts"]),
    )


def _verdict_to_json(verdict: Verdict) -> dict[str, object]:
    return {
        "status": verdict.status.name,
        "score": verdict.score,
        "extracted": verdict.extracted,
        "reason": verdict.reason,
        "rule": verdict.rule,
        "extraction_rule": verdict.extraction_rule,
        "verifier": verdict.verifier,
        "version": verdict.version,
        "digest": verdict.digest,
        "flags": list(verdict.flags),
        "steps": [[step.start, step.end, step.score, step.reason] for step in verdict.steps],
    }


def _verdict_from_json(row: dict[str, Any]) -> Verdict:
    fields = {**row, "status": Status[row["status"]], "flags": tuple(row["flags"])}
    fields["steps"] = tuple(
        StepScore(start=start, end=end, score=score, reason=reason) for start, end, score, reason in row["steps"]
    )
    return Verdict(**fields)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"an id must be a text, got {value!r}")
    return value
