"""Reading option labels in prose: "(C)", "C.", "option c", "B and D", but not the article "A", the pronoun "I", "5 A".

`read_labels` looks at one place only; which places count is for the rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.verifiers.choices.findings import OUT_OF_RANGE
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.choices.vocabulary import AFTER_LABEL, AFTER_PRONOUN

_LETTER = re.compile(
    r"(?P<open>[(\[{<]{1,2}\s{0,4})?(?P<label>[A-Za-z])(?P<close>\s{0,4}[)\]}>]{1,2})?"
    r"(?![A-Za-z0-9À-ɏ]|_[A-Za-z0-9{]|'[A-Za-rt-z])"
)
_NUMBER = re.compile(r"(?P<open>[(\[{<]\s{0,4})?(?P<label>\d{1,2})(?P<close>\s{0,4}[)\]}>])?(?![A-Za-z0-9_]|[.,]\d)")
_ROMAN = re.compile(r"(?P<open>[(\[{<]\s{0,4})?(?P<label>[ivxIVX]{1,5})(?P<close>\s{0,4}[)\]}>])?(?![A-Za-z0-9_])")
_BY_STYLE = {"letter": _LETTER, "number": _NUMBER, "roman": _ROMAN}

_OPERATOR_AFTER = re.compile(
    r"\s{0,3}(?:[=+×^<≤≥≠∪∩∈²³]|\*(?=\s?[A-Za-z0-9(])|/(?!\s?[A-Z](?![A-Za-z0-9]))|>(?!\s{0,3}\Z)|\\[a-z]"
    r"|_[A-Za-z0-9{])|-[A-Za-z0-9(]"
)
_WORD_AFTER = re.compile(r"[ \t]{1,3}([A-Za-z][A-Za-z'-]*)")
_UNIT_AFTER = re.compile(
    r"\s{0,2}(?:°|%|[cmk]?m\b|[mk]?g\b|degrees?\b|inch|feet|ft\b|units?\b|years?\b|dollars?\b|cubic|square|hours?\b)"
)
_JOINT = re.compile(
    r"\s{0,16}(?P<word>,?\s{0,3}\band/or\b|,?\s{0,3}\band\b|,?\s{0,3}\bor\b|,|/|&|;|\+|、|和|或|及|与)\s{0,16}"
    r"(?:(?:also|possibly|maybe|perhaps|either|both|the|option|choice|answer|选项)s?\s{1,4}){0,3}",
    re.IGNORECASE,
)
_JUXTAPOSED = re.compile(r"[.,:]?\s{0,3}(?=[(\[]\s{0,3}[A-Za-z]\s{0,3}[)\]])")
_RUN = re.compile(r"[A-Z]{2,10}(?![A-Za-z0-9_])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Labels read at one place: option places in order (OUT_OF_RANGE for a letter that labels nothing), and the end.

    `certain` is False for a bare "A" or "I" that could be a word; `bracketed` says the first one stood in brackets.
    """

    indices: tuple[int, ...]
    end: int
    certain: bool
    bracketed: bool

    @property
    def distinct(self) -> frozenset[int]:
        """The different options named."""
        return frozenset(self.indices)


def label_pattern(options: Options) -> re.Pattern[str]:
    """The pattern of one label token in the options' style, without a left boundary."""
    return _BY_STYLE[options.style]


def read_labels(flat: str, position: int, options: Options, *, several: bool = False) -> Labels | None:
    """The label or labels that start exactly at `position`, else None.

    `several` also takes "ACD" as the labels A, C and D, which only a question with several right options allows.
    """
    if several and options.style == "letter":
        together = _RUN.match(flat, position)
        if together:
            places = [options.find_label(letter) for letter in together[0]]
            if None not in places and len(set(places)) == len(places):
                return Labels(
                    indices=tuple(place for place in places if place is not None),
                    end=together.end(),
                    certain=True,
                    bracketed=False,
                )
    first = _read_one(flat, position, options)
    if first is None:
        return None
    index, end, certain, bracketed = first
    indices = [index]
    for _ in range(12):
        following = _read_next(flat, end, options)
        if following is None:
            break
        indices.append(following[0])
        end = following[1]
        certain = True
    return Labels(indices=tuple(indices), end=end, certain=certain, bracketed=bracketed)


def _read_one(flat: str, position: int, options: Options) -> tuple[int, int, bool, bool] | None:
    """(option or OUT_OF_RANGE, end, certain, bracketed) of one label token at `position`."""
    match = label_pattern(options).match(flat, position)
    if match is None:
        return None
    label = match["label"]
    opened, closed = bool(match["open"]), bool(match["close"])
    place = options.find_label(label)
    end = match.end()
    if opened and not closed:
        end = match.end("label")
    if closed:
        if place is None and (options.style != "letter" or label.islower()):
            return None
        return (OUT_OF_RANGE if place is None else place), end, True, True
    if options.style != "letter":
        if place is None or _UNIT_AFTER.match(flat, end) or _OPERATOR_AFTER.match(flat, end):
            return None
        return place, end, True, False
    if _OPERATOR_AFTER.match(flat, end):
        return None
    if label.islower() and not _ends_here(flat, end):
        return None
    certain = True
    if label in "AaI":
        certain = _not_a_word(flat, end, label)
        if not certain and label != "A":
            return None
    if place is None:
        return (OUT_OF_RANGE, end, certain, False) if label.isupper() else None
    return place, end, certain, False


def _ends_here(flat: str, end: int) -> bool:
    """Whether only punctuation or the end of the line follows, as after a lower-case label."""
    rest = flat[end : end + 8].lstrip(" ")
    return not rest or rest[0] in "\n.,;:)]}\"'"


def _not_a_word(flat: str, end: int, label: str) -> bool:
    """Whether "A" or "I" here is a label: no noun after the article, no verb after the pronoun."""
    word = _WORD_AFTER.match(flat, end)
    if word is None:
        return True
    return word[1] in AFTER_LABEL and not (label == "I" and word[1] in AFTER_PRONOUN)


def _read_next(flat: str, end: int, options: Options) -> tuple[int, int] | None:
    """A further label after a joint ("or", ",", "and") or in brackets of its own right after."""
    joint = _JOINT.match(flat, end)
    if joint:
        found = _read_one(flat, joint.end(), options)
        if found and found[2] and found[0] != OUT_OF_RANGE:
            index, after, _, bracketed = found
            word = joint["word"].strip()
            # "C, A is wrong": after a comma only a label that ends its clause continues the list
            if bracketed or word not in (",", ";") or _ends_here(flat, after) or _JOINT.match(flat, after):
                return index, after
        return None
    beside = _JUXTAPOSED.match(flat, end)
    if beside:
        found = _read_one(flat, beside.end(), options)
        texts = {item.text for item in options.items}
        if (
            found
            and found[0] != OUT_OF_RANGE
            and _ends_here(flat, found[1])
            and flat[beside.end() : found[1]].strip() not in texts
        ):
            return found[0], found[1]
    return None
