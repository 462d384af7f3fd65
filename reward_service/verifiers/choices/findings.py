"""What a rule found: which options are stated, where, by which rule and how explicitly."""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.verifiers.choices.options import Options

OUT_OF_RANGE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Options stated at one place of a response.

    `indices` are option places (OUT_OF_RANGE for a label that is not offered); several are a hedge unless the
    reference has several. Empty `indices` is an answer that names no option; `text` is what was read. `level` is
    "boxed", "explicit" or "lenient".
    """

    indices: frozenset[int]
    position: int
    rule: str
    level: str
    text: str = ""
    by_label: bool = True


def groups_of(indices: tuple[int, ...] | frozenset[int], options: Options) -> frozenset[int]:
    """Option places with duplicates of one text made one."""
    return frozenset(index if index == OUT_OF_RANGE else options.group_of(index) for index in indices)
