"""Which number of a sentence is stated as its result, from the words around each: "is 5", "= 5", "5 are left".

The question, where known, tells what is counted ("how many objects") and which numbers merely repeat what was given.
Weights are coarse on purpose: a stated result outweighs a mentioned number, and between equals the last one counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from reward_service.verifiers.extraction.numbers import Atom, atoms
from reward_service.verifiers.extraction.view import View

_MARKS = "*_`\"'“”‘’"
_ENUMERATION = re.compile(r"[\s*_`]*(?:,|;|、|，|and|or|&|，?和|或|,\s?and|,\s?or|to|–|-|—)[\s*_`$]*")
_ASSIGNED = re.compile(r"[\s*_`]*(?:,|;|and|or|,\s?and|,\s?or)[\s*_`$(]*[a-z]\w{0,2}\s?=\s?[$]?")
_NOUNS = re.compile(r"[\s*_`]*[a-z]+(?: [a-z]+)?,?[\s*_`]+(?:and|or)[\s*_`$]+")

# What may stand between a verb and the number it states.
_FILLER = re.compile(
    r"(?:[\s*_`\"'“”(:$\x01]|\b(?:approximately|about|around|roughly|nearly|almost|exactly|only|just|simply|therefore"
    r"|thus|then|now|also|still|indeed|actually|an average of|equal to|worth|at|as|the number|the value"
    r"|the year|the integer|the|a|an|up to|approx\.?|hence|to be|be|found to be|given by|again|equals?"
    r"|the following|a value of|environ|approximativement|unos|aproximadamente|etwa|ungefähr)\b)+$"
)
_EQUALS = re.compile(r"(?:=|≈|≃|→|⇒|\bequals|\bequal to|等于|約|约为|约|≅)$")
_IS = re.compile(
    r"(?:\b(?:is|are|was|were|be|becomes?|remains?|gives?|yields?|gets?|got|equals?|totals?|totaling|totalling|makes"
    r"|being|comes? (?:out )?to|comes|amounts? to|represents?|to|'s|shows?|reads?|obtains?|namely|answer|left with"
    r"|leaving|est(?: donc)?(?: de)?|sont|son|es|ist|sind|beträgt|é|è|são|sera(?: de)?)"
    r"|是|为|為|有|共|得|剩|剩下|需要|赚了|هو|:|：)$"
)
_HAS = re.compile(
    r"\b(?:has|have|had|needs?|costs?|pays?|paid|earns?|earned|made|make|spends?|spent|takes?|took|leaves?|left"
    r"|measures?|contains?|containing|having|requires?|weighs?|bought|buys?|sold|sells?|find|found|see|used?|uses"
    r"|saves?|saved|receives?|ate|eats?|reach(?:es)?|will \w+|can \w+|must \w+|would \w+|should \w+|could \w+|drove"
    r"|runs?|ran|reads?|scored|a déjà|aura encore|aura|a|tiene|tendrá|hat)$"
)
_TOTAL = re.compile(r"\ba (?:grand )?(?:total|sum) of$|\btotal(?:s|ing|ling)?(?: of)?$|\bin total,?$")
_WORTH = re.compile(
    r"\b(?:value|score|average|mean|median|mode|range|length|height|width|area|volume|perimeter|cost|price"
    r"|amount|distance|speed|velocity|rate|weight|mass|age|probability|difference|measure|balance|profit|number|count|increase|decrease|drop"
    r"|gain|loss|change|rise|fall|reduction|discount)"
    r" of$"
)
_WEAK = re.compile(
    r"\b(?:of|by|from|per|every|each|than|least|most|between|after|first|last|next|over|under|below|above|within|before"
    r"|step|figure|fig\.?|table|question|problem|case|row|column|equation|part|page|chapter|option|group|item|example"
    r"|top|bottom|more|fewer|less|out of|divided by|multiplied by|times|plus|minus|into|on|with|for|through|during"
    r"|since|until|line|round|day|week|year|month|level|stage|grade|model|version|number|object|person|player|and"
    r"|bar|team|class|box|method|dataset|set|point|node|angle|side|d'ici)$"
)
_CONDITION = re.compile(
    r"\b(?:at|when|if|for|where|let|with|since|given|assume|assuming|suppose|using|as|substitute|substituting"
    r"|plugging in|put|set|setting|than|because|that)\s+(?:(?:[a-z]\s?,\s?)?(?:[a-z]|\x01+)\s?"
    r"(?:=|is|equals|approaches|tends to|goes to|gets closer to)?|[a-z]{2,8}\s?=)\s*[$]?$"
)
_AFTER_IS = re.compile(
    r"[\s*_`\"'”]*(?:[a-z%°]{1,14}[\s*_`]+)?(?:is|are|was|were|will be)\s+(?:the|our|your|my|a|an|left|remaining)\b"
)
_LEFTOVER = re.compile(r"[\s*_`]*(?:[a-z]+ ){0,3}(?:left|remain\w*|in total|in all|altogether|total)\b")
_NEGATED = re.compile(
    r"(?:\b(?:not|never|n't|cannot be|can't be|isn't|neither|nor|instead of|rather than|unlike|no longer"
    r"|such as|e\.g\.,?|for example,?|for instance,?)|不是|并非)"
    r"(?:\s+(?:be|equal to|simply|just|exactly|only))?[\s$*]*$"
)
# "Total objects - 15" is an expression with a name in it, not the number 15.
_DERIVED = re.compile(r"[a-z)\x01]\s[-−–+*/×÷]\s*$|\b(?:minus|plus|times|divided by|multiplied by|subtract)\s$")
_NEGATIVE = re.compile(r"\b(?:minus|negative)\s$")
_NAME = re.compile(r"[a-z]\w{0,3}\s?=\s?[$]?$")
_NONE_BEFORE = re.compile(r"\b(?:there (?:are|is|will be|would be)|leaves?(?: us with)?|leaving|left with|has|have)\s$")
_NONE_AFTER = re.compile(r"\s(?:[a-z]+\s){0,4}(?:left|remain\w*)\b")
_SENTENCE_YEAR = re.compile(r"(?:1[5-9]|20)\d\d$")
_TIME_AFTER = re.compile(r"\s?(?:second|minute|hour|day|week|month|year)s?\b")
_MONEY_AFTER = re.compile(r"\s?[$€£¥₹元](?![\d\x01])|[%°]")
# "greater than 5" bounds the answer and does not give it; "at least 5" may, outside an announced answer, be what was
# asked for ("how many at least").
_THAN = r"(?:(?:greater|less|more|fewer|larger|smaller|higher|lower|bigger|longer|shorter) than(?: or equal to)?|[<>≤≥]|exceeds?)"
_STRICT_BOUND = re.compile(rf"{_THAN}[\s*_$]*$")
_BOUND = re.compile(
    rf"(?:{_THAN}|at least|at most|not|no more than|no less than|up to|over|under|above|below|anything but)[\s*_$]*$"
)
_ASIDE = re.compile(r",\s+(?:with|where|while|whereas|compared|including|as)\b")

_ASKED = re.compile(r"\b(?:(?P<count>how many|how much)|what|which)\s+(?P<nouns>(?:[a-z]+[ -]){0,2}[a-z]+)")
_WHEN = re.compile(r"(?:^|[.?!]\s)\s*when (?:did|was|is|does|were|has|had)\b")
_BLANK = re.compile(r"(?:\(_+\)|_{2,})\s*([a-z]+)")
_PAIR = re.compile(r"([a-z]+)?\W{0,3}(?<![\w.])(\d[\d,.]*\d|\d)\W{0,3}([a-z]+)?")
_GENERIC = frozenset(
    {
        "is", "are", "was", "were", "the", "of", "a", "an", "value", "number", "does", "do", "did", "percentage",
        "percent", "will", "would", "can", "many", "much", "total", "has", "have", "for", "in", "to", "at", "on", "one",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a question says of its answer: the nouns counted ("how many boxes"), the nouns whose number is asked
    ("which week"), whether a year is, and the numbers given with the words beside them.
    """

    counted: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    given: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    year: bool = False


NOTHING_ASKED = Asked()


def read_question(question: str) -> Asked:
    """What a question asks for and gives. The part behind the last "Question:" counts, without hints on format."""
    text = question[-2_000:]
    at = text.rfind("Question:")
    text = (text[at + 9 :] if at >= 0 else text).split("\nHint:")[0].split("\nSolution:")[0].lower()
    if not text.strip():
        return NOTHING_ASKED
    counted: set[str] = set()
    named: set[str] = set()
    for match in _ASKED.finditer(text):
        words = [_stem(word) for word in match["nouns"].replace("-", " ").split() if word not in _GENERIC]
        (counted if match["count"] else named).update(words)
    counted.update(_stem(match[1]) for match in _BLANK.finditer(text))
    given: set[tuple[str, str]] = set()
    for match in _PAIR.finditer(text):
        for word in (match[1], match[3]):
            if word:
                given.add((match[2].rstrip(".,"), _stem(word)))
    return Asked(
        counted=frozenset(counted),
        named=frozenset(named),
        given=frozenset(given),
        year="year" in named or bool(_WHEN.search(text)),
    )


def stated(
    view: View, start: int, end: int, *, asked: Asked = NOTHING_ASKED, announced: bool = False
) -> tuple[int, int, int] | None:
    """(start, end, weight) of what the stretch states as its number, or of the enumeration that number stands in.

    `announced` says that the stretch is an answer already, so that a number at its head is likely the answer. The
    weight says how plainly it is stated; 0 and less is a number merely mentioned. None without a number.
    """
    found = atoms(view, start, end)
    best, best_weight = -1, -50
    for index, atom in enumerate(found):
        weight = _weight(view, atom, start, end, asked)
        if announced and not view.masked[start : atom.outer_start].strip(" \n\t($" + _MARKS):
            weight += 3
        if best_weight >= 4 and _ASIDE.search(view.masked, found[best].outer_end, atom.outer_start):
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
    after = masked[atom.outer_end : min(end, atom.outer_end + 60)]
    bare = before.rstrip(" \n\t*_`\"'“”($")
    stripped = _FILLER.sub("", before).rstrip()
    if _NEGATED.search(bare) or _NEGATED.search(stripped):
        return -100
    if atom.none:
        stated_none = _NONE_AFTER.match(after) or any(word in asked.counted for word in _words(after)[:2])
        return 3 if stated_none and _NONE_BEFORE.search(before) else -100
    if atom.ordinal:
        return 4 if any(word in asked.named for word in _words(after)[:1]) else -100
    weight = 0
    if _CONDITION.search(bare) or _CONDITION.search(bare + " "):
        weight -= 3
    elif _EQUALS.search(bare) or _IS.search(stripped) or _IS.search(bare) or _EQUALS.search(stripped):
        weight += 4
    elif _HAS.search(stripped):
        weight += 3
    elif _TOTAL.search(stripped):
        weight += 5
    elif _WORTH.search(stripped):
        weight += 2
    elif _WEAK.search(stripped) or (bare.endswith((" in", "\nin")) and _TIME_AFTER.match(after)):
        weight -= 2
    if _DERIVED.search(before) and not _NEGATIVE.search(before):
        weight -= 5
    if atom.related:
        weight += 4 if not _CONDITION.search(before + "\x01") else -3
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
        weight += _question_weight(masked, atom, before, after, asked)
    return weight


def _question_weight(masked: str, atom: Atom, before: str, after: str, asked: Asked) -> int:
    left = _words(before)[-1:]
    right = _words(after)[:3]
    value = masked[atom.start : atom.end].strip("$ ")
    if any((value, word) in asked.given for word in [*left, *right[:1]]):
        return -6
    if any(word in asked.named for word in left):
        return 7
    if asked.year and _SENTENCE_YEAR.fullmatch(value):
        return 3
    return 2 if any(word in asked.counted for word in right) else 0


def _words(text: str) -> list[str]:
    return [_stem(word) for word in re.findall(r"[a-z]+", text)]


def _stem(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and len(word) > 3 and not word.endswith("ss") else word


def _in_parentheses(masked: str, start: int, position: int) -> bool:
    opened = masked.rfind("(", max(start, position - 200), position)
    return opened >= 0 and masked.find(")", opened, position) < 0 and bool(masked[start:opened].strip(" \n\t" + _MARKS))


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
