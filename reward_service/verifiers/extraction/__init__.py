"""Finding the final answer in a response: named rules in order of explicitness.

Extraction sees the response and what kind of answer is wanted, never the reference's value.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """An answer found in a response: its text, the rule that found it, and where (code points, end exclusive).

    `level` is how explicit the rule is: "boxed", "explicit" or "lenient".
    """

    text: str
    rule: str
    level: str
    start: int
    end: int
    flags: tuple[str, ...] = ()
