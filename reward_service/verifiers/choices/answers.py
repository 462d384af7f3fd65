"""Reading a short stated answer: what stands in a box, in an answer tag, after "the answer is", or alone on a line."""

from __future__ import annotations

import re

from reward_service.verifiers.choices.labels import OUT_OF_RANGE, Labels, read_labels
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.choices.surface import flatten
from reward_service.verifiers.choices.texts import equal_option, equal_tokens, mentioned_options

MAX_ANSWER_CHARACTERS = 400

# What may stand between "the answer is" and the label itself.
_FILLER = re.compile(
    r"(?:[\s*_\"'`:\-–—>→=~#|]|\\(?![A-Za-z])|(?:the|option|choice|answer|letter|alternative|definitely|clearly|therefore"
    r"|thus|likely|most|probably|simply|just|indeed|actually|either|both|only|also|number|correct|final|following|one"
    r"|labell?ed|marked|indeed|obviously|in|fact|certainly|surely|for|sure|hence|so|best|represented|given|shown|by|as"
    r"|选项|选|为|是|应|该|第)(?![A-Za-z])){0,24}",
    re.IGNORECASE,
)
_PICTURE_NOUN = re.compile(
    r"(?:\s|\b(?:the|a|an|in|of|on|at|with|by|is|image|picture|figure|fig|graph|diagram|shape|point|curve|line|region|area"
    r"|structure|view|path|drawing|pattern|plot|panel|photo|card|piece|tile|cube|box|net|letter|label|labell?ed|marked"
    r"|arrow|position|location|part|group|set|map|table|bike|bicycle|bulb|option|number|column|row|circuit|molecule"
    r"|compound|state|stage|step|object|square|circle|triangle|symbol|sign|chart|model|student|person|team|number)\b\.?"
    r"){1,8}",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"\n|[.!?](?=\s|$|[A-Z\"')])|[。！？;；]|,\s(?=(?:but|because|since|as|which|so)\b)")
_ORDINALS = {
    word: place
    for place, words in enumerate(
        ("first 1st one", "second 2nd two", "third 3rd three", "fourth 4th four", "fifth 5th five", "sixth 6th six",
         "seventh 7th seven", "eighth 8th eight", "ninth 9th nine", "tenth 10th ten")
    )
    for word in words.split()
}  # fmt: skip
ORDINAL = re.compile(
    r"\s*(?:the\s+)?(?:(?P<ordinal>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|\dth)\s+"
    r"(?:option|choice|answer|alternative)|(?:option|choice|answer|alternative)\s*(?:number|no\.?|#)?\s*"
    r"(?P<number>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten))\b(?!\s*[%°./]\d)",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"[\s*_\"']*(?:not|never|neither|none\s+of|cannot|can't|isn't|unlikely|incorrect|wrong|false|invalid|eliminated|不是?)\b",
    re.IGNORECASE,
)
_BUT = re.compile(r"\bbut\b(?:\s+(?:rather|instead|is|it\s+is|it's))?\s|而是", re.IGNORECASE)
_LABEL_DENIED = re.compile(
    r"[\s*_\"')\]]{0,6}(?:is|are|was|seems|would\s+be|can)?\s{0,3}(?:not|n't|incorrect|wrong|false|invalid|unlikely|eliminated|"
    r"ruled\s+out|不正确|错误|错|不对|不符)\b",
    re.IGNORECASE,
)


def sentence_end(text: str, start: int, limit: int = MAX_ANSWER_CHARACTERS) -> int:
    """Where the sentence that starts at `start` ends, at most `limit` characters on."""
    stop = min(len(text), start + limit)
    match = _SENTENCE_END.search(text, start, stop)
    return match.start() if match else stop


def read_at(
    text: str, flat: str, position: int, options: Options, *, run: bool
) -> tuple[frozenset[int], bool, str] | None:
    """The answer stated at `position`: (options, read by label, the text read), or None if nothing can be read there.

    Empty options mean that something was stated that is no option.
    """
    start = _FILLER.match(flat, position).end()  # type: ignore[union-attr]
    end = sentence_end(flat, start)
    segment = text[start:end]
    if _NOT.match(flat, start) and equal_option(segment, options) is None:
        instead = _BUT.search(flat, start, end)
        return read_at(text, flat, instead.end(), options, run=run) if instead else None
    labels = read_labels(flat, start, options, run=run)
    if labels is not None:
        settled = _settle_labels(text, flat, start, end, labels, options)
        if settled is not None:
            return settled
    ordinal = ORDINAL.match(flat, position)
    if ordinal:
        place = ordinal_place(ordinal)
        if place is not None and place < len(options):
            return frozenset({options.group_of(place)}), True, ordinal[0].strip()
    whole = text[position:end].strip(" \t\n:*_")
    return _read_text(whole, flat[position:end], options)


def ordinal_place(match: re.Match[str]) -> int | None:
    word = (match["ordinal"] or match["number"]).lower()
    if word in _ORDINALS:
        return _ORDINALS[word]
    digits = word.removesuffix("th")
    return int(digits) - 1 if digits.isdigit() and int(digits) > 0 else None


def _settle_labels(
    text: str, flat: str, start: int, end: int, labels: Labels, options: Options
) -> tuple[frozenset[int], bool, str] | None:
    """What labels at the head of an answer say, the rest of the sentence considered; None: they are no labels here."""
    shown = text[start : labels.end].strip()
    segment = text[start:end]
    whole = equal_option(segment, options)
    if len(labels.distinct) > 1:
        if whole is not None:  # an option's own text is "A and B"
            return frozenset({whole}), False, segment.strip()
        phrase = mentioned_options(options.tokens(segment), options)
        if len(phrase) == 1 and len(labels.distinct) > 1 and _quotes_labels(options, next(iter(phrase))):
            return frozenset(phrase), False, segment.strip()
        return frozenset(_group(index, options) for index in labels.indices), True, shown
    if _LABEL_DENIED.match(flat, labels.end):
        return None
    if OUT_OF_RANGE in labels.indices and whole is not None:
        return frozenset({whole}), False, segment.strip()
    if not labels.certain:
        if whole is not None:
            return frozenset({whole}), False, segment.strip()
        rest = options.tokens(text[labels.end : end])
        own = options.items[labels.indices[0]] if labels.indices[0] != OUT_OF_RANGE else None
        if own is not None and own.words and equal_tokens(rest, options) == own.group:
            return frozenset({own.group}), True, shown
        if own is not None and own.bare and options.mostly_bare and not mentioned_options(rest, options):
            return None
        return None
    if whole is not None and whole != _group(labels.indices[0], options) and not labels.bracketed:
        stated = options.items[whole]
        if len(stated.words) > 1 or not options.mostly_bare and stated.text.strip() == segment.strip(" .*"):
            # the text of an option that begins with a letter: "I and III"
            if len(options.tokens(segment)) > 1:
                return frozenset({whole}), False, segment.strip()
    return frozenset({_group(labels.indices[0], options)}), True, shown


def _quotes_labels(options: Options, group: int) -> bool:
    """Whether an option speaks of other options, as "both A and B" does."""
    words = options.items[group].words
    return any(len(word) == 1 and word.isalpha() for word in words)


def _group(index: int, options: Options) -> int:
    return index if index == OUT_OF_RANGE else options.group_of(index)


def _read_text(whole: str, flat: str, options: Options) -> tuple[frozenset[int], bool, str] | None:
    """An answer stated by an option's text or value."""
    if not whole:
        return None
    equal = equal_option(whole, options)
    if equal is not None:
        return frozenset({equal}), False, whole
    beside = {
        _group(place, options)
        for match in _BESIDE.finditer(flat)
        if (place := options.find_label(match[1])) is not None
    }
    if len(beside) == 1:
        return frozenset(beside), True, whole
    tokens = options.tokens(whole)
    named = mentioned_options(tokens, options)
    if len(named) == 1:
        return frozenset(named), False, whole
    if len(named) > 1:
        return frozenset(named), False, whole
    if options.mostly_bare:
        noun = _PICTURE_NOUN.match(flat)
        if noun:
            labels = read_labels(flat, noun.end(), options)
            if labels is not None and labels.certain:
                return frozenset(_group(index, options) for index in labels.indices), True, whole
    value_only = _last_value(whole, options)
    if value_only is not None:
        return frozenset({value_only}), False, whole
    return frozenset(), False, whole


# A label in brackets after the answer's text: "145° (C)", "3 (option C)".
_BESIDE = re.compile(r"\(\s?(?:(?:option|choice|answer)\s)?([A-Z])\s?\)", re.IGNORECASE)
_AFTER_EQUALS = re.compile(r"(?:=|≈|\\approx)")


def _last_value(whole: str, options: Options) -> int | None:
    """The option equal to what follows the last equals sign: "x = 0.5" names the option 1/2."""
    last = None
    for match in _AFTER_EQUALS.finditer(whole):
        last = match
    return equal_option(whole[last.end() :], options) if last else None


def read_short(text: str, options: Options, *, run: bool) -> tuple[frozenset[int], bool, str] | None:
    """As `read_at`, for a short text of its own: the content of a box or of an answer tag."""
    text = text[:MAX_ANSWER_CHARACTERS].strip()
    if not text:
        return None
    flat = flatten(text)
    equal = equal_option(text, options)
    labels = read_labels(flat, len(flat) - len(flat.lstrip()), options, run=run)
    offered = labels is not None and OUT_OF_RANGE not in labels.indices
    if equal is not None and not (offered and labels is not None and labels.end >= len(flat.rstrip(" .}"))):
        return frozenset({equal}), False, text
    return read_at(text, flat, 0, options, run=run)
