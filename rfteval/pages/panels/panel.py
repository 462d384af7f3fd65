"""What a panel is."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One section of a page: where links lead to it, its heading, a sentence under that, and what it shows."""

    id: str
    title: str
    body: Markup
    lead: str = ""
