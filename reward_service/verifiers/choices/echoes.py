"""Lists of the choices that a response repeats: blanked, so that a repeated option is not taken for an answer."""

from __future__ import annotations

import re

from reward_service.verifiers.choices.options import Options

_HEADING = re.compile(r"(?:[Cc]hoices|[Oo]ptions|CHOICES|OPTIONS|选项)\s{0,3}[:：]")
_CHOICE_LINE = re.compile(r"[ \t]*\n?[ \t]*\(?[A-Za-z][).:][^\n]{0,300}(?=\n|$)")
_LABEL = r"(?:[A-Za-z]|\d{1,2}|[ivxIVX]{1,5})"
_OPTION_LINE = re.compile(
    rf"^[ \t>*_-]{{0,6}}\(?(?P<label>{_LABEL})[).:][ \t*]{{0,4}}(?P<text>[^\n]{{0,300}})$", re.MULTILINE
)
_INLINE_LABEL = re.compile(rf"[\s,;|.]{{0,8}}\(?({_LABEL})[).:]{{1,2}}\s{{0,3}}")
_LABEL_BEFORE = re.compile(rf"\(?{_LABEL}[).:]{{1,2}}\s{{0,3}}\Z")
_MOST_HEADINGS = 8
_MOST_LINES = 70


def without_echoes(text: str, options: Options) -> str:
    """The text with "Choices:" and its lines, and the options listed one a line or in a row, blanked."""
    for heading in list(_HEADING.finditer(text))[:_MOST_HEADINGS]:
        end, lines = heading.end(), 0
        while lines < _MOST_LINES:
            line = _CHOICE_LINE.match(text, end)
            if line is None or line.end() == end:
                break
            end, lines = line.end(), lines + 1
        if lines >= 2:
            text = _blanked(text, heading.start(), end)
    low = text.lower()
    if sum(bool(item.text) and item.text.lower() in low for item in options.items) < 2:
        return text
    return _without_row(_without_lines(text, options), options)


def _blanked(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _without_lines(text: str, options: Options) -> str:
    """Runs of two or more lines that are one option each, label and own text, blanked."""
    spans: list[tuple[int, int]] = []
    run: list[tuple[int, int]] = []
    previous_end = -1
    for line in _OPTION_LINE.finditer(text):
        place = options.find_label(line["label"])
        listed = place is not None and options.tokens(line["text"]) == options.items[place].tokens
        if not listed or line.start() > previous_end + 2:
            spans.extend(run if len(run) >= 2 else [])
            run = []
        if listed:
            run.append(line.span())
            previous_end = line.end()
    spans.extend(run if len(run) >= 2 else [])
    for start, end in spans:
        text = _blanked(text, start, end)
    return text


def _without_row(text: str, options: Options) -> str:
    """The options written out one after the other, each with its label and own text, blanked."""
    first = options.items[0]
    start = 0
    for _ in range(4):
        found = text.find(first.text, start) if first.text else -1
        if found < 0:
            break
        end, read = found + len(first.text), 1
        for item in options.items[1:]:
            after = text.find(item.text, end, end + len(item.text) + 16) if item.text else -1
            label = _INLINE_LABEL.fullmatch(text, end, after) if after >= 0 else None
            if label is None or options.find_label(label[1]) != item.index:
                break
            end, read = after + len(item.text), read + 1
        if read >= 2 and read >= len(options) - 1:
            head = _LABEL_BEFORE.search(text, max(0, found - 12), found)
            text = _blanked(text, head.start() if head else found, end)
        start = end
    return text
