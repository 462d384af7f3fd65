"""`find_answer`: the final answer of a response, by named rules from the most explicit to the stated last resort.

Order: the region where an answer counts (tags) → an `<answer>` element → the last box or a later "final answer" →
announced answers → sentences. Sees the response, what kind of answer is wanted and the question, never a reference.
"""

from __future__ import annotations

import dataclasses
import re

from reward_service.limits import Budget
from reward_service.verifiers.extraction import Extraction, lenient, tags
from reward_service.verifiers.extraction.boxed import BoxedAnswer, find_boxed
from reward_service.verifiers.extraction.doubt import refuses, retraction
from reward_service.verifiers.extraction.numbers import FORMULA
from reward_service.verifiers.extraction.phrases import Statement, announced
from reward_service.verifiers.extraction.stating import stated
from reward_service.verifiers.extraction.trim import trim
from reward_service.verifiers.extraction.view import HEAD_CHARACTERS, LAST_CHARACTERS, TAIL_CHARACTERS, View, make_view

# "5 or something else", "5 or more": not one number.
_OR = re.compile(r"[$)\]}*_\s]{0,6}(?:[a-z]{1,14}\s)?or\b(?! equal)")
_NUMBER_KINDS = frozenset({"number", "integer"})
_LEVELS = {"boxed": 0, "explicit": 1, "lenient": 2}
# An announced number of this weight or less is part of a longer statement ("the total minus 5"), which counts whole.
_DERIVED = -4
_FAR_MARKERS = ("answer", "Answer", "ANSWER", "答案", "####")


def find_answer(
    text: str, *, strictness: str, budget: Budget, wanted: str = "auto", question: str = ""
) -> Extraction | None:
    """The final answer in `text`, or None where it gives none that `strictness` lets count.

    `strictness` is boxed, explicit or lenient. `wanted` is the kind of answer, as in Reference.kind: "number" (or
    "integer") makes a statement yield the number it states without the words around it. `question` is read only to
    tell which sentence speaks of what was asked.
    """
    wanted = "text" if wanted in ("boolean", "choice") else wanted
    budget.spend(10 + len(text) // 4_000)
    region = tags.answer_region(text)
    if (
        not text[region.start : min(region.end, region.start + 2_000)].strip()
        and not text[region.start : region.end].strip()
    ):
        return None
    start, end = region.start, region.end
    flags = ("truncated_reasoning",) if region.truncated else ()
    element = tags.answer_tag(text, start, end)
    if element is not None:
        found = _in_element(text, element, strictness, budget, wanted, question)
        if found is not None:
            return found
    return _in_region(text, start, end, strictness, budget, wanted, question, flags)


def _in_element(
    text: str, element: tuple[int, int], strictness: str, budget: Budget, wanted: str, question: str
) -> Extraction | None:
    """The answer inside an `<answer>` element: a box or announcement there, else a value, else all of it."""
    start, end = element
    end = min(end, start + 20_000)
    if strictness == "boxed":
        found = find_boxed(text, start, end, budget)
        return None if found is None else _from_box(found, ())
    inner = _in_region(text, start, end, "explicit", budget, wanted, question, ())
    if inner is None:
        view = _tail(text, start, end, budget)
        whole = Statement(start=0, end=len(view.body), rule="answer_tag")
        if len(view.body) > 200:
            inner = _last_resort(text, start, end, wanted, question, budget)
        if inner is None:
            inner = _from_statement(view, whole, wanted)
    if inner is None:
        return None
    return Extraction(
        text=inner.text, rule=f"answer_tag.{inner.rule}", level="explicit", start=inner.start, end=inner.end
    )


def _in_region(
    text: str,
    start: int,
    end: int,
    strictness: str,
    budget: Budget,
    wanted: str,
    question: str,
    flags: tuple[str, ...],
) -> Extraction | None:
    box = find_boxed(text, start, end, budget)
    if strictness == "boxed":
        return None if box is None else _from_box(box, flags)
    if box is not None:
        return _box_or_later(text, box, end, budget, wanted, flags)
    if end - start > 2 * LAST_CHARACTERS:
        line = text.find("\n", end - LAST_CHARACTERS, end)
        if line >= 0:
            found = _announcement(_view(text, line + 1, end, budget), wanted)
            if found is not None:
                return found
    view = _tail(text, start, end, budget)
    found = _announcement(view, wanted)
    if found is None and view.offset > start:
        found = _far_announcement(text, start, view.offset, budget, wanted)
    if found is not None or strictness == "explicit":
        return found
    return _last_resort(text, start, end, wanted, question, budget)


def _from_box(box: BoxedAnswer, flags: tuple[str, ...]) -> Extraction:
    rule = "boxed.row" if box.several else "boxed.last"
    return Extraction(text=box.text, rule=rule, level="boxed", start=box.start, end=box.end, flags=flags)


def _box_or_later(
    text: str, box: BoxedAnswer, end: int, budget: Budget, wanted: str, flags: tuple[str, ...]
) -> Extraction | None:
    """The box, unless a "final answer" is said after it or it is taken back: what is said last counts."""
    stop = min(end, box.end + TAIL_CHARACTERS)
    after = text[box.end : stop].lower()
    final = "final" in after or "####" in after or '"answer"' in after
    if not final and retraction(after, 0, len(after)) is None:
        return _from_box(box, flags)
    view = _view(text, box.end, stop, budget)
    for statement in announced(view):
        if statement.final and not refuses(view.masked[statement.start : statement.end]):
            found = _from_statement(view, statement, wanted)
            if found is not None and any(character.isdigit() or character == "\\" for character in found.text):
                return found
    if retraction(view.masked, 0, len(view.masked)) is None:
        return _from_box(box, flags)
    return _announcement(view, wanted) or _after_retraction(view, 0, wanted)


def _after_retraction(view: View, start: int, wanted: str) -> Extraction | None:
    """The answer that replaces one taken back. None where nothing does: what was withdrawn is no answer."""
    position = retraction(view.masked, start, len(view.masked))
    if position is None:
        return None
    rest = make_view(view.body, position, len(view.body))
    found = _concluding(rest, wanted, "")
    if found is None:
        return None
    moved = dataclasses.replace(rest, offset=view.offset + position)
    return _extraction(moved, found.start, found.end, "correction", "explicit")


def _concluding(view: View, wanted: str, question: str) -> lenient.Finding | None:
    if wanted in _NUMBER_KINDS:
        return lenient.concluding_number(view, question)
    return lenient.concluding_text(view, wanted)


def _announcement(view: View, wanted: str) -> Extraction | None:
    for statement in announced(view):
        if retraction(view.masked, statement.start, len(view.masked)) is not None:
            return _after_retraction(view, statement.start, wanted)
        found = _from_statement(view, statement, wanted)
        if found is not None:
            return found
    return None


def _far_announcement(text: str, start: int, end: int, budget: Budget, wanted: str) -> Extraction | None:
    """The last announcement before the tail, for responses that go on for long after their answer."""
    stop = end
    for _ in range(4):
        at = max(text.rfind(marker, start, stop) for marker in _FAR_MARKERS)
        if at < 0:
            return None
        view = _view(text, max(start, at - 200), min(end, at + 1_000), budget)
        found = _announcement(view, wanted)
        if found is not None:
            return found
        stop = max(start, at - 200)
    return None


def _from_statement(view: View, statement: Statement, wanted: str) -> Extraction | None:
    """What a statement says its answer is, trimmed to the kind that is wanted."""
    begin, end = statement.start, statement.end
    while begin < end and view.body[begin].isspace():
        begin += 1
    if wanted in _NUMBER_KINDS:
        reached = _in_paragraph(view, begin, end) if statement.paragraph else None
        if reached is not None:
            return _extraction(view, reached.start, reached.end, statement.rule, "explicit")
        found = stated(view, begin, end, announced=True)
        if found is not None and found[2] > _DERIVED and not _OR.match(view.masked, found[1], end):
            return _extraction(view, found[0], found[1], statement.rule, "explicit")
    elif wanted != "text":
        begin, end = _value_part(view, begin, end)
    return _extraction(view, begin, end, statement.rule, "explicit")


def _in_paragraph(view: View, begin: int, end: int) -> lenient.Finding | None:
    """The number that a paragraph below "Answer:" comes to, where it goes on after its first sentence."""
    paragraph = view.masked.find("\n\n", end)
    stop = paragraph if paragraph >= 0 else len(view.masked)
    if not view.masked[end:stop].strip(" \n.*_`"):
        return None
    return lenient.concluding_number(view, "", begin, stop)


def _value_part(view: View, begin: int, end: int) -> tuple[int, int]:
    """A statement that is a sentence of its own ("the volume of $P$ is 120") cut to what follows its copula."""
    masked = view.masked
    cut = begin
    for copula in (" is ", " are ", " equals ", " be ", " was "):
        at = masked.rfind(copula, begin, end)
        if at >= begin:
            rest = at + len(copula)
            head = masked[rest : rest + 30].lstrip(" *_`\"'")
            if (
                head[:1].isdigit()
                or head[:1] in "\x01$-−({[\\√π"
                or head.startswith(("approximately", "about"))
                or FORMULA.fullmatch(masked[rest:end].strip(" ."))
            ):
                cut = max(cut, rest)
    if cut > begin:
        return cut, end
    spans = [span for span in view.spans if span.start >= begin and span.end <= end]
    if len(spans) == 1:
        outside = masked[begin : spans[0].start] + masked[spans[0].end : end]
        words = outside.strip(" \n.*_`\"'").split()
        if words and len(words) <= 6 and not any(character.isdigit() for character in outside):
            head = masked[begin : spans[0].start].strip(" *_`\"'(")
            if not head or len(head.split()) >= 2:
                return spans[0].start, spans[0].end
    return begin, end


def _last_resort(text: str, start: int, end: int, wanted: str, question: str, budget: Budget) -> Extraction | None:
    view = _last_view(text, start, end, budget)
    budget.spend(len(view.body) // 3)
    taken_back = retraction(view.masked, 0, len(view.masked))
    if taken_back is not None:
        start = view.offset + taken_back
        view = _view(text, start, max(start, end), budget)
    found = _concluding(view, wanted, question)
    return None if found is None else _extraction(view, found.start, found.end, found.rule, "lenient")


def _last_view(text: str, start: int, end: int, budget: Budget) -> View:
    if end - start <= HEAD_CHARACTERS + TAIL_CHARACTERS:
        return _view(text, start, end, budget)
    return _tail(text, start, end, budget)


def _tail(text: str, start: int, end: int, budget: Budget) -> View:
    return _view(text, max(start, end - TAIL_CHARACTERS), end, budget)


def _view(text: str, start: int, end: int, budget: Budget) -> View:
    budget.spend(20 + (end - start) // 20)
    return make_view(text, start, end)


def _extraction(view: View, begin: int, end: int, rule: str, level: str) -> Extraction | None:
    answer = trim(view.body[begin:end])
    if not answer:
        return None
    flags: tuple[str, ...] = ()
    if level == "lenient" and answer.lower() == "no" and rule != "only_line":
        answer, flags = "0", ("none_read_as_zero",)
    return Extraction(
        text=answer, rule=rule, level=level, start=view.offset + begin, end=view.offset + end, flags=flags
    )
