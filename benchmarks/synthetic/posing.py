"""From a question to a problem: options and their order, the answer as MathVista writes it, the reasoning in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.synthetic.question import Answer, Number, Question

MAX_OPTIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Posed:
    """The parts of a problem that depend on how the question is put."""

    form: str
    choices: tuple[str, ...]
    answer: str
    answer_type: str
    precision: int | None
    trace: str


def _naming(trace: str, answer: str, letter: str) -> str:
    """The reasoning with the option's letter right behind the answer, which is said again where it is not the end."""
    said = trace if trace.endswith(f" {answer}.") else f"{trace} {answer}."
    return f"{said[:-1]} ({letter})."


def forms_of(question: Question) -> tuple[str, ...]:
    """The forms in which a question can be put."""
    answer = question.answer
    if isinstance(answer, bool):
        return ("yes_no",)
    if isinstance(answer, str):
        return ("choice",)
    if isinstance(answer, tuple):
        return ("list", "choice")
    return ("float", "choice") if isinstance(answer, float) else ("integer", "choice")


def pose(question: Question, form: str, random: Random) -> Posed:
    """Put a question in one of its forms."""
    answer = written(question.answer, question.decimals)
    trace = " ".join(question.steps)
    if form in ("choice", "yes_no"):
        choices = _yes_no(random) if form == "yes_no" else _options(question, answer, random)
        trace = _naming(trace, answer, chr(ord("A") + choices.index(answer)))
        return Posed(form=form, choices=choices, answer=answer, answer_type="text", precision=None, trace=trace)
    precision = question.decimals if form == "float" else None
    return Posed(form=form, choices=(), answer=answer, answer_type=form, precision=precision, trace=trace)


def written(answer: Answer, decimals: int) -> str:
    """An answer as a text: "Yes", "3", "2.5" as Python's `str(round(x, decimals))`, "[1, 2]"."""
    if isinstance(answer, bool):
        return "Yes" if answer else "No"
    if isinstance(answer, tuple):
        return f"[{', '.join(written(part, decimals) for part in answer)}]"
    return str(round(answer, decimals)) if isinstance(answer, float) else str(answer)


def _yes_no(random: Random) -> tuple[str, ...]:
    return ("Yes", "No") if random.random() < 0.5 else ("No", "Yes")


def _options(question: Question, answer: str, random: Random) -> tuple[str, ...]:
    """The right option among wrong ones that are easy to confuse with it, in random order; numbers sometimes sorted."""
    count = random.randint(3, MAX_OPTIONS) if random.random() < 0.9 else 2
    wrong: list[str] = []
    for text in _wrong(question, random):
        if text != answer and text not in wrong:
            wrong.append(text)
        if len(wrong) == count - 1:
            break
    options = [answer, *wrong]
    random.shuffle(options)
    if isinstance(question.answer, (int, float)) and random.random() < 0.5:
        options.sort(key=float)
    return tuple(options)


def _wrong(question: Question, random: Random) -> Sequence[str]:
    """Wrong options, the more tempting ones first: those the family names, then near values."""
    answer = question.answer
    others = random.sample(question.others, len(question.others))
    if isinstance(answer, str):
        return others
    if isinstance(answer, tuple):
        return [*others, *(written(part, question.decimals) for part in _near_lists(answer, random))]
    return [*others, *(written(part, question.decimals) for part in _near_numbers(answer, question.decimals, random))]


def _near_numbers(answer: Number, decimals: int, random: Random) -> list[Number]:
    """Values in even steps around the answer, the answer's rank among them random; none negative for a positive one."""
    if isinstance(answer, float):
        step: Number = max(10**-decimals, round(abs(answer) / 10, decimals))
    else:
        step = 5 if answer % 5 == 0 and abs(answer) >= 15 else 1
    below = random.randrange(MAX_OPTIONS)
    if answer >= 0:
        below = min(below, int(answer / step) + (answer == 0))
    places = [place for place in range(-below, MAX_OPTIONS - below) if place]
    random.shuffle(places)
    return [
        round(answer + place * step, decimals) if isinstance(answer, float) else answer + place * step
        for place in places
    ]


def _near_lists(answer: tuple[Number, ...], random: Random) -> list[tuple[Number, ...]]:
    """The same list backwards, and lists with one element changed."""
    near: list[tuple[Number, ...]] = [answer[::-1]]
    for _ in range(8):
        place = random.randrange(len(answer))
        changed = answer[place] + random.choice((-2, -1, 1, 2))
        if changed >= 0 or answer[place] < 0:
            near.append((*answer[:place], changed, *answer[place + 1 :]))
    return near
