"""Bombs: answers made to hang, bloat or crash a verifier. Each ends within its budget of work, unpaid."""

from __future__ import annotations

import tracemalloc

import pytest

from reward_service import Reference, Status
from reward_service.errors import WorkLimitExceeded
from reward_service.limits import Budget
from reward_service.verifiers import math
from reward_service.verifiers.policy import MathPolicy
from reward_service.verify import verify

TOWERS = [
    "9**9**9**9", "2^{2^{2^{2^{2^{2}}}}}", "10^10^10", "x^{x^{x^{x^{x}}}}", "7^(8^(9^9))", "e^{" * 40 + "2" + "}" * 40,
    "(2^{1000})^{1000}", r"\exp(\exp(\exp(\exp(5))))", "0.1**(-9**9)", r"\sqrt{2}**(10**8)", r"\sin(10^{10^6})",
    r"i^{10^{50}}", "(1+i)^{100000}", r"\sqrt[3]{10^{1000000}}", "99999^{99999}",
]  # fmt: skip
FACTORIALS = ["(10^6)!", "((9!)!)!", "9!!!!!!", r"\binom{10000000}{5000000}", r"\binom{10^5}{50}"]
SERIES = [
    r"\prod_{k=1}^{10^{8}} k", r"\sum_{k=1}^{10^9} k", r"\sum_{k=1}^{1999} k^{k}",
    r"\sum_{k=1}^{2000}\sum_{j=1}^{2000} jk", r"\sum_{i=1}^{99}\sum_{j=1}^{99}\sum_{k=1}^{99} \sin(ijk)",
    r"\lim_{n\to\infty}(1+1/n)^{n^n}", r"a_1+a_2+\cdots+a_{1000}",
]  # fmt: skip
SIZES = [
    "+".join(f"x^{{{i}}}" for i in range(400)), "*".join(f"(x+{i})" for i in range(300)), "7" * 5000, "a" * 3000,
    "(x+y+z+w)^{400}", "1," * 2000, "1/" * 400 + "2", "<".join(["x"] * 200), "=".join(["1"] * 300), r"\pm1" * 30,
    r"\{" + ",".join(rf"\sum_{{k=1}}^{{{2000 + i}}} k^2" for i in range(64)) + r"\}",
    "+".join(f"x_{{{i}}}x_{{{i + 1}}}" for i in range(200)) + "=0",
    r"\begin{pmatrix}1&1\\1&0\end{pmatrix}^{1000000}", r"\begin{pmatrix}x&1\\1&x\end{pmatrix}^{12}",
    r"\begin{pmatrix}" + "&".join("1" * 100) + r"\\" * 40 + r"\end{pmatrix}",
]  # fmt: skip
NESTING = [
    "(" * 500 + "1" + ")" * 500, r"\frac{1}{" * 200 + "x" + "}" * 200, "{" * 300, r"\left(" * 300, "$" * 5000,
    "|" * 400,
    "-" * 3000, "^" * 500, r"\sqrt" * 500, r"\begin{pmatrix}" * 50, r"\text{" * 300, "x_" * 400, r"\boxed{" * 200,
]  # fmt: skip
PRECISION = [
    r"\lfloor 10^{3000}\pi\rfloor", r"\sqrt{10^{900}+1}-10^{450}", r"\cos(10^{-800})-1",
    "10^{-900}+\\sqrt{2}-\\sqrt{2}",
]  # fmt: skip
CONDITIONS = [
    r"\{x|x^{100}<1\}", r"x^{10}-3x^4+\sin x<0", r"\cup".join(f"({i},{i + 1})" for i in range(64)),
    r"\{x|" + r" \text{ or } ".join(rf"x^{i}-{i}\sin x<0" for i in range(3, 30)) + r"\}",
]  # fmt: skip
BOMBS = [*TOWERS, *FACTORIALS, *SERIES, *SIZES, *NESTING, *PRECISION, *CONDITIONS]

# The number meets every bomb in each run of the tests; the other kinds of reference meet every fourth.
GOLDS = [r"\sqrt{2}", "x^2+1", "(1,2)", "(0,1)", r"\{1,2\}", "x=5", "x>3", r"\begin{pmatrix}1&2\end{pmatrix}"]
FEWER = {gold: BOMBS[place % 4 :: 4] for place, gold in enumerate(GOLDS)}
UNPAID = (Status.INCORRECT, Status.TIMEOUT, Status.REJECTED, Status.NO_ANSWER)
MEGABYTE = 1 << 20


@pytest.mark.parametrize("gold", ["42", *GOLDS])
def test_bombs_are_never_paid(gold: str) -> None:
    never_paid(gold, FEWER.get(gold, BOMBS))


@pytest.mark.slow
@pytest.mark.parametrize("gold", GOLDS)
def test_no_bomb_is_paid_under_any_kind_of_reference(gold: str) -> None:
    never_paid(gold, BOMBS)


def never_paid(gold: str, bombs: list[str]) -> None:
    outcomes = {bomb[:40]: verify(bomb, gold, kind="expression").status for bomb in bombs}
    assert {bomb: status for bomb, status in outcomes.items() if status not in UNPAID} == {}


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_bombs_take_no_memory(every: int) -> None:
    verify(r"\sin 1", r"\sin 2", kind="expression")
    tracemalloc.start()
    try:
        for bomb in BOMBS[::every]:
            verify(bomb, "42", kind="expression")
            verify(bomb, bomb, kind="expression")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * MEGABYTE


def test_most_bombs_are_wrong_rather_than_unscored() -> None:
    unscored = [bomb[:40] for bomb in BOMBS if not verify(bomb, "42", kind="expression").status.scored]
    assert len(unscored) <= len(BOMBS) // 10


@pytest.mark.parametrize("bomb", TOWERS[:3] + FACTORIALS[:3])
def test_what_is_too_large_to_compute_still_equals_itself(bomb: str) -> None:
    assert verify(bomb, bomb, kind="expression").correct
    assert not verify(f"{bomb}+1", bomb, kind="expression").correct


def test_a_small_budget_is_kept() -> None:
    reference = Reference(answer=r"\sin(x)^2+\cos(x)^2+\tan(x)")
    with pytest.raises(WorkLimitExceeded):
        math.check(r"1+\tan(x)", reference, MathPolicy(input="expression"), Budget(300))


@pytest.mark.parametrize("answer", ["7" * 3000, "x" * 6000, "(" * 100 + "x" + ")" * 100])
def test_an_answer_over_a_limit_is_wrong_not_unscored(answer: str) -> None:
    assert verify(answer, "42", kind="expression").status is Status.INCORRECT
