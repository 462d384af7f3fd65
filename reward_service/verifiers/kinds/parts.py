"""Answers in numbered parts: "(1) 4; (2) x > 2". Each part is an answer of its own and is compared as such."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from reward_service.verifiers.outcome import Context, Outcome

_MARK: Final = re.compile(r"(?:^|[\s;,.；，。$\\n])\s*[(（]\s*(\d)\s*[)）]\s*")
_MOST_PARTS: Final = 9
_SEPARATORS: Final = " \t\n;,.；，。"


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare part by part; None where the reference is not in parts numbered from 1."""
    if "1" not in gold or "2" not in gold:
        return None
    wanted = read_parts(gold)
    if wanted is None:
        return None
    found = read_parts(answer)
    if found is None:
        return None
    if len(found) != len(wanted):
        reason = f"{len(found)} parts where {len(wanted)} are wanted"
        return Outcome(equal=False, rule="parts.count", reason=reason)
    each = _any_kind()
    flags: tuple[str, ...] = ()
    for position, (left, right) in enumerate(zip(wanted, found, strict=True), start=1):
        outcome = each(left, right, context)
        if outcome is None or not outcome.equal:
            why = outcome.reason if outcome is not None else "it cannot be compared"
            return Outcome(equal=False, rule="parts.different", reason=f"part {position}: {why}")
        flags += outcome.flags
    return Outcome(equal=True, rule="parts", reason="equal part by part", flags=tuple(dict.fromkeys(flags)))


def read_parts(text: str) -> list[str] | None:
    """The texts behind the marks (1), (2), ...; None where the marks do not count up from 1 at the start."""
    marks: list[tuple[int, int]] = []
    for found in _MARK.finditer(text):
        if int(found.group(1)) == len(marks) + 1:
            marks.append((found.start(), found.end()))
    if not 2 <= len(marks) <= _MOST_PARTS or text[: marks[0][0]].strip(_SEPARATORS + "$"):
        return None
    ends = [start for start, _ in marks[1:]] + [len(text)]
    parts = [_trimmed(text[begin:end]) for (_, begin), end in zip(marks, ends, strict=True)]
    return parts if all(parts) else None


def _trimmed(part: str) -> str:
    part = part.strip(_SEPARATORS)
    if part.count("$") % 2:
        part = part.replace("$", " ").strip(_SEPARATORS)
    return part


def _any_kind() -> Callable[[str, str, Context], Outcome | None]:
    from reward_service.verifiers import math

    return math.compare
