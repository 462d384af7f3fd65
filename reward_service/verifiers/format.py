"""The `format` verifier: whether a response has the stated shape, whatever it says.

Styles: `think_answer` (DeepSeek-R1, arXiv 2501.12948: reasoning in <think>, then the answer in <answer>, nothing
else), `boxed` (a \\boxed{} that holds something), `json` (one object with the keys asked for), `regex` (the caller's
pattern, run by RE2, which is linear in the text: a hostile pattern or text cannot hang it).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.extraction.boxed import find_boxed
from reward_service.verifiers.registry import Verifier

PATTERN_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatParameters:
    """Parameters of the `format` verifier."""

    style: str = parameter("think_answer", "the shape asked for", choices=("think_answer", "boxed", "json", "regex"))
    pattern: str = parameter("", "for style regex: an RE2 pattern that must match the whole response, stripped")
    keys: tuple[str, ...] = parameter((), "for style json: keys that the object must have")
    tags: tuple[str, ...] = parameter(("think", "answer"), "for style think_answer: the tag names, in order")

    def __post_init__(self) -> None:
        if self.style == "regex":
            compile_pattern(self.pattern)


def compile_pattern(pattern: str) -> Any:
    """An RE2 pattern in which a dot matches newlines too. Raises ValueError when it is empty, too long or malformed."""
    import re2  # lazily: only the style regex needs it

    if not 0 < len(pattern) <= PATTERN_CHARACTERS:
        raise ValueError(f"style regex needs a 'pattern' of 1 to {PATTERN_CHARACTERS} characters")
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"'pattern' is not a valid RE2 pattern: {str(error)[:100]}") from None


def check(text: str, reference: Reference, parameters: FormatParameters, budget: Budget) -> Verdict:
    """Score 1 for a response of the stated shape, else 0. The reference is not looked at."""
    budget.spend(1 + len(text) // 500)
    problem = {
        "think_answer": _tags_problem,
        "boxed": _boxed_problem,
        "json": _json_problem,
        "regex": _regex_problem,
    }[parameters.style](text, parameters, budget)
    rule = f"format.{parameters.style}"
    if problem is None:
        return Verdict(status=Status.CORRECT, score=1.0, reason=f"has the {parameters.style} format", rule=rule)
    return Verdict(status=Status.INCORRECT, score=0.0, reason=problem, rule=rule)


def _tags_problem(text: str, parameters: FormatParameters, budget: Budget) -> str | None:
    position = 0
    stripped = text.strip()
    for name in parameters.tags:
        opening, closing = f"<{name}>", f"</{name}>"
        for tag in (opening, closing):
            if stripped.count(tag) != 1:
                return f"expected {tag} exactly once, found it {stripped.count(tag)} times"
        start, end = stripped.index(opening), stripped.index(closing)
        if stripped[position:start].strip():
            return f"text stands before {opening}, outside the tags"
        if end < start:
            return f"{closing} comes before {opening}"
        if not stripped[start + len(opening) : end].strip():
            return f"{opening} is empty"
        position = end + len(closing)
    return "text stands after the last tag" if stripped[position:].strip() else None


def _boxed_problem(text: str, parameters: FormatParameters, budget: Budget) -> str | None:
    return None if find_boxed(text, 0, len(text), budget) is not None else "no \\boxed{} that holds an answer"


def _json_problem(text: str, parameters: FormatParameters, budget: Budget) -> str | None:
    body = text.strip()
    if body.startswith("```"):
        body = body.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {str(error)[:80]}"
    if not isinstance(value, dict):
        return f"a JSON {type(value).__name__}, not an object"
    missing = [key for key in parameters.keys if key not in value]
    return f"the JSON object lacks {', '.join(missing)}" if missing else None


def _regex_problem(text: str, parameters: FormatParameters, budget: Budget) -> str | None:
    matched = compile_pattern(parameters.pattern).fullmatch(text.strip())
    return None if matched else "the pattern does not match the whole response"


VERIFIER = Verifier(
    name="format",
    version="1",
    summary="Whether a response has a stated shape: think/answer tags, a box, a JSON object, or a pattern.",
    parameters=FormatParameters,
    check=check,
)
