"""The parser: one tree for every spelling, stated limits, and errors only of its own kinds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reward_service.errors import InputLimitExceeded
from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.verifiers.parsing.canonical import canonical
from reward_service.verifiers.parsing.grammar import ParseError, parse
from reward_service.verifiers.parsing.normalise import normalised
from reward_service.verifiers.parsing.printing import printed
from reward_service.verifiers.parsing.tree import Node
from tests.reward_service.verifiers.expression_strategies import SOUP


def read(text: str) -> Node:
    return parse(text, DEFAULT_LIMITS, Budget())


SAME_TREE = {
    "fractions": [r"\frac{1}{2}", r"\dfrac12", r"\tfrac{1}2", r"\cfrac{1}{2}", "1/2", r"\frac {1} {2}"],
    "roots": [r"\sqrt{2}", r"\sqrt2", "√2", "sqrt(2)", r"\sqrt {2}", "2^{1/2}", "2^(1/2)"],
    "roots of degree three": [r"\sqrt[3]{x}", "∛x", "cbrt(x)"],
    "products": ["2x", "2*x", r"2\cdot x", r"2 \times x", "2·x", "2×x", "2 x", "(2)(x)", "2(x)"],
    "powers": ["x^2", "x^{2}", "x²", "x**2", "x^{ 2 }", "{x}^2", "x^(2)"],
    "logarithms": [r"\log_2 8", r"\log_{2}8", r"\log_{2}(8)", "log_2(8)"],
    "sines": [r"\sin x", "sin(x)", r"\sin(x)", r"\operatorname{sin} x", r"\text{sin}(x)", r"\mathrm{sin}\,x", "sinx"],
    "inverse functions": [r"\arcsin x", r"\sin^{-1} x", "asin(x)", r"\arcsin(x)"],
    "absolute values": ["|x|", r"\left|x\right|", r"\lvert x\rvert", r"\vert x \vert", "abs(x)"],
    "Greek": [r"\alpha+\pi", "α+π", "alpha + pi"],
    "thousands": ["1000000", "1,000,000", r"1{,}000{,}000", r"1\,000\,000", "1 000 000", r"1,\!000,\!000"],
    "minus signs": ["-x", "−x", "–x", "- x"],
    "relations": [r"x \le 3", r"x\leq 3", "x <= 3", "x≤3", r"x\leqslant3", "x ⩽ 3"],
    "infinite intervals": [r"(-\infty, 2]", "(-∞,2]", r"\left(-\infty,\,2\right]", "(-oo, 2]"],
    "sets": [r"\{1, 2\}", r"\left\{1,2\right\}", r"\lbrace 1,2\rbrace"],
    "degrees": [r"30^\circ", r"30^{\circ}", "30°", r"30\degree"],
    "subscripts": ["x_1", "x_{1}", "x₁", r"x _1"],
    "mixed numbers": [r"1\frac12", r"1 \frac{1}{2}", "1 1/2", "3/2"],
    "matrices": [
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \\ \end{bmatrix}", "[[1,2],[3,4]]",
        r"\left[\begin{array}{cc}1&2\\3&4\end{array}\right]", "Matrix([[1, 2], [3, 4]])",
    ],
    "damaged escapes": [r"\frac{1}{2}", "\x0crac{1}{2}", "rac{1}{2}", r"\\frac{1}{2}"],
    "wrappers": ["x+1", "$x+1$", r"\(x+1\)", r"\[ x+1 \]", "$$x+1$$", r"\boxed{x+1}", "x+1.", r"\displaystyle x+1"],
    "repeating decimals": [r"0.\overline{3}", "0.(3)", "1/3"],
    "HTML": ["x^{2}", "x<sup>2</sup>"],
    "full-width": ["(1,2)", "（１，２）"],
}  # fmt: skip


@pytest.mark.parametrize("name", SAME_TREE)
def test_spellings_have_one_tree(name: str) -> None:
    trees = {spelling: printed(canonical(read(spelling))) for spelling in SAME_TREE[name]}
    assert len(set(trees.values())) == 1, trees


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("-x^2", "(-x)^2"), ("1/2x", "1/(2x)"), ("a+b/2", "(a+b)/2"), (r"2\frac{x}{3}", "2+x/3"), ("x^2y", "x^{2y}"),
        (r"\sin x \cos x", r"\sin(x\cos x)"), ("(1,2]", "(1,2)"), ("1,2", "(1,2)"), ("x_1", "x_{11}"), ("a_n+1",
        "a_{n+1}"),
        ("f(x)", "f x"), ("1,234", "1, 234"), (r"\{1\}", "1"), ("2<x", "x<2"), (r"\cos^2 x", r"\cos x^2"),
    ],
)  # fmt: skip
def test_different_meanings_have_different_trees(left: str, right: str) -> None:
    assert printed(canonical(read(left))) != printed(canonical(read(right)))


@pytest.mark.parametrize(
    "text", ["", "   ", "$$", "(", ")", "1 +", "= 3 =", r"\frac", "x^", "1 2", "()", r"\sin", "{}"]
)
def test_what_is_not_mathematics_is_said_so(text: str) -> None:
    with pytest.raises(ParseError):
        read(text)


@pytest.mark.parametrize("text", [r"\frac{1}{2", r"\sqrt{2", "sqrt(2", r"\{1,2", r"(1,2"])
def test_a_bracket_missing_at_the_end_is_forgiven(text: str) -> None:
    assert printed(read(text))


@pytest.mark.parametrize(
    "text",
    [
        "1" * (DEFAULT_LIMITS.digits + 1),
        "(" * (DEFAULT_LIMITS.depth + 1) + "x" + ")" * (DEFAULT_LIMITS.depth + 1),
        "+".join("x" * (DEFAULT_LIMITS.nodes + 1)),
        r"\begin{pmatrix}" + "&".join("1" * (DEFAULT_LIMITS.matrix_entries + 1)) + r"\end{pmatrix}",
    ],
)
def test_limits_are_kept(text: str) -> None:
    with pytest.raises(InputLimitExceeded):
        read(text)


@settings(max_examples=200)
@given(SOUP | st.text(max_size=80))
def test_only_its_own_errors_leave_it(text: str) -> None:
    try:
        node = read(text)
    except (ParseError, InputLimitExceeded):
        return
    assert isinstance(printed(node), str)


@settings(max_examples=100)
@given(st.text(max_size=200))
def test_normalising_is_stable_in_size(text: str) -> None:
    assert len(normalised(text)) <= 30 * len(text) + 30


def test_work_is_paid_for_before_it_is_done() -> None:
    budget = Budget()
    before = budget.left
    parse("+".join(["x"] * 200), DEFAULT_LIMITS, budget)
    assert before - budget.left > 400
