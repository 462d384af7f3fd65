"""Reading a short stated answer: what stands in a box, in an answer tag, after "the answer is", or alone on a line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.verifiers.choices.findings import OUT_OF_RANGE, groups_of
from reward_service.verifiers.choices.labels import Labels, read_labels
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.choices.page import Page, page_of
from reward_service.verifiers.choices.texts import equal_option, mentioned_options
from reward_service.verifiers.choices.vocabulary import EXCLUDING

MAX_ANSWER_CHARACTERS = 400

# What may stand between "the answer is" and the label itself.
_FILLER = re.compile(
    r"(?:[\s*_\"'`:\-–—>→=~#|]|\\(?![A-Za-z])|(?:the|option|choice|answer|letter|alternative|definitely|clearly|therefore"
    r"|thus|likely|most|probably|simply|just|indeed|actually|either|both|only|also|number|correct|final|following|one"
    r"|labell?ed|marked|obviously|in|fact|certainly|surely|for|sure|hence|so|best|represented|given|shown|by|as|is"
    r"|选项|选|为|是|应|该|第)(?![A-Za-z])){0,24}",
    re.IGNORECASE,
)
_PICTURE_NOUN = re.compile(
    r"(?:\s|\b(?:the|a|an|in|of|on|at|with|by|is|image|picture|figure|fig|graph|diagram|shape|point|curve|line|region"
    r"|area|structure|view|path|drawing|pattern|plot|panel|photo|card|piece|tile|cube|box|net|letter|label|labell?ed"
    r"|marked|arrow|position|location|part|group|set|map|table|bike|bicycle|bulb|option|number|column|row|circuit"
    r"|molecule|compound|state|stage|step|object|square|circle|triangle|symbol|sign|chart|model|student|person|team"
    r")\b\.?){1,8}",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(
    r"\n|(?<!\b[Nn]o)(?<!\b[Ff]ig)(?<!\b[Dd]r)[.!?](?=\s|$|[A-Z\"')])|[。！？;；]|,\s(?=(?:but|because|since|as|which|so)\b)"
)
_ORDINALS = {
    word: place
    for place, names in enumerate(
        ("first 1st one", "second 2nd two", "third 3rd three", "fourth 4th four", "fifth 5th five", "sixth 6th six",
         "seventh 7th seven", "eighth 8th eight", "ninth 9th nine", "tenth 10th ten")
    )
    for word in names.split()
}  # fmt: skip
_ORDINAL = re.compile(
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
    r"[\s*_\"')\]]{0,6}(?:is|are|was|seems|would\s+be|can)?\s{0,3}(?:not|n't|incorrect|wrong|false|invalid|unlikely"
    r"|eliminated|ruled\s+out|不正确|错误|错|不对|不符)\b",
    re.IGNORECASE,
)
# A label in brackets after the answer's text: "145° (C)", "3 (option C)".
_BESIDE = re.compile(r"\(\s?(?:(?:option|choice|answer)\s)?([A-Z])\s?\)", re.IGNORECASE)
_EQUALS = re.compile(r"=|≈|\\approx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A short answer as read: the options it names (none: it is no option), whether by label, and the text read."""

    indices: frozenset[int]
    by_label: bool
    text: str


def sentence_end(text: str, start: int, limit: int = MAX_ANSWER_CHARACTERS) -> int:
    """Where the sentence that starts at `start` ends, at most `limit` characters on."""
    stop = min(len(text), start + limit)
    match = _SENTENCE_END.search(text, start, stop)
    return match.start() if match else stop


def read_short(text: str, options: Options, *, several: bool) -> Read | None:
    """As `read_at`, for a short text of its own: the content of a box or of an answer tag."""
    page = page_of(text[:MAX_ANSWER_CHARACTERS].strip(), options, several=several)
    if not page.flat.strip():
        return None
    equal = equal_option(page.text, options)
    start = len(page.flat) - len(page.flat.lstrip())
    labels = read_labels(page.flat, start, options, several=several)
    only_label = (
        labels is not None and OUT_OF_RANGE not in labels.indices and labels.end >= len(page.flat.rstrip(" .}"))
    )
    if equal is not None and not only_label:
        return Read(indices=frozenset({equal}), by_label=False, text=page.text)
    return read_at(page, 0)


def read_at(page: Page, position: int) -> Read | None:
    """The answer stated at `position`, or None if nothing can be read there. A negated one is passed over."""
    flat, options = page.flat, page.options
    start = _end_of(_FILLER, flat, position)
    end = sentence_end(flat, start)
    if _NOT.match(flat, start) and equal_option(page.text[start:end], options) is None:
        instead = _BUT.search(flat, start, end)
        return read_at(page, instead.end()) if instead else None
    labels = read_labels(flat, start, options, several=page.several)
    if labels is not None:
        settled = _settle_labels(page, start, end, labels)
        if settled is not None:
            return settled
    place = ordinal_at(flat, position, options)
    if place is not None:
        return Read(indices=frozenset({place[0]}), by_label=True, text=flat[position : place[1]].strip())
    return _read_text(page, position, end)


def ordinal_at(flat: str, position: int, options: Options) -> tuple[int, int] | None:
    """(option, end) of "the third option" or "option 3" at `position`."""
    match = _ORDINAL.match(flat, position)
    if match is None:
        return None
    word = (match["ordinal"] or match["number"]).lower()
    digits = word.removesuffix("th")
    place = _ORDINALS.get(word, int(digits) - 1 if digits.isdigit() else -1)
    return (options.group_of(place), match.end()) if 0 <= place < len(options) else None


def _end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _settle_labels(page: Page, start: int, end: int, labels: Labels) -> Read | None:
    """What labels at the head of an answer say, the rest of the sentence considered; None: they are no labels here."""
    options = page.options
    segment = page.text[start:end]
    whole = equal_option(segment, options)
    as_text = None if whole is None else Read(indices=frozenset({whole}), by_label=False, text=segment.strip())
    as_label = Read(
        indices=groups_of(labels.indices, options), by_label=True, text=page.text[start : labels.end].strip()
    )
    if len(labels.distinct) > 1:
        if as_text is not None:  # an option's own text is "A and B"
            return as_text
        meant = _option_of_options(options, labels.distinct)
        return as_label if meant is None else Read(indices=frozenset({meant}), by_label=False, text=segment.strip())
    if _LABEL_DENIED.match(page.flat, labels.end):
        return None
    if as_text is not None and (OUT_OF_RANGE in labels.indices or not labels.certain):
        return as_text
    if not labels.certain:
        return as_label if _followed_by_own_text(page, labels, end) else None
    longer = len(options.tokens(segment)) > 1
    if as_text is not None and as_text.indices != as_label.indices and not labels.bracketed and longer:
        return as_text  # an option's text that begins like a label: "I and III"
    return as_label


def _followed_by_own_text(page: Page, labels: Labels, end: int) -> bool:
    """ "A ruptured ulcer" where that, or "ruptured ulcer", is the text of option A."""
    own = labels.indices[0]
    if own == OUT_OF_RANGE or not page.options.items[own].words:
        return False
    return equal_option(page.text[labels.end : end], page.options) == page.options.group_of(own)


def _option_of_options(options: Options, indices: frozenset[int]) -> int | None:
    """The one option that speaks of just these others, as "both A and B" does."""
    labels = {options.items[index].label.casefold() for index in indices if index != OUT_OF_RANGE}
    found = [
        item.group
        for item in options.items
        if not item.bare
        and labels == {word.casefold() for word in item.words if len(word) == 1 and word.isalpha()}
        and not EXCLUDING & set(item.words)
    ]
    return found[0] if len(found) == 1 else None


def _read_text(page: Page, start: int, end: int) -> Read | None:
    """An answer stated by an option's text or value; several options named are all of them."""
    options = page.options
    whole = page.text[start:end].strip(" \t\n:*_")
    if not whole:
        return None
    flat = page.flat[start:end]
    equal = equal_option(whole, options)
    if equal is not None:
        return Read(indices=frozenset({equal}), by_label=False, text=whole)
    beside = {place for match in _BESIDE.finditer(flat) if (place := options.find_label(match[1])) is not None}
    if len(beside) == 1:
        return Read(indices=groups_of(frozenset(beside), options), by_label=True, text=whole)
    named = mentioned_options(options.tokens(whole), options)
    if named:
        return Read(indices=frozenset(named), by_label=False, text=whole)
    if options.mostly_bare and (noun := _PICTURE_NOUN.match(flat)):
        labels = read_labels(flat, noun.end(), options)
        if labels is not None and labels.certain:
            return Read(indices=groups_of(labels.indices, options), by_label=True, text=whole)
    value = _after_equals(whole, options)
    return Read(indices=frozenset() if value is None else frozenset({value}), by_label=False, text=whole)


def _after_equals(whole: str, options: Options) -> int | None:
    """The option equal to what follows the last equals sign: "x = 0.5" names the option 1/2."""
    last = None
    for match in _EQUALS.finditer(whole):
        last = match
    return equal_option(whole[last.end() :], options) if last else None
