"""Weaker signs of an answer, used when nothing is stated outright: a label or an option's text that simply stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reward_service.verifiers.choices.answers import read_short
from reward_service.verifiers.choices.findings import Finding
from reward_service.verifiers.choices.labels import OUT_OF_RANGE, read_labels
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.choices.surface import Surface
from reward_service.verifiers.choices.texts import equal_option, mentioned_options
from reward_service.verifiers.choices.tokens import tokens_of

_SENTENCE = re.compile(r"(?:[^.!?\n。！？]|\.(?=\d)|\.(?=[A-Za-z)]))+(?:[.!?。！？]+|\n|$)")
_BRACKETED = re.compile(r"(?<![A-Za-z0-9_])\(\s?([A-Za-z])\s?\)")
_LEADING_WORD = re.compile(r"[\s\"'(*_]{0,6}([^\n,.;:!\-–—]{1,120}?)[\s\"')*_]{0,6}(?:[,.;:!\n–—]|\s-\s|$)")


def leading(surface: Surface, options: Options, *, run: bool) -> Iterator[Finding]:
    """A response that begins with a label or with an option's text: "(C) 145°", "C. Paris", "Yes, because"."""
    flat = surface.flat
    start = len(flat) - len(flat.lstrip(" \n\t*_#>-:.\"'"))
    labels = read_labels(flat, start, options, run=run)
    if labels is not None and labels.certain and not _listing(flat, options):
        rest = flat[labels.end : labels.end + 3]
        plain = rest.strip(" *_\"'")[:1]
        if labels.bracketed or not flat[labels.end :].strip() or plain in (".", ":", ",", ")", "\n", "-", ""):
            groups = frozenset(i if i == OUT_OF_RANGE else options.group_of(i) for i in labels.indices)
            yield Finding(indices=groups, position=0, rule="leading", level="explicit", text=flat[start : labels.end])
            return
    head = surface.text[:160]
    first = _LEADING_WORD.match(flat[:200])
    if first:
        equal = equal_option(surface.text[first.start(1) : first.end(1)], options)
        if equal is None:
            line = head.split("\n", 1)[0]
            equal = equal_option(line, options)
        if equal is not None:
            yield Finding(
                indices=frozenset({equal}),
                position=0,
                rule="leading_text",
                level="explicit",
                text=first[1],
                by_label=False,
            )


def last_line(surface: Surface, options: Options, *, run: bool) -> Iterator[Finding]:
    """A last line that is a label or an option and nothing else."""
    line_start = surface.flat.rstrip().rfind("\n") + 1
    line = surface.text[line_start:].strip()
    if not line or len(line) > 200:
        return
    flat = surface.flat[line_start:]
    head = len(flat) - len(flat.lstrip(" \t*_#>-\"'"))
    labels = read_labels(flat, head, options, run=run)
    if labels is not None and labels.certain:
        rest = flat[labels.end :].strip(" .*_\"'})]")
        if (
            not rest
            or (labels.bracketed or flat[labels.end : labels.end + 1] in ".:")
            and _own_text(labels.indices, rest, options)
        ):
            groups = frozenset(i if i == OUT_OF_RANGE else options.group_of(i) for i in labels.indices)
            yield Finding(indices=groups, position=line_start, rule="last_line", level="lenient", text=line)
            return
    equal = equal_option(line, options)
    if equal is not None:
        yield Finding(
            indices=frozenset({equal}),
            position=line_start,
            rule="last_line",
            level="lenient",
            text=line,
            by_label=False,
        )


def _own_text(indices: tuple[int, ...], rest: str, options: Options) -> bool:
    if len(indices) != 1 or indices[0] == OUT_OF_RANGE:
        return False
    return equal_option(rest, options) == options.group_of(indices[0])


def _listing(flat: str, options: Options) -> bool:
    """Whether the response goes through the options one a line, so that its first label is no answer."""
    heads = re.findall(r"(?:^|\n)[ \t*_#>-]{0,8}(?:option\s+)?\(?([A-Z])[).:]", flat[:4000], re.IGNORECASE)
    return len({head.upper() for head in heads}) >= 2


def sentences(text: str) -> list[tuple[int, str]]:
    """The sentences of a text with their places."""
    return [(match.start(), match[0]) for match in _SENTENCE.finditer(text) if match[0].strip()]


def bracketed_labels(surface: Surface, options: Options) -> Iterator[Finding]:
    """The last sentence that has labels in brackets, if they agree: "the length is (D) 5 cm"."""
    if options.style != "letter":
        return
    for start, sentence in reversed(sentences(surface.flat)[-40:]):
        found = [match for match in _BRACKETED.finditer(sentence) if options.find_label(match[1]) is not None]
        if not found:
            continue
        places = {options.group_of(place) for match in found if (place := options.find_label(match[1])) is not None}
        yield Finding(
            indices=frozenset(places), position=start, rule="bracketed", level="lenient", text=sentence.strip()[:200]
        )
        return


def named_texts(surface: Surface, options: Options) -> Iterator[Finding]:
    """The option named by its text: the only one in the response, or the only one in the last sentence naming any."""
    total: dict[int, int] = {}
    per_sentence: list[tuple[int, str, dict[int, int]]] = []
    for start, sentence in sentences(surface.text)[-40:]:
        named = mentioned_options(tokens_of(sentence), options)
        if named:
            per_sentence.append((start, sentence, named))
            for group in named:
                total[group] = total.get(group, 0) + 1
    if not per_sentence:
        return
    if len(total) == 1:
        start, sentence, named = per_sentence[-1]
        yield Finding(
            indices=frozenset(total),
            position=start,
            rule="only_option_named",
            level="lenient",
            text=sentence.strip()[:200],
            by_label=False,
        )
        return
    start, sentence, named = per_sentence[-1]
    if len(named) == 1:
        yield Finding(
            indices=frozenset(named),
            position=start,
            rule="last_option_named",
            level="lenient",
            text=sentence.strip()[:200],
            by_label=False,
        )


def whole_text(surface: Surface, options: Options, *, run: bool) -> Iterator[Finding]:
    """A short response that is nothing but an answer."""
    text = surface.text.strip()
    if text and len(text) <= 300 and "\n" not in text:
        equal = equal_option(text, options)
        labels = read_labels(surface.flat, len(surface.flat) - len(surface.flat.lstrip()), options, run=run)
        if equal is not None and not (labels and labels.certain and not surface.flat[labels.end :].strip(" .")):
            yield Finding(
                indices=frozenset({equal}), position=0, rule="whole", level="explicit", text=text, by_label=False
            )
            return
        if len(text) <= 12:
            read = read_short(text, options, run=run)
            if read and read[0] and read[1]:
                yield Finding(indices=read[0], position=0, rule="whole", level="explicit", text=text)
