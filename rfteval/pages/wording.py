"""Numbers as a reader wants them. Pure."""

from __future__ import annotations


def percent(value: float | None, digits: int = 1) -> str:
    """A share as a percentage; a dash where there is none."""
    return "–" if value is None else f"{value * 100:.{digits}f} %"


def share(part: float, whole: float) -> str:
    """`part` of `whole` as a percentage, empty where there is nothing to share."""
    return percent(part / whole) if whole else ""


def points(gap: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return f"{gap * 100:+.2f}".replace("-", "\N{MINUS SIGN}")


def count(value: float) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{value:,.0f}".replace(",", " ")


def compact(value: float) -> str:
    """A number for an axis: 1500 is 1.5k."""
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{suffix}"
    return f"{value:.4g}"
