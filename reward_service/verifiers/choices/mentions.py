"""Weaker signs of an answer, used when nothing is stated outright: a label or an option's text that simply stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reward_service.verifiers.choices.answers import ORDINAL, ordinal_place, read_short
from reward_service.verifiers.choices.clauses import is_question, main_clause, predicate, sentences, without_reasons
from reward_service.verifiers.choices.findings import Finding
from reward_service.verifiers.choices.labels import OUT_OF_RANGE, read_labels
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.choices.polarity import answered, polar_options
from reward_service.verifiers.choices.statements import is_denied
from reward_service.verifiers.choices.surface import Surface
from reward_service.verifiers.choices.texts import equal_option, mentioned_options, named_values

_CONCLUSION = re.compile(
    r"[\s*_#>-]*(?:therefore|thus|hence|so|in conclusion|overall|in summary|consequently|finally|accordingly|as a result|综上|所以|因此|故)\b",
    re.IGNORECASE,
)
_SHORT_CHARACTERS = 400
_DIRECT_CHARACTERS = 2_000
_NEAR_THE_END = 4
_GIVES_UP = re.compile(
    r"\bnone\s+of\s+(?:the|these|those)\b|\b(?:cannot|can't|can\s+not|could\s+not|couldn't|not\s+possible\s+to|impossible\s+to|unable"
    r"\s+to|not\s+able\s+to|unclear\s+how\s+to)\s+(?:be\s+)?(?:\w+ly\s+)?(?:determine|answer|provide|identify|tell|say|select|choose|view|see"
    r"|assist|help|solve|calculate|conclude|assess|analy[sz]e|decide)\w*|\bnot\s+(?:listed|among|one\s+of)\b|\bnot\s+enough\s+information"
    r"|\binsufficient\s+information|\bi\s+(?:will|do)\s+not\s+(?:select|choose|know)|无法确定|不能确定|无法判断",
    re.IGNORECASE,
)
_POINTED = re.compile(
    r"\b(?:is|as|by|in|at|with|figure|fig\.|image|picture|graph|diagram|shape|point|option|label|labell?ed|marked|letter|structure|part"
    r"|region|area|view|panel|drawing|pattern|curve|line|path|arrow|choice)\s{1,3}[\"'*(]{0,3}(?=[A-Z]\b)",
    re.IGNORECASE,
)
_LABEL_PREFIX = re.compile(
    r"[\s*_#>:.\"'-]{0,400}(?:(?:option|choice|answer|letter|选项)\b[\s:*_\"']{0,6})?", re.IGNORECASE
)
_ENDING = re.compile(
    r"(?:=|→|->|⇒|:|\b(?:get|gets|is|gives?|so|therefore|thus|hence|mark|choose|pick|select|answer|option|choice)\b)\s{0,6}[(\"'*]{0,3}"
    r"(?P<label>[A-Z])[)\"'*.\s]{0,6}\Z"
)
_BRACKETED = re.compile(r"(?<![A-Za-z0-9_])\(\s?([A-Za-z])\s?\)")
_LEADING_WORD = re.compile(r"[\s\"'(*_]{0,6}([^\n,.;:!\-–—]{1,120}?)[\s\"')*_]{0,6}(?:[,.;:!\n–—]|\s-\s|$)")


def leading(surface: Surface, options: Options, *, run: bool) -> Iterator[Finding]:
    """A response that begins with a label or with an option's text: "(C) 145°", "C. Paris", "Yes, because"."""
    flat = surface.flat
    start = _LABEL_PREFIX.match(flat).end()  # type: ignore[union-attr]
    labels = read_labels(flat, start, options, run=run)
    unknown = labels is not None and OUT_OF_RANGE in labels.indices
    if unknown and (named := equal_option(surface.text, options)) is not None:
        yield Finding(
            indices=frozenset({named}),
            position=0,
            rule="leading_text",
            level="explicit",
            text=flat.strip(),
            by_label=False,
        )
        return
    if labels is not None and labels.certain and not _listing(flat, options):
        rest = flat[labels.end : labels.end + 3]
        plain = rest.strip(" *_\"'")[:1]
        if is_denied(flat, labels.end):
            return
        if labels.bracketed or not flat[labels.end :].strip() or plain in (".", ":", ",", ")", "\n", "-", ""):
            groups = frozenset(i if i == OUT_OF_RANGE else options.group_of(i) for i in labels.indices)
            yield Finding(indices=groups, position=0, rule="leading", level="explicit", text=flat[start : labels.end])
            return
    ordinal = ORDINAL.match(flat, start) or ORDINAL.match(flat)
    place = ordinal_place(ordinal) if ordinal else None
    if ordinal and place is not None and place < len(options) and not flat[ordinal.end() :].strip(" .!*"):
        yield Finding(
            indices=frozenset({options.group_of(place)}),
            position=0,
            rule="leading",
            level="explicit",
            text=ordinal[0].strip(),
        )
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


def is_cut_off(text: str) -> bool:
    """Whether a long response stops in the middle of a sentence."""
    return len(text) > _SHORT_CHARACTERS and text.rstrip()[-1:] not in ".!?。！？)]}*`\"'$|"


def gives_up(text: str, options: Options) -> bool:
    """Whether the response ends saying that it cannot answer or that no option is right, and no option says so."""
    match = _GIVES_UP.search(text, max(0, len(text) - 600))
    return match is not None and not any(_GIVES_UP.search(item.text) for item in options.items)


def restated(surface: Surface, options: Options, question: str) -> Iterator[Finding]:
    """A yes/no question answered by a sentence that repeats it."""
    polar = polar_options(options)
    if polar is None or not question:
        return
    verdict = answered(question, surface.text)
    if verdict is not None:
        place = polar[0] if verdict else polar[1]
        yield Finding(
            indices=frozenset({options.group_of(place)}),
            position=0,
            rule="restated_question",
            level="lenient",
            text=surface.text.strip()[:200],
            by_label=False,
        )


def last_line(surface: Surface, options: Options, *, run: bool) -> Iterator[Finding]:
    """A last line that is a label or an option and nothing else."""
    line_start = surface.flat.rstrip().rfind("\n") + 1
    line = surface.text[line_start:].strip()
    if not line or len(line) > 200:
        return
    flat = surface.flat[line_start:]
    head = _LABEL_PREFIX.match(flat).end()  # type: ignore[union-attr]
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


def ending(surface: Surface, options: Options) -> Iterator[Finding]:
    """A label as the very last word, after a word or sign that concludes: "so we get D.", "5√3 = D"."""
    match = _ENDING.search(surface.flat, max(0, len(surface.flat.rstrip()) - 60))
    place = options.find_label(match["label"]) if match else None
    if match and place is not None:
        yield Finding(
            indices=frozenset({options.group_of(place)}),
            position=match.start(),
            rule="ending",
            level="lenient",
            text=match[0].strip(),
        )


def _own_text(indices: tuple[int, ...], rest: str, options: Options) -> bool:
    if len(indices) != 1 or indices[0] == OUT_OF_RANGE:
        return False
    return equal_option(rest, options) == options.group_of(indices[0])


def _listing(flat: str, options: Options) -> bool:
    """Whether the response goes through the options one a line, so that its first label is no answer."""
    heads = re.findall(r"(?:^|\n|[.;] )[ \t*_#>-]{0,8}(?:option\s+)?\(?([A-Z])[).:]", flat[:4000], re.IGNORECASE)
    return len({head.upper() for head in heads}) >= 2


def bracketed_labels(surface: Surface, options: Options) -> Iterator[Finding]:
    """The last sentence that has labels in brackets, if they agree: "the length is (D) 5 cm"."""
    if options.style != "letter":
        return
    for start, sentence in reversed(sentences(surface.flat)[-_NEAR_THE_END:]):
        found = [match for match in _BRACKETED.finditer(sentence) if options.find_label(match[1]) is not None]
        if not found:
            continue
        places = {options.group_of(place) for match in found if (place := options.find_label(match[1])) is not None}
        yield Finding(
            indices=frozenset(places), position=start, rule="bracketed", level="lenient", text=sentence.strip()[:200]
        )
        return


def shown_labels(surface: Surface, options: Options) -> Iterator[Finding]:
    """For options that are pictures or bare letters: the one letter the last sentence with letters points at."""
    if not options.mostly_bare or options.style != "letter":
        return
    for start, sentence in reversed(sentences(surface.flat)[-_NEAR_THE_END:]):
        if is_question(sentence):
            continue
        places = set()
        for match in _POINTED.finditer(sentence):
            labels = read_labels(sentence, match.end(), options)
            if labels is not None and labels.certain and OUT_OF_RANGE not in labels.indices:
                places |= {options.group_of(index) for index in labels.indices}
        if places:
            yield Finding(
                indices=frozenset(places),
                position=start,
                rule="shown_label",
                level="lenient",
                text=sentence.strip()[:200],
            )
            return


def named_texts(surface: Surface, options: Options) -> Iterator[Finding]:
    """The option a response names by its text or value, judged by what its sentences assert.

    Options in words: the only one named at all, else the one of the last concluding sentence, else the one of the
    first sentence that names just one. Numbers and formulas stand everywhere in a derivation, so for them only a
    concluding or the last sentence counts, and in it what stands after "is" or "=".
    """
    found = [entry for entry in sentences(surface.text) if not is_question(entry[1])]
    if not found:
        return
    found = found[:30] + found[30:][-30:]
    wordy = any(item.wordy for item in options.items)
    naming = []
    for place, (start, sentence) in enumerate(found):
        ends = place == len(found) - 1
        concludes = bool(_CONCLUSION.match(sentence))
        named = _asserted_texts(sentence, options) if wordy else {}
        if not named and (ends or concludes):
            named = _asserted_values(sentence, options)
        if not named and place == 0:
            named = _plainly_stated(sentence, options)
        if named:
            naming.append((start, sentence, named, concludes))
    if not naming:
        return
    total = {group for _, _, named, _ in naming for group in named}
    single = [entry for entry in naming if len(entry[2]) == 1]
    if len(total) == 1:
        chosen, rule = naming[-1], "only_option_named"
    elif concluding := [entry for entry in single if entry[3]]:
        chosen, rule = concluding[-1], "conclusion_names"
    elif single and len(surface.text) <= _DIRECT_CHARACTERS:
        chosen, rule = single[0] if wordy else single[-1], "first_option_named"
    else:
        return
    start, sentence, named, _ = chosen
    yield Finding(
        indices=frozenset(named),
        position=start,
        rule=rule,
        level="lenient",
        text=sentence.strip()[:200],
        by_label=False,
    )


def _plainly_stated(sentence: str, options: Options) -> dict[int, int]:
    """What a first sentence says when its predicate is an option and nothing else: "The length is 3 cm." """
    clause = main_clause(sentence)
    value = predicate(clause)
    equal = equal_option(value, options) if value != clause else None
    return {} if equal is None else {equal: 0}


def _asserted_texts(sentence: str, options: Options) -> dict[int, int]:
    """Options in words that the main clause names, else the whole sentence; of several, the one it ends on."""
    for part in (main_clause(sentence), without_reasons(sentence)):
        named = _wordy(mentioned_options(options.tokens(part), options), options)
        if len(named) > 1:
            said = _wordy(mentioned_options(options.tokens(predicate(part)), options), options)
            named = said if len(said) == 1 else named
        if named:
            return named
    return {}


def _wordy(named: dict[int, int], options: Options) -> dict[int, int]:
    return {group: place for group, place in named.items() if options.items[group].wordy}


def _asserted_values(sentence: str, options: Options) -> dict[int, int]:
    tokens = options.tokens(predicate(main_clause(sentence)))
    return named_values(tokens, options) or mentioned_options(tokens, options)


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
