"""Hypothesis strategies of expressions spelled in two ways that mean the same value."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True)
class Spelled:
    """One value in two spellings, LaTeX as a book has it and plain text as a program has it."""

    book: str
    plain: str


def _number(value: int) -> Spelled:
    return Spelled(str(value), f"({value})") if value >= 0 else Spelled(f"\\left({value}\\right)", f"(0{value})")


def _fraction(pair: tuple[int, int]) -> Spelled:
    top, bottom = pair
    return Spelled(f"\\frac{{{top}}}{{{bottom}}}", f"({3 * top}/{3 * bottom})")


def _sum(pair: tuple[Spelled, Spelled]) -> Spelled:
    left, right = pair
    return Spelled(f"\\left({left.book} + {right.book}\\right)", f"({right.plain}+{left.plain})")


def _difference(pair: tuple[Spelled, Spelled]) -> Spelled:
    left, right = pair
    return Spelled(f"({left.book} - {right.book})", f"(-({right.plain}-{left.plain}))")


def _product(pair: tuple[Spelled, Spelled]) -> Spelled:
    left, right = pair
    return Spelled(f"{left.book} \\cdot {right.book}", f"({right.plain}*{left.plain})")


def _square(inner: Spelled) -> Spelled:
    return Spelled(f"\\left({inner.book}\\right)^{{2}}", f"({inner.plain})*({inner.plain})")


def _root(inner: Spelled) -> Spelled:
    return Spelled(f"\\sqrt{{({inner.book})^2 + 1}}", f"(1+({inner.plain})**2)**(1/2)")


def _sine(inner: Spelled) -> Spelled:
    return Spelled(f"\\sin\\left({inner.book}\\right)", f"cos(pi/2-({inner.plain}))")


def _exponential(inner: Spelled) -> Spelled:
    return Spelled(f"e^{{{inner.book}}}", f"1/exp(-({inner.plain}))")


LITERALS = st.integers(-9, 99).map(_number) | st.tuples(st.integers(1, 30), st.integers(2, 30)).map(_fraction)
VARIABLES = st.sampled_from("xyzab").map(lambda letter: Spelled(letter, letter))


def _grow(inner: st.SearchStrategy[Spelled]) -> st.SearchStrategy[Spelled]:
    pairs = st.tuples(inner, inner)
    return pairs.map(_sum) | pairs.map(_difference) | pairs.map(_product) | inner.map(_square)


def _grow_functions(inner: st.SearchStrategy[Spelled]) -> st.SearchStrategy[Spelled]:
    return _grow(inner) | inner.map(_root) | inner.map(_sine)


POLYNOMIALS = st.recursive(LITERALS | VARIABLES, _grow, max_leaves=8)
EXPRESSIONS = st.recursive(LITERALS | VARIABLES, _grow_functions, max_leaves=6)
CONSTANTS = st.recursive(LITERALS, _grow_functions, max_leaves=5) | LITERALS.map(_exponential)

# Fragments that hostile or careless text is made of.
SOUP = st.lists(
    st.sampled_from(
        [
            "\\frac", "\\sqrt", "{", "}", "(", ")", "[", "]", "\\left(", "\\right]", "^", "_", "!", "'", "|", "\\{",
            "\\}",
            "+", "-", "\\pm", "\\cdot", "/", "=", "<", "\\le", "\\in", "\\cup", ",", ";", ":", "1", "23", "0.5",
            "9" * 40,
            "x", "y", "n", "e", "i", "\\pi", "\\infty", "\\sin", "\\log_", "\\text{ and }", "\\text{ cm}", "or",
            "where",
            "\\begin{pmatrix}", "\\end{pmatrix}", "\\begin{cases}", "\\end{cases}", "\\\\", "&", "\\sum_{k=1}^{9}", "k",
            "\\binom", "\\lfloor", "\\rfloor", "\\ldots", "\\mathbb{Z}", "\\pmod", "^\\circ", "%", "$", "\\boxed",
            "\\quad",
            "°", "²", "√", "∞", "，", "①", "\ud800", "\u202e", "\x00", "٣",
        ]
    ),
    max_size=24,
).map(" ".join)  # fmt: skip
