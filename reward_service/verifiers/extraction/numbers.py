"""Numbers in prose: where they stand in a sentence, and which of them the sentence states as its result.

Reads a view, never a reference. A number is taken whole: sign, currency, thousands, fraction, power of ten, percent,
time or date; a stretch of mathematics counts as one number when it holds nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.verifiers.extraction.view import MathSpan, View

_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_WORD = (
    rf"(?:(?:{_TENS})(?:[- ](?:{_UNITS}))?|{_TEENS}|{_UNITS}|zero)"
    rf"(?:[- ](?:hundred|thousand|million|billion))?(?:(?: and)? (?:(?:{_TENS})(?:[- ](?:{_UNITS}))?|{_TEENS}|{_UNITS})"
    r"(?![a-z]))?"
)
_GROUP = r"(?:,|\{,\}|,\\!|\\,|,\u2009)"
_VALUE = (
    r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)"  # a date
    r"|\d{1,3}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?|\d+\s?:\s?\d+"  # a time or a ratio
    r"|\d{1,4} \d{1,3}\s?/\s?\d{1,3}(?![\d/])"  # a mixed number
    rf"|\d{{1,3}}(?:{_GROUP}\d{{3}})+(?!\d)(?:\.\d+)?"
    r"|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.,/])"
    r"|\d+(?:\.\d+)?|\.\d+"
)
_NUMBER = re.compile(
    r"(?P<sign>(?<![\w)\]}.%°\x01])[-−–+]\s?(?=[$€£¥₹.\d\\]))?"
    r"(?P<currency>(?:(?<![a-z])(?:us|a|c|hk|nt))?\\?[$€£¥₹￥]\s?|(?<![a-z])rs\.?\s?)?"
    r"(?P<inner>[-−](?=\d))?"
    rf"(?<![A-Za-z_^\\\d])(?<!\d[.,:])(?<!\d\.)(?P<value>{_VALUE})"
    r"(?P<fraction>\s?/\s?\d+(?:\.\d+)?(?![\d/]))?"
    r"(?P<power>\s?(?:×|\*|·|x|\\times|\\cdot)\s?10\s?(?:\^|\*\*)?\s?[{(]?\s?[-−+⁻]?[\d⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4}[})]?|e[+-]?\d{1,3}(?![a-z\d]))?"
    r"(?P<scale>\s(?:hundred|thousand|million|billion|trillion)(?![a-z]))?"
    r"(?P<percent>\s?(?:\\?%|percent(?![a-z])|per cent(?![a-z])|％))?"
    rf"|(?<![A-Za-z-])(?P<word>{_WORD})(?![A-Za-z])(?P<word_percent>\spercent(?![a-z]))?"
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th)(?![a-z])|[- ]?(?:d|dimensional)(?![a-z])")
_SYMBOLIC = re.compile(r"\s?(?:[π√^²³⁴]|[a-z](?![a-z])(?!\s?(?:is|was|are)\b))")
_ONE_LETTER_UNIT = re.compile(r"\s?[mgshlkvwnjac](?![a-z])")
_SYMBOLS_BEFORE = re.compile(r"(?:[√π^]|[a-z]\^|\d\s?[*+×])\s?$")
_LATEX_TEXT = re.compile(
    r"\\(?:text|mathrm|mbox|operatorname|textbf|mathbf|hbox|textrm|rm|quad|qquad)(?![a-zA-Z])\s?(?:\{[^{}]{0,80}\})?"
)
_LATEX_COMMAND = re.compile(r"\\[a-zA-Z]+")
_RELATION = re.compile(
    r"(?<![<>!:=\\])=(?!=)|\\approx(?![a-zA-Z])|≈|\\simeq(?![a-zA-Z])|\\equiv(?![a-zA-Z])|\\implies(?![a-zA-Z])"
    r"|\\(?:Long)?[Rr]ightarrow(?![a-zA-Z])|\\to(?![a-zA-Z])|⇒|→|:(?=\s)"
)
_INEQUALITY = re.compile(r"[<>≤≥≠]|\\(?:le|ge|leq|geq|lt|gt|ne|neq|in|subset|mid)(?![a-zA-Z])")

_MARKS = "*_`\"'“”‘’"
_ENUMERATION = re.compile(r"[\s*_`]*(?:,|;|、|，|and|or|&|，?和|或|,\s?and|,\s?or|to|–|-|—)[\s*_`$]*")
_ASSIGNED = re.compile(r"[\s*_`]*(?:,|;|and|or|,\s?and|,\s?or)[\s*_`$(]*[a-z]\w{0,2}\s?=\s?[$]?")
_NOUNS = re.compile(r"[\s*_`]*[a-z]+(?: [a-z]+)?,?[\s*_`]+(?:and|or)[\s*_`$]+")

# What may stand between a verb and the number it states.
_APPROXIMATELY = re.compile(
    r"(?:[\s*_`\"'“”(:$\x01]|\b(?:approximately|about|around|roughly|nearly|almost|exactly|only|just|simply|therefore"
    r"|thus|then|now|also|still|indeed|actually|a total of|an average of|equal to|worth|at|as|the number|the value"
    r"|the year|the integer|the|a|an|up to|approx\.?|hence|to be|be|found to be|given by|still|again|equals?"
    r"|the following|a value of|minus)\b)+$"
)
_EQUALS = re.compile(r"(?:=|≈|≃|→|⇒|\bequals|\bequal to|等于|約|约为|≅)$")
_IS = re.compile(
    r"(?:\b(?:is|are|was|were|be|becomes?|remains?|gives?|yields?|gets?|got|equals?|totals?|totaling|totalling|makes"
    r"|being|comes? (?:out )?to|comes|amounts? to|represents?|to|'s|shows?|reads?|obtains?|namely|answer)|是|为|為|有|共|得|:|：)$"
)
_HAS = re.compile(
    r"\b(?:has|have|had|needs?|costs?|pays?|paid|earns?|earned|made|make|spends?|spent|takes?|took|leaves?|left|measures?"
    r"|contains?|requires?|weighs?|bought|buys?|sold|sells?|find|found|in|see|used?|uses|saves?|saved|receives?|ate|eats?"
    r"|reach(?:es)?|will \w+|can \w+|must \w+|would \w+|should \w+|could \w+|drove|runs?|ran|reads?|scored)$"
)
_WEAK = re.compile(
    r"\b(?:of|by|from|per|every|each|than|least|most|between|after|first|last|next|over|under|below|above|within|before"
    r"|step|figure|fig\.?|table|question|problem|case|row|column|equation|part|page|chapter|option|group|item|example"
    r"|top|bottom|more|fewer|less|out of|divided by|multiplied by|times|plus|minus|into|on|with|for|through|during"
    r"|since|until|line|round|day|week|year|month|level|stage|grade|model|version|number|object|person|player|and)$"
)
_CONDITION = re.compile(
    r"\b(?:at|when|if|for|where|let|with|since|given|assume|assuming|suppose|using|as|substitute|substituting|plugging in"
    r"|put|set|setting|than|because|that)\s+(?:[a-z]\s?,\s?)?(?:[a-z]|\x01+)\s?(?:=|is|equals)?\s*[$]?$"
)
_AFTER_IS = re.compile(
    r"[\s*_`\"'”]*(?:[a-z%°]{1,14}[\s*_`]+)?(?:is|are|was|were|will be)\s+(?:the|our|your|my|a|an|left|remaining)\b"
)
_LEFTOVER = re.compile(r"[\s*_`]*(?:[a-z]+ ){0,3}(?:left|remain\w*|in total|in all|altogether|total)\b")
_NEGATED = re.compile(
    r"(?:\b(?:not|never|n't|cannot be|can't be|isn't|neither|nor|instead of|rather than|unlike|no longer)|不是|并非)"
    r"(?:\s+(?:be|equal to|simply|just|exactly|only))?[\s$*]*$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """One number of a sentence, in characters of the view's body; `start` to `end` is what would be answered."""

    start: int
    end: int
    outer_start: int
    outer_end: int
    word: bool = False
    math: bool = False
    plain: bool = True


def atoms(view: View, start: int, end: int) -> list[Atom]:
    """Every number between two positions, in order; those inside names, ordinals and list labels are left out."""
    found = [
        atom
        for match in _NUMBER.finditer(view.masked, start, end)
        if (atom := _plain_atom(view, match, start)) is not None
    ]
    for span in _spans_within(view, start, end):
        atom = _math_atom(view, span)
        if atom is not None:
            found.append(atom)
    found.sort(key=lambda atom: atom.outer_start)
    return found


def stated(view: View, start: int, end: int, *, whole: bool = False) -> tuple[int, int, int] | None:
    """(start, end, weight) of what the stretch states as its number, or of the enumeration that number stands in.

    `whole` says that the stretch is an answer already, so that a number at its head is likely the answer. The weight
    says how plainly it is stated; 0 and less is a number merely mentioned.
    """
    found = atoms(view, start, end)
    if not found:
        return None
    best, best_weight = -1, -100
    for index, atom in enumerate(found):
        weight = _weight(view, atom, start, end)
        if whole and not view.masked[start : atom.outer_start].strip(" \n\t(" + _MARKS):
            weight += 3
        if weight >= best_weight:
            best, best_weight = index, weight
    if best_weight <= -50:
        return None
    first, last = _enumeration(view, found, best)
    low, high = found[first].start, found[last].end
    if first != last:
        low, high = found[first].outer_start, found[last].outer_end
    return low, high, best_weight


def math_value(view: View, span: MathSpan) -> tuple[int, int] | None:
    """The right-hand side of the last relation in a stretch of mathematics, or all of it without one."""
    inner = view.body[span.inner_start : span.inner_end]
    begin = 0
    for match in _RELATION.finditer(inner):
        if _depth(inner, match.start()) == 0 and inner[match.end() :].strip(" \n\t?.,\\"):
            begin = match.end()
    low, high = span.inner_start + begin, span.inner_end
    while low < high and view.body[low] in " \n\t~&":
        low += 1
    while high > low and view.body[high - 1] in " \n\t.,;~":
        high -= 1
    return (low, high) if low < high else None


def is_numeric(latex: str) -> bool:
    """Whether a piece of mathematics holds a number and no free variable."""
    bare = _LATEX_COMMAND.sub(" ", _LATEX_TEXT.sub(" ", latex))
    if _INEQUALITY.search(latex):
        return False
    letters = [character for character in bare if character.isascii() and character.isalpha()]
    if any(character not in "eicmskg" for character in letters) or len(letters) > 3:
        return False
    return any(character.isdigit() for character in bare) or "\\pi" in latex or "π" in latex or "\\sqrt" in latex


def _plain_atom(view: View, match: re.Match[str], start: int) -> Atom | None:
    masked, low, high = view.masked, match.start(), match.end()
    if match["word"] is not None:
        if match["word"] == "one" and not _counts_one(masked, low, high):
            return None
        return Atom(start=low, end=high, outer_start=low, outer_end=high, word=True)
    after = masked[high : high + 20]
    value = match["value"]
    if not match["percent"] and _ORDINAL.match(after) and "." not in value:
        return None
    before = masked[max(start, low - 12) : low]
    if before.strip("\n >*_#(") == "" and re.match(r"[.)]\s", after) and len(value) <= 2 and "\n" in "\n" + before:
        line = masked[high + 1 : high + 40].split("\n")[0].strip()
        if line:  # the label of a list entry
            return None
    symbolic = _SYMBOLIC.match(after)
    plain = True
    if (
        symbolic
        and not match["percent"]
        and not _ONE_LETTER_UNIT.match(after)
        and not re.match(r"\s[ai](?![a-z])", after)
    ) or _SYMBOLS_BEFORE.search(before):
        low, high = _run(masked, low, high)
        plain = False
    begin = low
    if match["currency"] and not match["sign"] and plain:
        begin = low
    return Atom(start=begin, end=high, outer_start=low, outer_end=high, plain=plain)


def _run(masked: str, low: int, high: int) -> tuple[int, int]:
    """The unbroken run of symbols around a number, as "2π" or "5√3"."""
    for _ in range(60):
        if low > 0 and (masked[low - 1].isalnum() or masked[low - 1] in "√π^*+/()-²³") and masked[low - 1].isascii():
            low -= 1
        elif low > 0 and masked[low - 1] in "√π²³":
            low -= 1
        else:
            break
    for _ in range(60):
        if high < len(masked) and (
            masked[high] in "√π^*+/()-²³⁴" or (masked[high].isalnum() and masked[high].isascii())
        ):
            high += 1
        else:
            break
    return low, high


def _counts_one(masked: str, low: int, high: int) -> bool:
    """Whether "one" counts something, as opposed to "the one", "one of", "one can see"."""
    before, after = masked[max(0, low - 20) : low], masked[high : high + 20]
    if re.search(r"\b(?:the|this|that|each|every|which|no|any|another|first|last|right|left)\s$", before):
        return False
    return not re.match(r"\s+(?:of|can|could|must|should|may|might|by|another|or more|and|way|that|who)\b", after)


def _math_atom(view: View, span: MathSpan) -> Atom | None:
    value = math_value(view, span)
    if value is None:
        return None
    low, high = value
    if not is_numeric(view.body[low:high]):
        return None
    return Atom(start=low, end=high, outer_start=span.start, outer_end=span.end, math=True)


def _spans_within(view: View, start: int, end: int) -> list[MathSpan]:
    return [span for span in view.spans if span.start >= start and span.end <= end]


def _depth(text: str, position: int) -> int:
    return text.count("{", 0, position) - text.count("}", 0, position)


def _weight(view: View, atom: Atom, start: int, end: int) -> int:
    """How plainly the sentence states this number, from the words around it."""
    masked = view.masked
    before = masked[max(start, atom.outer_start - 60) : atom.outer_start]
    after = masked[atom.outer_end : min(end, atom.outer_end + 60)]
    weight = 0
    bare = before.rstrip(" \n\t*_`\"'“”($")
    stripped = _APPROXIMATELY.sub("", before).rstrip()
    if _NEGATED.search(bare) or _NEGATED.search(stripped):
        return -100
    if _CONDITION.search(bare) or _CONDITION.search(bare + " "):
        weight -= 3
    elif _EQUALS.search(bare):
        weight += 4
    elif _IS.search(stripped) or _IS.search(bare):
        weight += 4
    elif _EQUALS.search(stripped):
        weight += 4
    elif _HAS.search(stripped):
        weight += 3
    elif _WEAK.search(stripped):
        weight -= 2
    if atom.math and atom.start > atom.outer_start + 2 and _RELATION.search(view.body[atom.outer_start : atom.start]):
        weight += 4 if not _CONDITION.search(before) else -3
    if _AFTER_IS.match(after):
        weight += 3
    if _LEFTOVER.match(after):
        weight += 2
    if before.endswith(("**", "__")) or after.startswith(("**", "__")):
        weight += 3
    if masked[atom.outer_start : atom.outer_end].strip()[:1] in "$€£¥₹" or after.startswith(("%", "°")):
        weight += 1
    if atom.word:
        weight -= 1
    if _in_parentheses(masked, start, atom.outer_start):
        weight -= 3
    return weight


def _in_parentheses(masked: str, start: int, position: int) -> bool:
    opened = masked.rfind("(", max(start, position - 200), position)
    return opened >= 0 and masked.find(")", opened, position) < 0 and bool(masked[start:opened].strip(" \n\t" + _MARKS))


def _enumeration(view: View, found: list[Atom], index: int) -> tuple[int, int]:
    """The first and last index of the numbers listed together with the chosen one: "41 or 42", "x = 5 and y = 3"."""
    first = last = index
    while first > 0 and _listed(view, found[first - 1], found[first]):
        first -= 1
    while last + 1 < len(found) and _listed(view, found[last], found[last + 1]):
        last += 1
    return first, last


def _listed(view: View, left: Atom, right: Atom) -> bool:
    gap = view.masked[left.outer_end : right.outer_start]
    if len(gap) > 40:
        return False
    return bool(
        _ENUMERATION.fullmatch(gap) or _ASSIGNED.fullmatch(gap) or (_NOUNS.fullmatch(gap) and left.word == right.word)
    )
