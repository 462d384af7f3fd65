"""`labels`, `multi_select` and `ordered_list`: named classes, several options at once, and sequences.

`multi_select` is the partial credit of Curr-ReFT (arXiv 2503.07065): 1 for the exact set, 0.2 for a non-empty proper
subset of it, else 0. `labels` serves emotion and other class names. `ordered_list` scores the longest prefix in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.grounding.answer_text import answer_text
from reward_service.verifiers.registry import Verifier

_BOXED = re.compile(r"\\boxed\{([^{}]{1,400})\}")
_SEPARATOR = re.compile(r"\s*(?:,|;|、|，|；|\||\n|&|\band\b)\s*")
_LETTERS = re.compile(r"[A-Z]{1,26}")
ANSWER_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelParameters:
    """`labels` has no parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectParameters:
    """Parameters of `multi_select`."""

    partial: float = parameter(0.2, "score of a non-empty proper subset of the right options", minimum=0, maximum=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParameters:
    """Parameters of `ordered_list`."""

    mode: str = parameter(
        "prefix", "score: share of the list that is right from its start; or 1 and 0", choices=("prefix", "exact")
    )


def read_parts(text: str) -> tuple[str, ...]:
    """The parts of a listed answer, folded: brackets and quotes off, split at commas, lines and "and"."""
    boxed = _BOXED.findall(text)
    body = boxed[-1] if boxed else text.strip()
    body = body[-ANSWER_CHARACTERS:].strip().strip("[](){}.$* ")
    body = body.rsplit(":", 1)[-1] if "\n" not in body else body
    parts = (part.strip().strip("\"'`().* ").casefold() for part in _SEPARATOR.split(body))
    return tuple(part for part in parts if part)


def read_letters(text: str) -> frozenset[str]:
    """The option letters of a multi-select answer: "A, C", "AC", "(A)(C)"; empty when anything else is in it."""
    parts = read_parts(text.replace(")(", "),("))
    joined = "".join(parts).upper()
    fits = all(len(part) <= 26 and part.isascii() and part.isalpha() for part in parts)
    words = any(len(part) > 1 and part.upper() != "".join(sorted(set(part.upper()))) for part in parts)
    return frozenset(joined) if parts and fits and not words and _LETTERS.fullmatch(joined) else frozenset()


def _unusable(reference: Reference, what: str) -> Verdict:
    reason = f"the reference is no {what}: {reference.answer[:60]!r}"
    return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="labels.reference")


def check_labels(text: str, reference: Reference, parameters: LabelParameters, budget: Budget) -> Verdict:
    """1 when the answer is the reference's label, or an alternative, up to case, quotes and a final period."""
    budget.spend(1 + len(text) // 50)
    accepted = {read_parts(answer) for answer in (reference.answer, *reference.alternatives)} - {()}
    if not accepted:
        return _unusable(reference, "label")
    answer, where = answer_text(text)
    found = read_parts(answer)
    if not found:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no label", rule="labels.none")
    right = found in accepted
    return Verdict(
        status=Status.CORRECT if right else Status.INCORRECT,
        score=float(right),
        extracted=", ".join(found)[:200],
        reason="the label is the reference's" if right else f"not the reference's label {reference.answer[:60]!r}",
        rule="labels.match",
        extraction_rule=where,
    )


def check_select(text: str, reference: Reference, parameters: SelectParameters, budget: Budget) -> Verdict:
    """1 for exactly the right options, `partial` for some of them and no wrong one, else 0."""
    budget.spend(1 + len(text) // 50)
    wanted = read_letters(reference.answer)
    if not wanted:
        return _unusable(reference, "set of option letters")
    answer, where = answer_text(text)
    found = read_letters(answer)
    if not found:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no set of option letters", rule="select.none")
    if found == wanted:
        status, score, reason = Status.CORRECT, 1.0, "exactly the right options"
    elif found < wanted and parameters.partial > 0:
        status, score, reason = Status.PARTIAL, parameters.partial, f"{len(found)} of {len(wanted)} right options"
    else:
        wrong = ", ".join(sorted(found - wanted))
        status, score = Status.INCORRECT, 0.0
        reason = f"wrong options: {wrong}" if wrong else "options are missing"
    extracted = ", ".join(sorted(found))
    return Verdict(
        status=status, score=score, extracted=extracted, reason=reason, rule="select.set", extraction_rule=where
    )


def check_list(text: str, reference: Reference, parameters: ListParameters, budget: Budget) -> Verdict:
    """1 for the reference's items in its order, else the share that is right from the start, or 0."""
    budget.spend(1 + len(text) // 50)
    wanted = read_parts(reference.answer)
    if not wanted:
        return _unusable(reference, "list")
    answer, where = answer_text(text)
    found = read_parts(answer)
    if not found:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no list", rule="list.none")
    right = 0
    for one, other in zip(found, wanted, strict=False):
        if one != other:
            break
        right += 1
    share = right / max(len(wanted), len(found))
    score = share if parameters.mode == "prefix" else float(share == 1.0)
    status = Status.CORRECT if share == 1.0 else Status.PARTIAL if score > 0 else Status.INCORRECT
    return Verdict(
        status=status,
        score=score,
        extracted=", ".join(found)[:200],
        reason=f"the first {right} of {len(wanted)} items are right, {len(found)} were given",
        rule="list.order",
        extraction_rule=where,
    )


VERIFIERS = (
    Verifier(
        name="labels",
        version="1",
        summary="Whether the answer is the reference's class label, such as an emotion.",
        parameters=LabelParameters,
        check=check_labels,
    ),
    Verifier(
        name="multi_select",
        version="1",
        summary="Several options at once, with partial credit for a subset (Curr-ReFT).",
        parameters=SelectParameters,
        check=check_select,
    ),
    Verifier(
        name="ordered_list",
        version="1",
        summary="Items in the reference's order, with credit for a right beginning.",
        parameters=ListParameters,
        check=check_list,
    ),
)
