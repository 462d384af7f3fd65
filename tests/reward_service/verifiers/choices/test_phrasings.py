"""Every way of stating an option is read as that option, for every kind of options, and as no other."""

from __future__ import annotations

import pytest

from reward_service import verify
from reward_service.types import Status
from tests.reward_service.verifiers.choices.phrasings import (
    AFTER,
    ALONE,
    BEFORE,
    LABELS,
    OPTION_SETS,
    STATED,
    filled,
)

KINDS = tuple(OPTION_SETS)


def picked(response: str, texts: tuple[str, ...]) -> set[str]:
    """The labels for which the response is found right."""
    return {
        label
        for label, _ in zip(LABELS, texts, strict=False)
        if verify(response, label, choices=texts, verifier="choice").correct
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", BEFORE, ids=["first", "after_options", "after_steps"])
def test_a_stated_option_is_the_answer_wherever_it_stands(kind: str, before: str) -> None:
    texts = OPTION_SETS[kind]
    missed = []
    for number, template in enumerate(STATED):
        # every label comes up for every template over the three places before and the kinds
        index = (number + BEFORE.index(before)) % len(texts)
        after = AFTER[number % len(AFTER)]
        response = before + filled(template, LABELS[index], texts[index]) + after
        if not verify(response, LABELS[index], choices=texts, verifier="choice").correct:
            missed.append(response)
    assert not missed


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("index", range(4))
def test_an_option_alone_is_the_answer(kind: str, index: int) -> None:
    texts = OPTION_SETS[kind]
    index = index if index < 3 else len(texts) - 1
    missed = []
    for number, template in enumerate(ALONE):
        body = filled(template, LABELS[index], texts[index])
        after = "" if "\n" in body else AFTER[number % len(AFTER)]
        if not verify(body + after, LABELS[index], choices=texts, verifier="choice").correct:
            missed.append(body + after)
    assert not missed


@pytest.mark.parametrize("kind", ("numbers", "pictures", "formulas"))
def test_a_stated_option_is_no_other_option(kind: str) -> None:
    texts = OPTION_SETS[kind]
    for number, template in enumerate(STATED + ALONE):
        index = number % len(texts)
        response = filled(template, LABELS[index], texts[index])
        assert picked(response, texts) == {LABELS[index]}, response


@pytest.mark.parametrize("template", STATED[::4])
def test_a_label_beyond_the_options_is_never_right(template: str) -> None:
    response = filled(template, "H", "something else")
    for gold in "ABCD":
        verdict = verify(response, gold, choices=OPTION_SETS["names"][:4], verifier="choice")
        assert verdict.status in (Status.INCORRECT, Status.NO_ANSWER), response
