"""A reference that says nothing is INVALID_REFERENCE and unscored; arguments of other types never raise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.types import Status
from reward_service.verifiers.references import unreadable
from reward_service.verify import verify

NOTHING = ["", " ", "$", "$$", "???", "...", "{{{", "}", "\\frac{", "\\left(", "\\int", "\\boxed{}", "\u200f", "\udfff"]


@pytest.mark.parametrize("gold", NOTHING)
@pytest.mark.parametrize("kind", ["full_response", "expression"])
def test_a_reference_of_nothing_is_unscored(gold: str, kind: str) -> None:
    for response in ("\\boxed{4}", gold, ""):
        verdict = verify(response, gold, kind=kind)
        assert (verdict.status, verdict.score) == (Status.INVALID_REFERENCE, None)


@pytest.mark.parametrize(
    "gold",
    ["\\infty", "\\pi", "\\emptyset", "\\varnothing", "∞", "∅", "A", "无解", "\\{\\}", "-", "<", "\\alpha", "\\leq"],
)
def test_signs_that_are_answers_are_readable(gold: str) -> None:
    assert not unreadable(gold)
    assert verify(gold, gold, kind="expression").correct


COMMANDS = ["\\frac", "\\dfrac", "\\tfrac", "\\binom", "\\sqrt"]
ARGUMENTS = st.sampled_from(["{1}", "{x+1}", "{\\sqrt{2}}", "{\\frac{1}{2}}", "3"])


@given(
    st.sampled_from(COMMANDS), ARGUMENTS, st.sampled_from(["", "2", "x + "]), st.sampled_from(["{}", "${}$", " {} "])
)
def test_a_reference_cut_off_in_a_command_is_unscored_and_a_whole_one_is_not(
    command: str, argument: str, before: str, wrapper: str
) -> None:
    takes_two = command != "\\sqrt"
    whole = before + command + argument + (argument if takes_two else "")
    assert not unreadable(wrapper.replace("{}", whole))
    cut = [command, command + "{"] + [command + argument, command + argument + "{"] * takes_two
    for end in cut:
        gold = wrapper.replace("{}", before + end)
        assert unreadable(gold)
        for response in (f"\\boxed{{{before}1}}", "\\boxed{1}"):
            assert verify(response, gold).status is Status.INVALID_REFERENCE


@pytest.mark.parametrize(("gold", "right"), [("x^", "x"), ("2^{", "2"), ("\\frac{1}{", "1")])
def test_what_was_cut_off_is_not_read_as_what_is_left(gold: str, right: str) -> None:
    assert verify(right, gold, kind="expression").status is Status.INVALID_REFERENCE


@pytest.mark.parametrize(
    ("gold", "right"), [("\\frac{1}{2", "1/2"), ("\\sqrt{2", "\\sqrt2"), ("\\frac12{", "0.5"), ("(1,2", "(1,2)")]
)
def test_a_missing_bracket_at_the_end_takes_nothing_away(gold: str, right: str) -> None:
    assert verify(right, gold, kind="expression").correct


@given(st.text())
def test_letters_and_digits_are_always_readable(text: str) -> None:
    assert not unreadable(text + "x")


def test_one_usable_alternative_is_enough() -> None:
    assert verify("\\boxed{4}", ["???", "4"]).correct


@pytest.mark.parametrize("gold", [None, float("nan"), float("inf"), True, b"4", object(), [], {}])
def test_a_reference_of_another_type_is_unscored(gold: object) -> None:
    assert verify("\\boxed{4}", gold).status is Status.INVALID_REFERENCE  # type: ignore[arg-type]


@pytest.mark.parametrize("gold", [4, 4.0, ["4"], (4,), ["5", 4]])
def test_numbers_stand_for_their_text(gold: object) -> None:
    assert verify("\\boxed{4}", gold).correct  # type: ignore[arg-type]


@pytest.mark.parametrize("response", [None, float("nan"), 4, b"4", ["4"]])
def test_a_response_that_is_no_text_is_unscored(response: object) -> None:
    verdict = verify(response, "4")  # type: ignore[arg-type]
    assert (verdict.status, verdict.score, verdict.verifier) == (Status.REJECTED, None, "math")
    assert "no text" in verdict.reason


def test_one_text_is_no_list_of_choices() -> None:
    with pytest.raises(TypeError, match="choices"):
        verify("A", "A", choices="cat")


@pytest.mark.parametrize("digits", [1_999, 2_001, 4_400, 4_900])
def test_numbers_of_thousands_of_digits_never_raise(digits: int) -> None:
    number = "9" * digits
    assert verify(f"\\boxed{{{number}}}", number).status in (Status.CORRECT, Status.REJECTED)
    assert verify(f"\\boxed{{{number[:-1]}8}}", number).status in (Status.INCORRECT, Status.REJECTED)


@pytest.mark.parametrize("word", ["Yes", "No", "True", "False"])
@pytest.mark.parametrize("rest", [", it is not.", ", the bars are different.", ". The blue one is larger.", ", it is."])
def test_a_spoken_yes_or_no_counts(word: str, rest: str) -> None:
    other = {"Yes": "No", "No": "Yes", "True": "False", "False": "True"}[word]
    assert verify(word + rest, word).correct
    assert verify(word + rest, other).status is Status.INCORRECT
