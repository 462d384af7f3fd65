"""A label chosen or affirmed: "I choose (C)", "option C is correct", "so (B).", "it must be D", "both A and B are".

Each rule yields Findings in any order; which one counts is decided in decision.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reward_service.verifiers.choices.findings import Finding
from reward_service.verifiers.choices.labels import Labels, read_labels
from reward_service.verifiers.choices.page import Page
from reward_service.verifiers.choices.statements import MAX_CUES, is_denied, is_negated, label_finding

# All but the last two are matched in lower case.
_CHOOSE = re.compile(
    r"\b(?:(?P<choose>choose|select|pick|go\s+with|opt\s+for|going\s+with|chose|selecting|choosing|mark)|matches|match\s+with"
    r"|matches\s+with|corresponds\s+to|corresponding\s+to)\b\s*(?:\s|the|option|choice|answer|letter|[*_\"':]){0,8}"
)
_IT_IS = re.compile(
    r"\b(?:it's|it\s+is|it\s+(?:must|should|would|has\s+to|could\s+only|can\s+only)\s+be|that's|that\s+is"
    r"|leaves(?:\s+us\s+with)?|leaving|(?:i|we)(?:'d|\s+would|\s+will|'ll)?\s+(?:say|guess|answer|go\s+for|choose|pick))\s{1,3}"
    r"(?:only\s|just\s|definitely\s|likely\s|probably\s|option\s|choice\s|answer\s|letter\s){0,3}[*_\"']{0,3}"
)
_CORRECT_THING = re.compile(
    r"(?<!not )\b(?:correct|right|missing|matching|odd)\s+(?:[a-z]+\s+){1,2}?"
    r"(?:is|would\s+be|must\s+be|should\s+be)\s?:?\s{1,3}"
    r"(?:therefore\s|likely\s|option\s|choice\s|answer\s|letter\s|figure\s|image\s|picture\s){0,3}[*_\"']{0,3}"
)
_SO = re.compile(
    r"(?:\b(?:so|thus|hence|therefore|consequently|accordingly|conclusion)\b|∴|=>|⇒|→|->)[\s,:*_\"']{0,6}"
    r"(?:the\s|option\s|choice\s|answer\s|letter\s|is\s){0,3}[*_\"']{0,3}"
)
_BOTH = re.compile(
    r"\b(?:both|either)\s{1,3}(?:options?\s|choices?\s|answers?\s)?|\b(?:options|choices|answers)\s{1,3}"
)
_ARE_CORRECT = re.compile(
    r"\s{1,3}(?:are|is|could\s+be|can\s+be|may\s+be|seem|would\s+be)\s(?:both\s|all\s|equally\s|the\s|possibly\s){0,3}"
    r"(?:correct|right|answers?\b|true|possible|valid|plausible)"
)
_SENTENCE_CLOSES = re.compile(r"[\s*_\"')]{0,4}(?:[.!;\n]|$)")
_CLAUSE_CLOSES = re.compile(r"[\s*_\"')]{0,4}(?:[.!;,\n]|$|because\b|since\b|as\b)")
_IS_CORRECT = re.compile(
    r"(?P<gap>[^.?!\n;]{0,120}?)\b(?:best\s+(?:fits|describes|matches|represents|explains|captures|illustrates|completes"
    r"|summari[sz]es|answers)\b|(?:is|are|was|be|as|seems|appears|represents)\s+(?:[a-z]+\s+){0,3}?"
    r"(?:correct|right(?=\s+(?:answer|option|choice|one)|[\s*_]*[.,;!\n]|[\s*_]*$)|answer|best\s+(?:answer|option|choice"
    r"|match|fit)|true\s+answer|most\s+(?:\w+\s+)?(?:likely|appropriate|accurate|suitable|plausible|reasonable)\b))"
)
# Matched as written: the label's case says whether it is one.
_SUBJECT = re.compile(
    r"(?:(?P<noun>\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer|[Ss]tatement|[Ii]mage|[Ff]igure|[Gg]raph|[Pp]icture|[Dd]iagram|[Ll]etter)"
    r"[\s*_\"']{1,5})[(\[]?|(?P<open>[(\[])|(?:^|(?<=[.!?:,] )|(?<=\b(?:so|is|So) ))[\s*_]{0,4})"
    r"(?P<label>[A-Za-z])\b[)\].:]?",
    re.MULTILINE,
)
_AUXILIARY = re.compile(r"\s*(?:(?:would|must|should|will|could|therefore|clearly|thus)\s+){0,2}")
_NAMES_OPTION = ("option", "choice", "answer", "letter")


def chosen(page: Page) -> Iterator[Finding]:
    """ "I choose (C)"; as a weaker statement, "this corresponds to C"."""
    for match in list(_CHOOSE.finditer(page.low))[-MAX_CUES:]:
        if is_negated(page.low[max(0, match.start() - 20) : match.start()]):
            continue
        labels = _labels(page, match.end())
        if labels is not None and not is_denied(page, labels.end):
            yield label_finding(page, labels, match.start(), "chosen" if match["choose"] else "matched")


def concluded(page: Page) -> Iterator[Finding]:
    """ "So (B).", "Thus C.", "∴ B": a label alone after a concluding word; "both A and B are correct"."""
    for match in list(_SO.finditer(page.low))[-MAX_CUES:]:
        labels = _labels(page, match.end())
        if labels is not None and _SENTENCE_CLOSES.match(page.low, labels.end):
            yield label_finding(page, labels, match.start(), "concluded")
    for match in list(_BOTH.finditer(page.low))[-MAX_CUES:]:
        labels = read_labels(page.flat, match.end(), page.options)
        if labels is not None and len(labels.distinct) > 1 and _ARE_CORRECT.match(page.low, labels.end):
            yield label_finding(page, labels, match.start(), "affirmed")


def pointed(page: Page) -> Iterator[Finding]:
    """ "I think it's B", "so it must be (D)", "the missing piece is C": a label that ends its clause."""
    for match in [*list(_IT_IS.finditer(page.low))[-MAX_CUES:], *list(_CORRECT_THING.finditer(page.low))[-MAX_CUES:]]:
        labels = _labels(page, match.end())
        if labels is not None and (labels.bracketed or _CLAUSE_CLOSES.match(page.low, labels.end)):
            yield label_finding(page, labels, match.start(), "pointed")


def affirmed(page: Page) -> Iterator[Finding]:
    """ "Option C is correct", "(C) is the right answer"."""
    if page.options.style != "letter":
        return
    for match in list(_SUBJECT.finditer(page.flat))[-2 * MAX_CUES :]:
        predicate = _IS_CORRECT.match(page.low, match.end())
        if predicate is None or is_negated(page.low[match.start() : predicate.end()]):
            continue
        found = _affirmed_label(page, match, predicate)
        if found is not None:
            yield found


def _affirmed_label(page: Page, match: re.Match[str], predicate: re.Match[str]) -> Finding | None:
    noun = (match["noun"] or "").lower().strip(" *_\"'")
    place = page.options.find_label(match["label"])
    named = bool(noun or match["open"])
    if place is None or (match["label"].islower() and not named):
        return None
    if noun and noun not in _NAMES_OPTION and not page.options.mostly_bare:
        return None
    if match["label"] in "AI" and not named and not _AUXILIARY.fullmatch(predicate["gap"]):
        return None  # "A cell is the best ..." is no label
    labels = Labels(indices=(place,), end=match.end(), certain=True, bracketed=bool(match["open"]))
    return label_finding(page, labels, match.start(), "affirmed")


def _labels(page: Page, position: int) -> Labels | None:
    labels = read_labels(page.flat, position, page.options, several=page.several)
    return labels if labels is not None and labels.certain else None
