"""Hypothesis strategies for scalar answers: numbers in many spellings, and wrappers that must not change a value."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

WRAPPERS = (
    "{}", "${}$", "$${}$$", r"\({}\)", r"\[ {} \]", r"\boxed{{{}}}", r"$\boxed{{{}}}$", r"\text{{{}}}",
    r"\mathrm{{{}}}", r"\mathbf{{{}}}", "**{}**", " {} ", "{}.", r"\,{}\,", r"{}\ ", "{{{}}}", "\u200b{}",
    "\u202a{}\u202c",
    r"\displaystyle {}",
)  # fmt: skip

wrappers = st.sampled_from(WRAPPERS)
integers = st.integers(min_value=-(10**12), max_value=10**12)
small_integers = st.integers(min_value=-9999, max_value=9999)


@st.composite
def decimals(draw: st.DrawFn) -> str:
    """A decimal text with one to six places."""
    places = draw(st.integers(1, 6))
    digits = draw(st.integers(0, 10**9))
    sign = draw(st.sampled_from(("", "-")))
    return f"{sign}{digits // 10**places}.{digits % 10**places:0{places}d}"


@st.composite
def fractions(draw: st.DrawFn) -> Fraction:
    """A fraction that is no integer."""
    below = draw(st.integers(2, 500))
    above = draw(st.integers(-2000, 2000).filter(lambda value: value % below != 0))
    return Fraction(above, below)


def spellings_of_integer(value: int) -> list[str]:
    """Ways to write one integer."""
    grouped = f"{value:,}"
    return [
        str(value),
        grouped,
        grouped.replace(",", r"{,}"),
        grouped.replace(",", r",\!"),
        grouped.replace(",", r"\,"),
        grouped.replace(",", " "),
        grouped.replace(",", "\u202f"),
        f"{value}.0",
        f"{value}.00",
        f"{2 * value}/2",
        rf"\frac{{{3 * value}}}{{3}}",
        str(value).replace("-", "−"),
        str(value).translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)}),
    ]


def spellings_of_fraction(value: Fraction) -> list[str]:
    """Ways to write one fraction that is no integer."""
    above, below = abs(value.numerator), value.denominator
    sign = "-" if value < 0 else ""
    whole, rest = divmod(above, below)
    texts = [
        f"{sign}{above}/{below}",
        f"{sign}{above} / {below}",
        rf"{sign}\frac{{{above}}}{{{below}}}",
        rf"\frac{{{sign}{above}}}{{{below}}}",
        rf"{sign}\dfrac{{{above}}}{{{below}}}",
        rf"{sign}\tfrac{{{2 * above}}}{{{2 * below}}}",
        f"({sign}{above})/({below})" if not sign else f"-({above}/{below})",
    ]
    if whole:
        texts += [f"{sign}{whole} {rest}/{below}", rf"{sign}{whole}\frac{{{rest}}}{{{below}}}"]
    return texts


def mutated_last_digit(text: str) -> str:
    """The text with its last digit replaced by the next one."""
    index = max(position for position, character in enumerate(text) if character.isdigit())
    return text[:index] + str((int(text[index]) + 1) % 10) + text[index + 1 :]
