"""Options that are no column of their own: written inside the question, or shown in its picture.

Inside a question, "A. 3 B. 4", one a line or several, in Latin brackets or Chinese, a run of labels counts that begins
with A and goes on without a gap; the last such run of a text is its options.
"""

from __future__ import annotations

import re

from reward_service.types import Choice, Reference
from rfteval.errors import InputFileError

LETTERS = "ABCD"

_LABEL = re.compile(r"(?:^|(?<=[\s.;；,，。)）>$]))[(（]?([A-J])(?:[)）]\s*[.:：、．]?|[.:：、．])[ \t]*", re.MULTILINE)


def options_of(text: str) -> tuple[Choice, ...]:
    """The options in `text`; empty where it has no run of two labels or more."""
    runs: list[list[tuple[str, int, int]]] = []
    for label in _LABEL.finditer(text):
        entry = (label.group(1), label.start(), label.end())
        if entry[0] == "A":
            runs.append([entry])
        elif runs and ord(entry[0]) == ord(runs[-1][-1][0]) + 1:
            runs[-1].append(entry)
    run = next((run for run in reversed(runs) if len(run) > 1), [])
    if not run:
        return ()
    ends = [start for _, start, _ in run[1:]] + [len(text)]
    return tuple(
        Choice(label=letter, text=text[begin:end].strip()) for (letter, _, begin), end in zip(run, ends, strict=True)
    )


def letters_of(answer: str) -> tuple[str, ...]:
    """The letters of an answer that is one or several options, "B", "AC" or "A, C"; empty for any other answer."""
    letters = re.sub(r"[\s,;、，；()（）.]+|\band\b|和", "", answer)
    distinct = len(set(letters)) == len(letters)
    return tuple(letters) if letters and distinct and re.fullmatch(r"[A-J]+", letters) else ()


def choice_reference(question: str, answer: str) -> Reference:
    """The reference of a multiple-choice question whose options stand inside it.

    Where they cannot be read there, as in a picture, the letters alone are compared.
    """
    choices = options_of(question)
    letters = letters_of(answer)
    if letters and set(letters) <= {choice.label for choice in choices}:
        return Reference(answer=answer, kind="choice", choices=choices, question=question)
    listed = ", ".join(letters) or answer
    alternatives = () if listed == answer else (answer,)
    return Reference(answer=listed, alternatives=alternatives, kind="choice", question=question)


def pictured_reference(letter: str, question: str, where: str) -> Reference:
    """The reference of a question whose four options, A to D, stand in its picture, so that they have no text here.

    `where` names the place of the answer. Raises InputFileError for an answer that is no such letter.
    """
    if letter not in tuple(LETTERS):
        raise InputFileError(f"{where} must be a letter from A to D, found {letter!r}")
    choices = tuple(Choice(label=label) for label in LETTERS)
    return Reference(answer=letter, kind="choice", choices=choices, question=question)
