"""Labels that merely stand in a telling place: at the head, alone on the last line, in brackets near the end.

Used when nothing is stated outright.
"""

from __future__ import annotations

import re

from reward_service.verifiers.choices.answers import ordinal_at, read_short
from reward_service.verifiers.choices.clauses import is_entry, is_question, lists_options, sentences
from reward_service.verifiers.choices.findings import OUT_OF_RANGE, Finding, groups_of
from reward_service.verifiers.choices.labels import read_labels
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.choices.page import Page
from reward_service.verifiers.choices.statements import is_denied
from reward_service.verifiers.choices.texts import equal_option

_NEAR_THE_END = 4
_AT_THE_HEAD = 2
_WHOLE_CHARACTERS = 300
_LONGEST_LINE = 200

_PREFIX = re.compile(
    r"(?:[^\w(\[{<]|_){0,400}(?:(?:option|choice|answer|letter|选项)\b[\s:*_\"']{0,6})?", re.IGNORECASE
)
_LEADING_WORD = re.compile(r"[\s\"'(*_]{0,6}([^\n,.;:!\-–—]{1,120}?)[\s\"')*_]{0,6}(?:[,.;:!\n–—]|\s-\s|$)")
_ENDING = re.compile(
    r"(?:=|→|->|⇒|:|\b(?:get|gets|is|gives?|so|therefore|thus|hence|mark|choose|pick|select|answer|option|choice)\b)"
    r"\s{0,6}[(\"'*]{0,3}(?P<label>[A-Z])[)\"'*.\s]{0,6}\Z"
)
_NOT_BEFORE = re.compile(r"(?:\bnot|n't|\bnever|\bneither|\bexcept|\bthan|\bcannot be)\s[^.!?\n]{0,20}$")
_BRACKETED = re.compile(r"(?<![A-Za-z0-9_])\(\s?([A-Za-z])\s?\)")
_POINTER = re.compile(
    r"\b(?:is|as|by|in|at|with|figure|fig\.|image|picture|graph|diagram|shape|point|option|label|labell?ed|marked|letter"
    r"|structure|part|region|area|view|panel|drawing|pattern|curve|line|path|arrow|choice)\s{1,3}[\"'*(]{0,3}(?=[A-Z]\b)",
    re.IGNORECASE,
)


def whole(page: Page) -> Finding | None:
    """A short response that is nothing but an answer."""
    text = page.text.strip()
    if not text or len(text) > _WHOLE_CHARACTERS or "\n" in text:
        return None
    equal = equal_option(text, page.options)
    start = len(page.flat) - len(page.flat.lstrip())
    labels = read_labels(page.flat, start, page.options, several=page.several)
    if equal is not None and not (labels and labels.certain and not page.flat[labels.end :].strip(" .")):
        return _by_text(equal, 0, "whole", "explicit", text)
    if len(text) <= 12:
        read = read_short(text, page.options, several=page.several)
        if read and read.indices and read.by_label:
            return Finding(indices=read.indices, position=0, rule="whole", level="explicit", text=text)
    return None


def leading(page: Page) -> Finding | None:
    """A response that begins with a label or with an option's text: "(C) 145°", "C. Paris", "Yes, because"."""
    flat = page.flat
    prefix = _PREFIX.match(flat)
    start = prefix.end() if prefix else 0
    labels = read_labels(flat, start, page.options, several=page.several)
    if (
        labels is not None
        and OUT_OF_RANGE in labels.indices
        and (named := equal_option(page.text, page.options)) is not None
    ):
        return _by_text(named, 0, "leading_text", "explicit", flat.strip())
    if labels is not None and labels.certain and (len(labels.distinct) > 1 or not lists_options(flat)):
        if is_denied(page, labels.end):
            return None
        after = flat[labels.end : labels.end + 3].strip(" *_\"'")[:1]
        if labels.bracketed or after in (".", ":", ",", ")", "\n", "-", ""):
            groups = groups_of(labels.indices, page.options)
            return Finding(indices=groups, position=0, rule="leading", level="explicit", text=flat[start : labels.end])
    ordinal = ordinal_at(flat, 0, page.options)
    if ordinal and not flat[ordinal[1] :].strip(" .!*"):
        return Finding(indices=frozenset({ordinal[0]}), position=0, rule="leading", level="explicit", text=flat.strip())
    first = _LEADING_WORD.match(flat[:200])
    if first is None:
        return None
    equal = equal_option(page.text[first.start(1) : first.end(1)], page.options)
    if equal is None:
        equal = equal_option(page.text[:160].split("\n", 1)[0], page.options)
    return None if equal is None else _by_text(equal, 0, "leading_text", "explicit", first[1])


def last_line(page: Page) -> Finding | None:
    """A last line that is a label or an option and nothing else."""
    start = page.flat.rstrip().rfind("\n") + 1
    line = page.text[start:].strip()
    if not line or len(line) > _LONGEST_LINE:
        return None
    flat = page.flat[start:]
    prefix = _PREFIX.match(flat)
    labels = read_labels(flat, prefix.end() if prefix else 0, page.options, several=page.several)
    if labels is not None and labels.certain:
        rest = flat[labels.end :].strip(" .*_\"'})]")
        marked = labels.bracketed or flat[labels.end : labels.end + 1] in (".", ":")
        if not rest or (marked and _own_text(labels.indices, rest, page.options)):
            groups = groups_of(labels.indices, page.options)
            return Finding(indices=groups, position=start, rule="last_line", level="lenient", text=line)
    equal = equal_option(line, page.options)
    return None if equal is None else _by_text(equal, start, "last_line", "lenient", line)


def ending(page: Page) -> Finding | None:
    """A label as the very last word, after a word or sign that concludes: "so we get D.", "5√3 = D"."""
    match = _ENDING.search(page.flat, max(0, len(page.flat.rstrip()) - 60))
    place = page.options.find_label(match["label"]) if match else None
    if match is None or place is None or _excluded(page, match.start(), match.end()):
        return None
    groups = groups_of((place,), page.options)
    return Finding(indices=groups, position=match.start(), rule="ending", level="lenient", text=match[0].strip())


def bracketed(page: Page) -> Finding | None:
    """The labels in brackets of a sentence near the end, else of one at the head: "the length is (D) 5 cm"."""
    if page.options.style != "letter":
        return None
    found = sentences(page.flat)
    if lists_options(page.flat):  # a label that heads its line is then an entry, not an answer
        found = [entry for entry in found if not is_entry(entry[1])]
    for start, sentence in [*reversed(found[-_NEAR_THE_END:]), *found[:_AT_THE_HEAD]]:
        places = {
            place
            for match in _BRACKETED.finditer(sentence)
            if (place := page.options.find_label(match[1])) is not None
            and not _excluded(page, start + match.start(), start + match.end())
        }
        if places:
            groups = groups_of(frozenset(places), page.options)
            text = sentence.strip()[:200]
            return Finding(indices=groups, position=start, rule="bracketed", level="lenient", text=text)
    return None


def shown(page: Page) -> Finding | None:
    """For options that are pictures or bare letters: the letters the last sentence with letters points at."""
    if not page.options.mostly_bare or page.options.style != "letter":
        return None
    for start, sentence in reversed(sentences(page.flat)[-_NEAR_THE_END:]):
        if is_question(sentence):
            continue
        places: set[int] = set()
        for match in _POINTER.finditer(sentence):
            labels = read_labels(sentence, match.end(), page.options)
            if labels is None or not labels.certain or OUT_OF_RANGE in labels.indices:
                continue
            if not _excluded(page, start + match.start(), start + labels.end):
                places.update(labels.indices)
        if places:
            groups = groups_of(frozenset(places), page.options)
            text = sentence.strip()[:200]
            return Finding(indices=groups, position=start, rule="shown_label", level="lenient", text=text)
    return None


def _excluded(page: Page, start: int, end: int) -> bool:
    """Whether a label between two places is denied, before it or after it."""
    return bool(_NOT_BEFORE.search(page.low[max(0, start - 30) : start])) or is_denied(page, end)


def _by_text(group: int, position: int, rule: str, level: str, text: str) -> Finding:
    return Finding(
        indices=frozenset({group}), position=position, rule=rule, level=level, text=text[:200], by_label=False
    )


def _own_text(indices: tuple[int, ...], rest: str, options: Options) -> bool:
    if len(indices) != 1 or indices[0] == OUT_OF_RANGE:
        return False
    own = options.items[indices[0]]
    return rest == own.text or equal_option(rest, options) == own.group
