"""How MMMU's and MMMU-Pro's scripts read a response: the option it names, or the texts and numbers it ends in.

Source: MMMU-Benchmark/MMMU, `parse_multi_choice_response`, `parse_open_response`, `extract_numbers`, `normalize_str` of
mmmu/utils/eval_utils.py, and the first of them as mmmu-pro/evaluate.py changed it. The split of an open response at a
full stop before a capital is left out: the text is in lower case by then, so it never splits. Patterns are written to
look at a run of digits once, and match the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.types import Choice

_STRIPPED = ",.!?;:'"
_MARKS = (":", ",", ".", "!", "?", ";", "'")
_CUES = ("could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result ")
_NUMBERS = (
    re.compile(r"-?\b\d{1,3}(?:,\d{3})+\b"),
    re.compile(r"-?(?<!\d)\d+(?:\.\d+)?[eE][+-]?\d+"),
    re.compile(r"-?(?:(?<!\d)\d+\.\d+|\.\d+|(?<!\d)\d+\b)(?![eE][+-]?\d+)(?![,\d])"),
)
_CHARACTERS_PER_UNIT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """The option read, None where the script would draw one by chance, and by which step."""

    label: str | None
    step: str


def parse_choice(text: str, choices: Sequence[Choice], budget: Budget, *, pro: bool) -> Pick:
    """The option that a response names. `pro`: by MMMU-Pro's changes to the rule."""
    labels = [choice.label for choice in choices]
    budget.spend(1 + len(labels) * (len(text) // _CHARACTERS_PER_UNIT + 1))
    _, mark, tail = text.rpartition("Answer:")
    if pro and mark:
        named = [label for label in labels if label in tail.strip()]
        if len(named) == 1:
            return Pick(label=named[0], step="answer_line")
    for mark in _STRIPPED:
        text = text.strip(mark)
    text = f" {text} "
    forms = {"brackets": "({})", "letter": "{} " if pro else " {} "} | ({"letter_and_stop": "{}."} if pro else {})
    for step, form in forms.items():
        found = [label for label in labels if form.format(label) in text]
        if found:
            place = "({})" if step == "brackets" else " {} "
            return Pick(label=_last(found, [text.rfind(place.format(label)) for label in found]), step=step)
    if len(text.split()) > 5:
        lowered = text.lower()
        held = {choice.label: lowered.rfind(choice.text.lower()) for choice in choices}
        found = [label for label, place in held.items() if place != -1]
        if found:
            return Pick(label=_last(found, [held[label] for label in found]), step="option_text")
    return Pick(label=None, step="random_fallback")


def _last(labels: Sequence[str], places: Sequence[int]) -> str:
    """The label named last, the first one of those on ties (all at -1 where a form was found and not looked for)."""
    return labels[places.index(max(places))]


def parse_open(text: str, budget: Budget) -> tuple[str | float, ...]:
    """The texts and numbers that an open response may mean."""
    whole = text.strip().strip(".").lower()
    lines = whole.split("\n")
    budget.spend(1 + len(text) // _CHARACTERS_PER_UNIT * len(_CUES) + len(lines))
    keys = []
    for number, line in enumerate(lines, start=1):
        shortest = ""
        for cue in (*_CUES, "=") if number == len(lines) else _CUES:
            if cue in line:
                tail = line.split(cue)[-1].strip()
                if not shortest or len(tail) < len(shortest):
                    shortest = tail
        if shortest and shortest not in _MARKS:
            keys.append(shortest)
    keys = keys or [whole]
    numbers = [found for key in keys for pattern in _NUMBERS for found in pattern.findall(key)]
    budget.spend(len(numbers))
    return tuple(form for part in (*keys, *numbers) for form in normalised(part))


def normalised(text: str) -> tuple[str | float, ...]:
    """A number rounded to two places, or a text in lower case; a single character only with a blank beside it."""
    text = text.strip()
    try:
        return (round(float(text.replace(",", "")), 2),)
    except ValueError:
        text = text.lower()
        return (f" {text}", f"{text} ") if len(text) == 1 else (text,)


def open_answer(parsed: Sequence[str | float], golds: Sequence[str]) -> str | float | None:
    """The first of the parsed parts that is right: a gold number, or a text that a gold text is part of."""
    forms = [form for gold in golds for form in normalised(gold)]
    texts = [form for form in forms if isinstance(form, str)]
    for part in parsed:
        if part in forms if isinstance(part, float) else any(text in part for text in texts):
            return part
    return None
