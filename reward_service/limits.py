"""Bounds on what a check may read and how much work it may do: no clock, so equal inputs end equally everywhere.

Pure. Wall-clock and memory limits of worker processes are in pool.py; these hold with no process to kill.
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.errors import WorkLimitExceeded

# One unit is about one microsecond of Python on a 2024 server core. The inline budget keeps the front responsive;
# the full one is what `verify` may use in the caller's own thread, and stays under a second with a margin of two.
INLINE_WORK_UNITS = 3_000
FULL_WORK_UNITS = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLimits:
    """Limits checked before or while parsing. Sizes are characters unless the name says otherwise."""

    response_bytes: int = 1 << 20
    reference_characters: int = 20_000
    reference_total_characters: int = 200_000  # with alternatives, choices, unit and question
    answer_characters: int = 5_000
    digits: int = 2_000
    depth: int = 60
    nodes: int = 2_000
    matrix_entries: int = 400
    alternatives: int = 64
    choices: int = 64
    components: int = 64  # of one item; each costs a verdict


DEFAULT_LIMITS = InputLimits()


class Budget:
    """Work units left to one check. Not shared between checks or threads."""

    __slots__ = ("left",)

    def __init__(self, units: int = FULL_WORK_UNITS) -> None:
        self.left = units

    def spend(self, units: int = 1) -> None:
        """Take `units` off; raises WorkLimitExceeded when none are left."""
        self.left -= units
        if self.left < 0:
            raise WorkLimitExceeded("the check ran over its budget of work units")
