"""Numbers in prose: where they stand. A number is taken whole: sign, currency, thousands, fraction, power, percent.

Reads a view, never a reference. A stretch of mathematics counts as one number when it holds nothing else; numbers
inside names, ordinals ("3rd") and the labels of list entries are left out. Which one is the result is in stating.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.verifiers.extraction.view import MathSpan, View

# Of a stretch with more plain numbers than this only the first and the last ones are read.
_HEAD_NUMBERS, _TAIL_NUMBERS = 12, 36

_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
# "twelve and a half" and "two point five" are one number each.
_AND_PART = (
    r" and (?:(?:a|one) (?:half|third|quarter|fourth|fifth|sixth|eighth|tenth)"
    r"|(?:two|three|four|five|six|seven) (?:thirds|quarters|fourths|fifths|sixths|eighths|tenths))(?![a-z])"
)
_WORD = (
    rf"(?:(?:{_TENS})(?:[- ](?:{_UNITS}))?|{_TEENS}|{_UNITS}|zero)"
    rf"(?:[- ](?:hundred|thousand|million|billion))?(?:(?: and)? (?:(?:{_TENS})(?:[- ](?:{_UNITS}))?|{_TEENS}"
    rf"|{_UNITS})"
    r"(?![a-z]| (?:thirds|quarters|fourths|fifths|sixths|eighths|tenths)))?"
    rf"(?:{_AND_PART}|\spoint(?:\s(?:zero|{_UNITS})){{1,12}}(?![a-z]))?"
)
_GROUP = r"(?:,|\{,\}|,\\!|\\,|,\u2009)"
_VALUE = (
    r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)"  # a date
    r"|\d{1,3}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?|\d+(?:\.\d+)?\s?:\s?\d+(?:\.\d+)?"  # a time or a ratio
    r"|\d{1,4} \d{1,3}\s?/\s?\d{1,3}(?![\d/])"  # a mixed number
    rf"|\d{{1,6}}{_AND_PART}"
    rf"|\d{{1,3}}(?:{_GROUP}\d{{3}})+(?!\d)(?:\.\d+)?"
    r"|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d/]|[.,]\d)"
    r"|\d+(?:\.\d+)?|\.\d+"
)
_POWER = r"\s?(?:×|\*|·|x|\\times|\\cdot)\s?10\s?(?:\^|\*\*)?\s?[{(]?\s?[-−+⁻]?[\d⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4}[})]?"
_NUMBER = re.compile(
    r"(?P<sign>(?<![A-Za-z0-9_)\]}.%°\x01])(?:[-−–+](?=[$€£¥₹.\d\\])|(?<=[=≈:(] )[-−–]\s(?=[$€£¥₹.\d\\])))?"
    r"(?P<currency>(?:(?:(?<![a-z])(?:us|a|c|hk|nt))?\\?[$€£¥₹￥]\s?|(?<![a-z])rs\.?\s?)(?:[-−](?=\d))?)?"
    rf"(?<![A-Za-z_^\\\d])(?<![A-Za-z]-)(?<!\d[.,:])(?<!\d\.)(?P<value>{_VALUE})"
    r"(?P<fraction>\s?/\s?\d+(?:\.\d+)?(?![\d/]))?"
    rf"(?P<power>{_POWER}|e[+-]?\d{{1,3}}(?![a-z\d]))?"
    r"(?P<scale>\s(?:hundred|thousand|million|billion|trillion)(?![a-z]))?"
    r"(?P<percent>\s?(?:\\?%|percent(?![a-z])|per cent(?![a-z])|％))?"
    rf"|(?<![A-Za-z-])(?P<word>{_WORD})(?![A-Za-z-])(?P<word_percent>\spercent(?![a-z]))?"
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th)(?![a-z])")
_DIMENSION = re.compile(r"[- ]?(?:d|dimensional)(?![a-z])")
_NO = re.compile(r"(?<![a-z])no(?= (?:[a-z]+ ){0,3}[a-z]+)")
_OPERAND = r"(?:\d|[a-z](?![a-z])|\()"
_SYMBOLIC = re.compile(
    rf"\s?[+*/^×·]\s?{_OPERAND}|\s-\s{_OPERAND}|-[a-z](?![a-z])|"
    r"\s?[π√^²³⁴]|[a-z](?![a-z])|\s?[*·×]?\s?\((?=[^)]{0,20}[a-z](?![a-z]))"
)
_ONE_LETTER_UNIT = re.compile(r"[mgshlkvwnjac](?![a-z])")
_CALL_BEFORE = re.compile(r"[a-z]{1,8}\($")
_SYMBOL_BEFORE = re.compile(r"(?:[√π^]|(?<![a-z])[a-z][\w^²]{0,4}\s?[-+*/^]|\)\s?[-+*/^×·])\s?$")
_LABEL_BEFORE = re.compile(r"[\s>*_#(-]*")
_LATEX_TEXT = re.compile(
    r"\\(?:text|mathrm|mbox|operatorname|textbf|mathbf|hbox|textrm|rm|quad|qquad)(?![a-zA-Z])\s?(?:\{[^{}]{0,80}\})?"
)
_LATEX_COMMAND = re.compile(r"\\[a-zA-Z]+")
_RELATION = re.compile(
    r"(?<![<>!:=\\])=(?!=)|\\equiv(?![a-zA-Z])|\\implies(?![a-zA-Z])|\\(?:Long)?[Rr]ightarrow(?![a-zA-Z])"
    r"|\\to(?![a-zA-Z])|⇒|→|:(?=\s)"
)
_APPROXIMATION = re.compile(r"\\approx(?![a-zA-Z])|≈|\\simeq(?![a-zA-Z])|\\sim(?![a-zA-Z])|≅|\\cong(?![a-zA-Z])")
_INEQUALITY = re.compile(r"[<>≤≥≠]|\\(?:le|ge|leq|geq|lt|gt|ne|neq|in|subset|mid)(?![a-zA-Z])")
_GIVEN_BEFORE = re.compile(r"\b(?:the|these|those|both|all|any|other|its|their|our|his|her)\s$")
_PRONOUN_BEFORE = re.compile(
    r"\b(?:the|this|that|each|every|which|no|any|another|first|last|right|left|only|correct|smallest|largest|highest"
    r"|lowest|longest|shortest|bigger|smaller|other)\s$"
)
_PRONOUN_AFTER = re.compile(
    r"\s+(?:of|can|could|must|should|may|might|by|another|or more|and|way|that|who|needs?|has|have|is)\b"
    r"|\s*[.,;!?\n]|\s*$"
)


# Plain mathematics without words: single letters, digits and operators.
FORMULA = re.compile(r"(?:[\d+*/^=()., <>|≤≥√π²³-]|(?<![a-z])[a-z](?![a-z])){1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """One number of a sentence, in characters of the view's body; `start` to `end` is what would be answered.

    `outer_start` and `outer_end` include math delimiters. `related` says that a relation such as "x =" stands before
    it inside its mathematics, `symbolic` that it is an expression ("2π", "5x + 1") rather than a plain number,
    `ordinal` that it counts a place ("3rd"), `none` that it is the word of "no boxes are left".
    """

    start: int
    end: int
    outer_start: int
    outer_end: int
    word: bool = False
    related: bool = False
    symbolic: bool = False
    ordinal: bool = False
    none: bool = False


def atoms(view: View, start: int, end: int) -> list[Atom]:
    """The numbers between two positions, in order; of very many only the first and the last."""
    matches = list(_NUMBER.finditer(view.masked, start, end))
    if len(matches) > _HEAD_NUMBERS + _TAIL_NUMBERS:
        matches = matches[:_HEAD_NUMBERS] + matches[-_TAIL_NUMBERS:]
    found = [atom for match in matches if (atom := _plain_atom(view.masked, match)) is not None]
    found.extend(
        Atom(start=match.start(), end=match.end(), outer_start=match.start(), outer_end=match.end(), none=True)
        for match in _NO.finditer(view.masked, start, end)
    )
    for span in view.spans:
        if span.start >= start and span.end <= end:
            atom = _math_atom(view, span)
            if atom is not None:
                found.append(atom)
    found.sort(key=lambda atom: atom.outer_start)
    return found


def math_value(body: str, span: MathSpan) -> tuple[int, int] | None:
    """The right-hand side of the last equation in a stretch of mathematics, or all of it without one.

    An approximation stays with the exact value it approximates, "70/9 ≈ 7.78", but not with a mere name.
    """
    inner = body[span.inner_start : span.inner_end]
    begin = _after_last(_RELATION, inner, 0)
    exact = _after_last(_APPROXIMATION, inner, begin)
    if exact > begin:
        approximation = _APPROXIMATION.search(inner, begin)
        if approximation is None or not is_numeric(inner[begin : approximation.start()]):
            begin = exact
    low, high = span.inner_start + begin, span.inner_end
    while low < high and body[low] in " \n\t~&":
        low += 1
    while high > low and body[high - 1] in " \n\t.,;~":
        high -= 1
    return (low, high) if low < high else None


def is_numeric(latex: str) -> bool:
    """Whether a piece of mathematics holds a number and no free variable."""
    if _INEQUALITY.search(latex):
        return False
    bare = _LATEX_COMMAND.sub(" ", _LATEX_TEXT.sub(" ", latex))
    letters = [character for character in bare if character.isascii() and character.isalpha()]
    if any(character not in "eicmskg" for character in letters) or len(letters) > 3:
        return False
    return any(character.isdigit() for character in bare) or "\\pi" in latex or "π" in latex or "\\sqrt" in latex


def _after_last(relation: re.Pattern[str], inner: str, begin: int) -> int:
    depth, position = 0, 0
    for match in relation.finditer(inner, begin):
        depth += inner.count("{", position, match.start()) - inner.count("}", position, match.start())
        position = match.start()
        if depth == 0 and inner[match.end() : match.end() + 40].strip(" \n\t?.,\\"):
            begin = match.end()
    return begin


def _plain_atom(masked: str, match: re.Match[str]) -> Atom | None:
    low, high = match.start(), match.end()
    if match["word"] is not None:
        if match["word"] == "one" and _is_pronoun(masked, low, high):
            return None
        if _GIVEN_BEFORE.search(masked[max(0, low - 8) : low]):
            return None
        return Atom(start=low, end=high, outer_start=low, outer_end=high, word=True)
    after = masked[high : high + 24]
    if not match["percent"] and "." not in match["value"]:
        if _DIMENSION.match(after):
            return None
        if _ORDINAL.match(after):
            return Atom(start=low, end=high, outer_start=low, outer_end=high + 2, ordinal=True)
    if len(match["value"]) <= 2 and _is_list_label(masked, low, after):
        return None
    before = masked[max(0, low - 12) : low]
    call = _CALL_BEFORE.search(before)
    symbolic = (
        call is not None
        or bool(_SYMBOL_BEFORE.search(before))
        or (not match["percent"] and bool(_SYMBOLIC.match(after)) and not _ONE_LETTER_UNIT.match(after))
    )
    if symbolic:
        low, high = _run(masked, low - (len(call.group()) if call else 0), high)
    return Atom(start=low, end=high, outer_start=low, outer_end=high, symbolic=symbolic)


def _is_list_label(masked: str, low: int, after: str) -> bool:
    if len(after) < 2 or after[0] not in ".)" or not after[1].isspace() or not after.split("\n")[0][1:].strip():
        return False
    line = masked.rfind("\n", max(0, low - 12), low) + 1
    if line == 0 and low > 12:
        return False
    return _LABEL_BEFORE.fullmatch(masked, line, low) is not None


def _run(masked: str, low: int, high: int) -> tuple[int, int]:
    """The run of symbols around a number, as "2π", "5√3" or "(n/2) + 1": blanks only beside an operator."""
    limit = low - 40
    while low > max(0, limit):
        character = masked[low - 1]
        beside = low > 1 and masked[low] in "+-*/^=×·" and character == " "
        if (
            character in "√π^*+/()-²³⁴×·"
            or (character.isascii() and character.isalnum() and not _is_letter(masked, low - 2))
            or beside
        ) or (character == " " and low > 1 and masked[low - 2] in "+-*/^×·"):
            low -= 1
        else:
            break
    limit = min(len(masked), high + 40)
    while high < limit:
        character = masked[high]
        single = character.isascii() and character.isalnum() and not _is_letter(masked, high + 1)
        operator_near = character == " " and (
            masked[high + 1 : high + 2] in ("+", "-", "*", "/", "^", "×", "·") or masked[high - 1] in "+-*/^×·"
        )
        if character in "√π^*+/()-²³⁴×·" or single or operator_near or masked[high : high + 2].strip(".").isdigit():
            high += 1
        else:
            break
    while high > low and masked[high - 1] in " +-*/(":
        high -= 1
    while low < high and masked[low] in " +*/)":
        low += 1
    return low, high


def _is_letter(masked: str, position: int) -> bool:
    return 0 <= position < len(masked) and masked[position].isascii() and masked[position].isalpha()


def _is_pronoun(masked: str, low: int, high: int) -> bool:
    """Whether "one" stands for a thing ("the one", "one of", "the smallest one.") instead of counting."""
    return bool(
        _PRONOUN_BEFORE.search(masked[max(0, low - 20) : low]) or _PRONOUN_AFTER.match(masked[high : high + 20])
    )


def _math_atom(view: View, span: MathSpan) -> Atom | None:
    value = math_value(view.body, span)
    if value is None or not is_numeric(view.body[value[0] : value[1]]):
        return None
    return Atom(
        start=value[0],
        end=value[1],
        outer_start=span.start,
        outer_end=span.end,
        related=value[0] > span.inner_start + 1,
    )
