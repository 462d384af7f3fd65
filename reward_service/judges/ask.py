"""One verdict from an endpoint. Every way of failing is an unscored status with its reason, never a 0."""

from __future__ import annotations

import math
from typing import Any

from reward_service.judges.endpoint import Endpoint, JudgeError, JudgeTimeout
from reward_service.judges.prompt import ANSWER_SCHEMA, CORRECTNESS, judge_messages, read_answer
from reward_service.types import Reference, Status, StepScore, Verdict
from reward_service.verifiers.judged import JudgeParameters, ProcessParameters
from reward_service.verifiers.reasoning.steps import Step, split_steps

SCHEMA_ATTEMPTS = 2


async def ask_judge(endpoint: Endpoint, text: str, reference: Reference, parameters: JudgeParameters) -> Verdict:
    """The verdict of an LLM judge on a response (chat completions with a JSON schema, temperature 0)."""
    rubric = parameters.rubric or CORRECTNESS
    if not parameters.rubric and not reference.answer.strip():
        return Verdict(status=Status.INVALID_REFERENCE, reason="the reference is empty", rule="judge.reference")
    body = {
        "model": endpoint.config.model,
        "messages": judge_messages(reference.question, reference.answer, text, rubric),
        "temperature": 0,
        "max_tokens": 400,
        "response_format": {"type": "json_schema", "json_schema": {"name": "verdict", "schema": ANSWER_SCHEMA}},
    }
    problem = ""
    for _ in range(SCHEMA_ATTEMPTS):
        try:
            answer = await endpoint.post("/chat/completions", body)
            score, reason = read_answer(_content(answer))
        except JudgeTimeout as error:
            return _unscored(Status.TIMEOUT, str(error))
        except JudgeError as error:
            return _unscored(Status.ERROR, str(error))
        except ValueError as error:
            problem = str(error)[:200]
            continue
        if parameters.threshold is not None:
            score = float(score >= parameters.threshold)
        status = Status.CORRECT if score == 1 else Status.INCORRECT if score == 0 else Status.PARTIAL
        return Verdict(status=status, score=score, reason=f"judge {endpoint.config.model}: {reason}", rule="judge.chat")
    return _unscored(Status.ERROR, f"{endpoint.config.name} answered against the schema: {problem}")


async def ask_process_reward(
    endpoint: Endpoint, text: str, reference: Reference, parameters: ProcessParameters
) -> Verdict:
    """A score per step from a process reward model served by vLLM's pooling API (Qwen2.5-Math-PRM's form).

    The steps are joined by the model's separator token, at which it scores each: two numbers, the second the chance
    that the step is right. Steps are combined by their minimum (arXiv 2312.08935), mean or product.
    """
    steps = [step for step in split_steps(text) if text[step.start : step.end].strip()]
    if not steps:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no step found", rule="process.none")
    separator = endpoint.config.step_separator
    joined = "".join(text[step.start : step.end].strip().replace(separator, " ") + separator for step in steps)
    body = {
        "model": endpoint.config.model,
        "messages": [
            {"role": "user", "content": reference.question},
            {"role": "assistant", "content": joined},
        ],
    }
    try:
        answer = await endpoint.post("/pooling", body)
        scores = _step_scores(answer, len(steps))
    except JudgeTimeout as error:
        return _unscored(Status.TIMEOUT, str(error))
    except (JudgeError, ValueError) as error:
        return _unscored(Status.ERROR, str(error)[:200])
    total = {"min": min(scores), "mean": sum(scores) / len(scores), "product": math.prod(scores)}[parameters.combine]
    status = Status.CORRECT if total == 1 else Status.INCORRECT if total == 0 else Status.PARTIAL
    return Verdict(
        status=status,
        score=total,
        reason=f"{parameters.combine} over {len(steps)} steps by {endpoint.config.model}",
        rule="process.steps",
        steps=_placed(steps, scores),
    )


def _placed(steps: list[Step], scores: list[float]) -> tuple[StepScore, ...]:
    return tuple(
        StepScore(start=step.start, end=step.end, score=score) for step, score in zip(steps, scores, strict=True)
    )


def _content(answer: dict[str, Any]) -> str:
    try:
        content = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        raise JudgeError("the endpoint's answer holds no message") from None
    if not isinstance(content, str):
        raise JudgeError("the endpoint's message is not a text")
    return content


def _step_scores(answer: dict[str, Any], count: int) -> list[float]:
    try:
        pairs = answer["data"][0]["data"]
        scores = [float(pair[1]) for pair in pairs]
    except (KeyError, IndexError, TypeError, ValueError):
        raise JudgeError("the endpoint's answer holds no pairs of step scores") from None
    if len(scores) != count:
        raise JudgeError(f"the endpoint scored {len(scores)} steps of {count}")
    if not all(0 <= score <= 1 for score in scores):
        raise JudgeError("the endpoint's step scores are not all from 0 to 1")
    return scores


def _unscored(status: Status, reason: str) -> Verdict:
    return Verdict(status=status, reason=reason, rule="judge.unavailable")
