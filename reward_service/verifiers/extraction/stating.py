"""Which number of a sentence is stated as its result, from the words around each: "is 5", "= 5", "5 are left".

The question, where known, tells what is counted ("how many objects") and which numbers merely repeat what was given.
Weights are coarse on purpose: a stated result outweighs a mentioned number, and between equals the last one counts.
"""

from __future__ import annotations

import re

from reward_service.verifiers.extraction.cues import Cue, condition_before, cue
from reward_service.verifiers.extraction.numbers import Atom, atoms
from reward_service.verifiers.extraction.question import NOTHING_ASKED, Asked, stems
from reward_service.verifiers.extraction.view import View

# Of a sentence with more numbers and formulas than this only the last ones are weighed.
_WEIGHED = 80

_MARKS = "*_`\"'“”‘’"
_ENUMERATION = re.compile(r"[\s*_`]*(?:,|;|、|，|and|or|&|，?和|或|,\s?and|,\s?or|to|–|-|—)[\s*_`$]*")
_ASSIGNED = re.compile(r"[\s*_`]*(?:,|;|and|or|,\s?and|,\s?or)[\s*_`$(]*[a-z]\w{0,2}\s?=\s?[$]?")
_NOUNS = re.compile(r"[\s*_`]*[a-z]+(?: [a-z]+)?,?[\s*_`]+(?:and|or)[\s*_`$]+")
_AFTER_IS = re.compile(
    r"[\s*_`\"'”]*(?:[a-z%°]{1,14}[\s*_`]+)?(?:is|are|was|were|will be)\s+(?:the|our|your|my|a|an|left|remaining)\b"
)
# The left side of an equation is not what it comes to: "4*2 = 8 apples", "24 slices / 6 = 4".
# Possessive throughout: a sign of equality is none of the repeated characters, so giving any back cannot help.
_EQUATED = re.compile(
    r"(?:(?!(?:so|then|because|and|which|is|are|since|if|where|when|thus|therefore|that|as|but)\b)[a-z]{1,14}+(?![a-z])"
    r"|[\s\d.+\-−–*/×÷%$€()^²]++|,(?=\d)){0,20}+[=≈]"
)
_LEFTOVER = re.compile(r"[\s*_`]*(?:[a-z]+ ){0,3}(?:left|remain\w*|in total|in all|altogether|total)\b")
# "Total objects - 15" is an expression with a name in it, not the number 15.
_DERIVED = re.compile(r"[a-z)\x01]\s[-−–+*/×÷]\s*$|\b(?:minus|plus|times|divided by|multiplied by|subtract)\s$")
_DERIVING = frozenset("-−–+*/×÷")
_NEGATIVE = re.compile(r"\b(?:minus|negative)\s$")
_NAME = re.compile(r"[a-z]\w{0,3}\s?=\s?[$]?$")
_NONE_BEFORE = re.compile(r"\b(?:there (?:are|is|will be|would be)|leaves?(?: us with)?|leaving|left with|has|have)\s$")
_NONE_AFTER = re.compile(r"\s(?:[a-z]+\s){0,4}(?:left|remain\w*)\b")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_TIME_AFTER = re.compile(r"\s?(?:second|minute|hour|day|week|month|year)s?\b")
_MONEY_AFTER = re.compile(r"\s?[$€£¥₹元](?![\d\x01])|[%°]")
# "greater than 5" bounds the answer and does not give it; "at least 5" may, outside an announced answer, be what was
# asked for ("how many at least").
_THAN = (
    r"(?:(?:greater|less|more|fewer|larger|smaller|higher|lower|bigger|longer|shorter) than(?: or equal to)?|[<>≤≥]"
    r"|exceeds?)"
)
_STRICT_BOUND = re.compile(rf"{_THAN}[\s*_$]*$")
_BOUND = re.compile(
    rf"(?:{_THAN}|at least|at most|not|no more than|no less than|up to|over|under|above|below|anything but)[\s*_$]*$"
)
_ASIDE = re.compile(r",\s+(?:with|where|while|whereas|compared|including|as)\b")


def stated(
    view: View, start: int, end: int, *, asked: Asked = NOTHING_ASKED, announced: bool = False
) -> tuple[int, int, int] | None:
    """(start, end, weight) of what the stretch states as its number, or of the enumeration that number stands in.

    `announced` says that the stretch is an answer already, so that a number at its head is likely the answer. The
    weight says how plainly it is stated; 0 and less is a number merely mentioned. None without a number.
    """
    found = atoms(view, start, end)
    if len(found) > _WEIGHED:
        found = found[-_WEIGHED:]
    best, best_weight = -1, -50
    for index, atom in enumerate(found):
        weight = _weight(view, atom, start, end, asked)
        if announced and not view.masked[start : atom.outer_start].strip(" \n\t($" + _MARKS):
            weight += 3
        if best_weight >= Cue.STATED and _ASIDE.search(view.masked, found[best].outer_end, atom.outer_start):
            weight -= 3
        if weight >= best_weight:
            best, best_weight = index, weight
    if best < 0:
        return None
    bound = (_BOUND if announced else _STRICT_BOUND).search(
        view.masked, max(start, found[best].outer_start - 30), found[best].outer_start
    )
    if bound is not None:
        return bound.start(), found[best].outer_end, best_weight - 4
    low, high, several = _extent(view, found, best, start, end)
    return low, high, best_weight - (2 if several and not announced else 0)


def _extent(view: View, found: list[Atom], best: int, start: int, end: int) -> tuple[int, int, bool]:
    """The chosen number with its word of sign, or the whole enumeration it stands in (then True)."""
    first = last = best
    while first > 0 and _listed(view, found[first - 1], found[first], end):
        first -= 1
    while last + 1 < len(found) and _listed(view, found[last], found[last + 1], end):
        last += 1
    low, high = found[first].start, found[last].end
    if first != last:
        low, high = found[first].outer_start, found[last].outer_end
        name = _NAME.search(view.masked, max(start, low - 8), low)
        return (name.start() if name else low), high, True
    negative = _NEGATIVE.search(view.masked, max(start, low - 10), low)
    return (negative.start() if negative else low), high, False


def _weight(view: View, atom: Atom, start: int, end: int, asked: Asked) -> int:
    """How plainly the sentence states this number; -100 where it denies it."""
    masked = view.masked
    before = masked[max(start, atom.outer_start - 60) : atom.outer_start]
    after = masked[atom.outer_end : min(end, atom.outer_end + 80)]
    given = cue(before)
    if given is Cue.DENIED:
        return Cue.DENIED
    if atom.none:
        left_over = _NONE_AFTER.match(after) or any(word in asked.counted for word in stems(after)[:2])
        return Cue.HAD if left_over and _NONE_BEFORE.search(before) else Cue.DENIED
    if atom.ordinal:
        return Cue.STATED if any(word in asked.named for word in stems(after)[:1]) else Cue.DENIED
    weight = int(given)
    if given is Cue.NONE and before.endswith(" in ") and _TIME_AFTER.match(after):
        weight = int(Cue.WEAK)
    operator = before.rstrip()[-1:]
    if (operator in _DERIVING or operator.isalpha()) and _DERIVED.search(before) and not _NEGATIVE.search(before):
        weight -= 5
    if atom.related:
        weight += -3 if condition_before(before) else 4
    if _EQUATED.match(after):
        weight -= 6
    if _AFTER_IS.match(after):
        weight += 3
    if _LEFTOVER.match(after):
        weight += 2
    if before.endswith(("**", "__")) or after.startswith(("**", "__")):
        weight += 3
    if masked[atom.outer_start] in "$€£¥₹" or _MONEY_AFTER.match(after) or masked[atom.outer_end - 1] == "%":
        weight += 1
    if atom.word:
        weight -= 1
    if _in_parentheses(masked, start, atom.outer_start):
        weight -= 3
    if asked is not NOTHING_ASKED:
        weight += _question_weight(masked, atom, before, after, asked, computed=given is Cue.COMPUTED)
    return weight


def _question_weight(masked: str, atom: Atom, before: str, after: str, asked: Asked, *, computed: bool) -> int:
    left = stems(before[-24:])[-1:]
    right = stems(after[:40])[:3]
    value = masked[atom.start : atom.end].strip("$ ")
    if not computed and any((value, word) in asked.given for word in [*left, *right[:1]]):
        return -6
    if any(word in asked.named for word in left):
        return 7
    if asked.year and _YEAR.fullmatch(value):
        return 5
    return 2 if any(word in asked.counted for word in right) else 0


def _in_parentheses(masked: str, start: int, position: int) -> bool:
    opened = masked.rfind("(", max(start, position - 200), position)
    return (
        opened >= 0
        and masked.find(")", opened, position) < 0
        and bool(masked[max(start, opened - 40) : opened].strip(" \n\t" + _MARKS))
    )


def _listed(view: View, left: Atom, right: Atom, end: int) -> bool:
    """Whether two neighbouring numbers stand in one enumeration: "41 or 42", "x = 5 and y = 3", "5 to 10"."""
    gap = view.masked[left.outer_end : right.outer_start]
    if len(gap) > 40 or left.none or right.none or left.ordinal or right.ordinal:
        return False
    if _ENUMERATION.fullmatch(gap) or _ASSIGNED.fullmatch(gap):
        return True
    if left.word != right.word or not _NOUNS.fullmatch(gap):
        return False
    return re.match(r"[*_]{0,2}\s+of\b", view.masked[right.outer_end : min(end, right.outer_end + 8)]) is None
