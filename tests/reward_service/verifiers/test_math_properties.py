"""Properties of the math verifier over generated expressions: spellings do not matter, values do, nothing escapes."""

from __future__ import annotations

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from reward_service import Status
from reward_service.verify import verify
from tests.reward_service.verifiers.equality_pairs import EQUAL, UNEQUAL
from tests.reward_service.verifiers.expression_strategies import CONSTANTS, EXPRESSIONS, POLYNOMIALS, SOUP, Spelled

OURS = (Status.ERROR, Status.CRASHED, Status.OUT_OF_MEMORY)


def correct(gold: str, answer: str) -> bool:
    return verify(answer, gold, kind="expression").correct


@settings(max_examples=120)
@given(POLYNOMIALS)
def test_polynomials_are_equal_in_both_spellings(value: Spelled) -> None:
    assert correct(value.book, value.plain) and correct(value.plain, value.book)


@settings(max_examples=80)
@given(EXPRESSIONS)
def test_expressions_are_equal_in_both_spellings(value: Spelled) -> None:
    assert correct(value.book, value.plain)


@settings(max_examples=60)
@given(CONSTANTS)
def test_constants_are_equal_in_both_spellings(value: Spelled) -> None:
    assert correct(value.book, value.plain)


@settings(max_examples=80)
@given(CONSTANTS, st.integers(1, 60))
def test_a_difference_however_small_is_one(value: Spelled, places: int) -> None:
    assert not correct(value.book, f"{value.plain} + 10^{{-{places}}}")


@settings(max_examples=60)
@given(EXPRESSIONS, st.integers(1, 40))
def test_a_tiny_term_more_is_not_equal(value: Spelled, places: int) -> None:
    assert not correct(value.book, f"{value.plain} - x \\cdot 10^{{-{places}}}")


@settings(max_examples=60)
@given(POLYNOMIALS, st.sampled_from(["1", "x", "7a", r"\frac{1}{97}"]))
def test_a_term_more_is_not_equal(value: Spelled, extra: str) -> None:
    assert not correct(value.book, f"{value.plain} + {extra}")


@settings(max_examples=40)
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=6, unique=True), st.randoms(use_true_random=False))
def test_enumerations_are_unordered_and_complete(values: list[int], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(values)
    random.shuffle(shuffled)
    gold = ", ".join(map(str, values))
    assert correct(gold, r"\{" + ",".join(map(str, shuffled)) + r"\}")
    assert correct(gold, r" \text{ and } ".join(map(str, shuffled)))
    assert correct(gold, r" \text{ or } ".join(f"x = {value}" for value in shuffled))
    assert not correct(gold, ", ".join(map(str, shuffled[1:])))
    assert not correct(gold, ", ".join(map(str, [*shuffled, 51])))
    assert not correct(gold, ", ".join(map(str, [*shuffled[1:], 51])))


@settings(max_examples=40)
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=5, unique=True))
def test_tuples_are_ordered(values: list[int]) -> None:
    gold = f"({', '.join(map(str, values))})"
    assert correct(gold, rf"\left({' , '.join(map(str, values))}\right)")
    assert not correct(gold, f"({', '.join(map(str, reversed(values)))})")
    assert not correct(gold, f"({', '.join(map(str, values[:-1]))})") or len(values) == 2


@settings(max_examples=60)
@given(st.integers(-40, 40), st.integers(1, 40), st.sampled_from(["()", "[)", "(]", "[]"]))
def test_intervals_are_their_inequalities(low: int, width: int, brackets: str) -> None:
    high = low + width
    interval = f"{brackets[0]}{low}, {high}{brackets[1]}"
    left, right = (r"\leq" if brackets[0] == "[" else "<"), (r"\le" if brackets[1] == "]" else "<")
    inequality = f"{low} {left} x {right} {high}"
    assert correct(interval, inequality) and correct(inequality, interval)
    assert correct(inequality, rf"\{{t \mid {low} {left} t {right} {high}\}}")
    other = {"(": "[", "[": "("}[brackets[0]]
    assert not correct(inequality, f"{other}{low}, {high}{brackets[1]}")
    assert not correct(inequality, f"{brackets[0]}{low}, {high + 1}{brackets[1]}")


@settings(max_examples=40)
@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(-20, 20), st.integers(2, 7))
def test_lines_are_equal_up_to_a_factor(a: int, b: int, c: int, factor: int) -> None:
    if b == 0:
        return
    line = f"{a}x + {b}y + {c} = 0".replace("+ -", "- ")
    assert correct(line, f"{factor * a}x + {factor * b}y + {factor * c} = 0".replace("+ -", "- "))
    assert correct(line, rf"y = \frac{{{-a}}}{{{b}}}x + \frac{{{-c}}}{{{b}}}") or a == 0
    assert not correct(line, f"{a}x + {b}y + {c + 1} = 0".replace("+ -", "- "))


@settings(max_examples=150)
@given(SOUP, SOUP)
def test_no_text_makes_it_fail(gold: str, answer: str) -> None:
    verdict = verify(answer, gold, kind="expression")
    assert verdict.status not in OURS, verdict.reason


@settings(max_examples=100)
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_unicode_makes_it_fail(gold: str, answer: str) -> None:
    verdict = verify(answer, gold, kind="expression")
    assert verdict.status not in OURS, verdict.reason


@settings(max_examples=100)
@given(SOUP)
def test_what_can_be_read_equals_itself(text: str) -> None:
    verdict = verify(text, text, kind="expression")
    if verdict.rule.startswith(("expression", "set", "tuple", "interval", "relation", "matrix")):
        assert verdict.status is Status.CORRECT


def test_threads_do_not_disturb_each_other() -> None:
    pairs = [pair for name in list(EQUAL)[::4] for pair in EQUAL[name]][:40]
    pairs += [pair for name in list(UNEQUAL)[::4] for pair in UNEQUAL[name]][:40]
    expected = [correct(gold, answer) for gold, answer in pairs]
    results: list[list[bool]] = []

    def work() -> None:
        results.append([correct(gold, answer) for gold, answer in pairs])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4
