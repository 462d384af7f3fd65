"""The last resort: the answer of a response that neither boxes nor announces it, read off its sentences.

A conclusion ("Therefore ..."), an emphasised number, the first or last sentence; then the value of the last equation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.verifiers.extraction.doubt import doubts, fails, is_pleasantry, refuses
from reward_service.verifiers.extraction.numbers import FORMULA, atoms, is_numeric, math_value
from reward_service.verifiers.extraction.question import NOTHING_ASKED, Asked, read_question, stems
from reward_service.verifiers.extraction.stating import stated
from reward_service.verifiers.extraction.trim import without_reason
from reward_service.verifiers.extraction.view import MathSpan, View, sentences

_CONCLUSION = re.compile(
    r"[\s*_#>\d.)-]{0,12}(?:so\b|thus\b|therefore\b|hence\b|consequently\b|accordingly\b|in conclusion\b"
    r"|in summary\b|to summarize"
    r"\b|finally\b|as a result\b|conclusion\b|overall\b|altogether\b|in total\b|∴|we (?:conclude|obtain"
    r"|find) that\b|this"
    r" means\b|因此|所以|故|综上|于是|从而|donc\b"
    r"|en conclusion\b|también|por lo tanto\b|daher\b|लिए|इसलिए|لذا|لذلك)"
)
_CONDITIONAL = re.compile(
    r"[\s*_]*(?:if|for example|for instance|e\.g|suppose|assuming|let's (?:say|assume|consider|suppose)|let us|say"
    r"|first|to find|to"
    r" (?:get|solve|determine|calculate)|step|given|we (?:know|are given|have to|need)|recall|note that|since"
    r"|because)\b"
)
_TABLE_OR_LIST = re.compile(r"\s*(?:\||[-*•+]\s|\d{1,2}[.)]\s)")
_COMPUTED = ("=", "≈", "approx", "simeq")
_DATA_ROW = re.compile(
    r"(?:\d{1,3}[.)]|[-*•|])?\s{0,3}[^:=|]{1,60}[:|]\s{0,3}[$€£]?[-\d.,%/]{1,20}\s{0,2}[a-z%|]{0,12}\.?"
)
_RESULT_WORD = re.compile(
    r"\b(?:result|total|value|sum|difference|product|number|amount|average|solution)\b[^.\n]{0,80}?(?:\b(?:is|are"
    r"|was|equals)\b|[=:])"
)
_INNER_CONCLUSION = re.compile(
    r"[,;]\s(?:so|therefore|thus|hence|giving|making|for a total of|which (?:gives|means|makes))\b"
)
# Sentences weighed at the head and the tail of a response; between them only conclusions are.
_HEAD_SENTENCES, _TAIL_SENTENCES, _CONCLUDING_SENTENCES = 3, 10, 30
# A number of this weight or less is one that the sentence only mentions: given, denied, part of a condition.
_MENTIONED = -4
_EMPHASISED = re.compile(r"\*\*[^*\n]{0,40}\d[^*\n]{0,40}\*\*")
_INSTEAD = re.compile(r"[,;]\s*(?:it(?:'s|’s| is)|but|rather|instead)\b|而是")
_DENYING = re.compile(
    r"\b(?:is|are|was|were|be|would be|am)(?: not|n't)\b|\b(?:isn't|aren't|wasn't|can't be|cannot be)\b|不是"
)
_BRACKETS = re.compile(r"\[[^\[\]]{1,400},[^\[\]]{1,400}\]|\{[^{}]{1,400},[^{}]{1,400}\}|\([^()]{1,200},[^()]{1,200}\)")
# "16 $\\pi$": a factor outside the delimiters belongs to the formula.
_FACTOR_BEFORE = re.compile(r"(?<![\w.,:])[-−]?\d[\d.,/]{0,12}\s?[*×·]?\s?$")
# "There are two objects left.Two": the one word asked for, stuck to the last sentence.
_LAST_WORD = re.compile(r"[a-z)\]][.!?](?P<word>[A-Z][a-z-]{2,15}|\d[\d.,]{0,12})\W{0,3}$")
_CHECKING = re.compile(
    r"[\s*_#>\d.)-]{0,12}(?:check|checking|verif|to (?:check|verify|confirm)|explanation|proof|notes?\b"
    r"|this is because|for example)"
)
_VALUED = re.compile(r"[\d=<>]|\\(?:le|ge|leq|geq|in|pi|infty|sqrt|frac|cup|pm)(?![a-zA-Z])|≤|≥")
_NAME = re.compile(
    r"&?\s*(?:\\(?:angle|triangle|overline|text|mathrm|operatorname|mathbf|vec|bar|hat|left|right)(?![a-zA-Z])|[{}"
    r"|]|[A-Za-z]{1,4}"
    r"|_\{?\w{1,6}\}?|'|\([^()]{0,20}\)|\s){1,12}"
)
_UNIT_WORDS = re.compile(
    r"[\s*_]{0,3}(?:(?!(?:for|in|to|from|when|if|after|before|per|and|or|on|at|by|with|of|is|are|was|as|that|left"
    r"|because|since)\b)"
    r"[a-z°%²³^\d/]{1,14}\b[.]?[ ]?){1,2}(?:per [a-z]{1,12}\b|/[a-z]{1,6}[²³^\d]{0,2})?"
)
_COPULA = re.compile(
    r"(?:\b(?:is|are|was|were|equals?|becomes?|gives?|yields?|be|namely)\b(?:\s(?:equal to|given by|approximately"
    r"|about|therefore"
    r"|thus|then|just|simply))?|=|≈|是|为|等于|：|:)\s*[:：]?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A stretch taken as the answer, in characters of the view's body, and the rule that took it."""

    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    score: float
    index: int
    finding: Finding
    reached: bool
    emphasised: bool


def concluding_number(view: View, question: str, start: int = 0, end: int | None = None) -> Finding | None:
    """The number a response comes to. None where it gives up, or only lists or mentions numbers.

    A derivation ends in its last computed or concluded number, so nothing before that one is considered, except the
    only emphasised number of a response that answers first and explains then.
    """
    stuck = _LAST_WORD.search(view.body, max(start, len(view.body) - 40)) if end is None else None
    if stuck is not None and atoms(view, stuck.start("word"), stuck.end("word")):
        return Finding(start=stuck.start("word"), end=stuck.end("word"), rule="last_word")
    listed = [part for part in sentences(view, start, end) if not is_pleasantry(view.masked[part[0] : part[1]])]
    candidates, refused = _candidates(view, listed, read_question(question) if question else NOTHING_ASKED)
    reached = max((candidate.index for candidate in candidates if candidate.reached), default=-1)
    best: _Candidate | None = None
    for candidate in candidates:
        if candidate.index < reached and not candidate.emphasised:
            continue
        if best is None or candidate.score >= best.score:
            best = candidate
    if best is None:
        return None
    if refused >= 0 and (refused >= best.index or best.finding.rule != "conclusion"):
        return None
    if _is_only_a_list(view, listed, best.index):
        return None
    return best.finding


def _candidates(view: View, listed: list[tuple[int, int]], asked: Asked) -> tuple[list[_Candidate], int]:
    """The sentences that state a number, with their scores, and the index of the last one that gives up (or -1)."""
    emphasised = [part for part in listed if _EMPHASISED.search(view.masked, *part)]
    candidates = []
    refused = -1
    for index, (low, high) in enumerate(listed):
        masked = view.masked[low:high]
        if _HEAD_SENTENCES <= index < len(listed) - _TAIL_SENTENCES and not (
            index >= len(listed) - _CONCLUDING_SENTENCES and _CONCLUSION.match(masked)
        ):
            continue
        if doubts(masked):
            continue
        if refuses(masked) or fails(masked):
            refused = index
            continue
        found = stated(view, low, _without_reason(view.masked, low, high), asked=asked)
        if found is None or found[2] <= _MENTIONED:
            continue
        score, rule = _sentence_score(masked, index, len(listed), asked.words)
        score += min(found[2], 8) * 0.5
        only_emphasised = len(emphasised) == 1 and emphasised[0] == (low, high)
        computed = view.body[max(low, found[0] - 12) : found[0]].rstrip(" \n$*_&\\{}(").endswith(_COMPUTED)
        candidates.append(
            _Candidate(
                score=score + 1.5 * only_emphasised,
                index=index,
                finding=Finding(start=found[0], end=found[1], rule=rule),
                reached=(computed or rule == "conclusion") and found[2] > 0 and not _CHECKING.match(masked),
                emphasised=only_emphasised,
            )
        )
    return candidates, refused


def _without_reason(masked: str, low: int, high: int) -> int:
    """The end of a sentence before its reason, unless a conclusion follows that: "because ..., so it is 5"."""
    cut = without_reason(masked, low, high, announced=False)
    return high if cut < high and _INNER_CONCLUSION.search(masked, cut, high) else cut


def _sentence_score(masked: str, index: int, count: int, words: frozenset[str]) -> tuple[float, str]:
    score, rule = index / count, "last_number"
    if index == count - 1:
        score += 2
        rule = "last_sentence"
    if index == 0:
        score += 1
        if count > 1:
            rule = "first_sentence"
    if _CONCLUSION.match(masked):
        score += 4
        rule = "conclusion"
    elif _INNER_CONCLUSION.search(masked):
        score += 3
        rule = "conclusion"
    elif _CONDITIONAL.match(masked):
        score -= 2
    if _CHECKING.match(masked):
        score -= 4
    if _TABLE_OR_LIST.match(masked):
        score -= 2.5
    if _RESULT_WORD.search(masked):
        score += 1.0
    if words:
        score += 4 * len(words.intersection(stems(masked[:400]))) / len(words)
    return score, rule


def _is_only_a_list(view: View, listed: list[tuple[int, int]], chosen: int) -> bool:
    """Whether the chosen sentence is one of several rows "name: 5" of a table or list, and names no result."""
    low, high = listed[chosen]
    row = view.masked[low:high]
    if not _DATA_ROW.fullmatch(row.strip()) or _RESULT_WORD.search(row):
        return False
    rows = sum(1 for part in listed if _DATA_ROW.fullmatch(view.masked[part[0] : part[1]].strip()))
    return rows >= 3


def concluding_text(view: View, wanted: str) -> Finding | None:
    """What a response comes to when no plain number is wanted: mathematics, a list, a quantity, or words.

    The concluding sentence is the last one with a conclusion's opening among the last three that hold anything, else
    the last. Of it count the last formula, then a stated number with its unit, then what follows the copula.
    """
    listed = [part for part in sentences(view) if not is_pleasantry(view.masked[part[0] : part[1]])]
    if not listed:
        return None
    if wanted in ("list", "set"):
        brackets = list(_BRACKETS.finditer(view.masked))
        if brackets:
            return Finding(start=brackets[-1].start(), end=brackets[-1].end(), rule="last_list")
    refused = wanted != "text" and any(refuses(view.masked[low:high]) for low, high in listed[-12:])
    if refused and refuses(view.masked[listed[-1][0] : listed[-1][1]]):
        return None
    tail = listed[-4:]
    order = [part for part in reversed(tail[-3:]) if _CONCLUSION.match(view.masked, *part)]
    order += [part for part in reversed(tail) if part not in order]
    for low, high in order:
        if _CHECKING.match(view.masked, low, high) or doubts(view.masked[low:high]):
            continue
        high = without_reason(view.masked, low, high, announced=False)
        rule = "conclusion" if _CONCLUSION.match(view.masked, low, high) else "last_line"
        if len(listed) == 1:
            rule = "only_line"
        if refused and rule != "conclusion":
            continue
        found = _payload(view, low, high, wanted)
        if found is not None:
            return Finding(start=found[0], end=found[1], rule=rule)
    low, high = listed[-1]
    if refused or doubts(view.masked[low:high]) or _DENYING.search(view.masked, low, high):
        return None
    if any(sign.isdigit() or sign == "\x01" for sign in view.masked[low:high]):
        return None
    return Finding(start=low, end=high, rule="last_line")


def _payload(view: View, low: int, high: int, wanted: str) -> tuple[int, int] | None:
    """What a concluding sentence says that could be an answer of the wanted kind."""
    denied = _DENYING.search(view.masked, low, high)
    if denied is not None:
        instead = _INSTEAD.search(view.masked, denied.end(), high)
        if instead is None:
            return None
        low = instead.end()
    if wanted != "text":
        spans = [span for span in view.spans if span.start >= low and span.end <= high]
        for span in reversed(spans):
            inner = view.body[span.inner_start : span.inner_end]
            if len(spans) == 1 or _VALUED.search(inner):
                beside = _FACTOR_BEFORE.search(view.masked, max(low, span.start - 24), span.start)
                if beside is not None:
                    return beside.start(), span.end
                return equation_value(view.body, span)
    starts = [low]
    for match in _COPULA.finditer(view.masked, low, high):
        if view.masked[match.end() : high].strip(" \t\n.,*_:"):
            starts.append(match.end())
    begin = starts[-1]
    if wanted != "text":
        for start in starts:
            text = view.masked[start:high].strip(" \n.*_`")
            if FORMULA.fullmatch(text) and any(sign.isalpha() or sign in "<>≤≥(√" for sign in text):
                return start, high
        number = stated(view, low, high)
        if number is not None and number[2] > _MENTIONED:
            return number[0], _with_unit(view.masked, number[1], high)
    if begin > low:
        return begin, high
    return (low, high) if len(view.masked[low:high].split()) <= 6 and not _ends_open(view.masked, high) else None


def _ends_open(masked: str, high: int) -> bool:
    """Whether a line only announces what stands below it: "So we have:"."""
    return masked[:high].rstrip(" \n*_").endswith((":", "：", ",", "have", "get", "is", "are"))


def _with_unit(masked: str, end: int, high: int) -> int:
    """The end of a number's unit: up to three words, or what stands unbroken behind it."""
    unit = _UNIT_WORDS.match(masked, end, high)
    return unit.end() if unit is not None else end


def equation_value(body: str, span: MathSpan) -> tuple[int, int]:
    """The right-hand side where the left one names it or is a number; else all of the formula, as "2x + y = 3"."""
    inner = body[span.inner_start : span.inner_end]
    value = math_value(body, span)
    if value is None or value[0] <= span.inner_start + 1:
        return span.inner_start, span.inner_end
    left = inner[: value[0] - span.inner_start].rstrip().rstrip("=:&≈ ").removesuffix("\\approx")
    left = left[left.rfind("=") + 1 :] if left.count("=") else left
    if left is not inner and "=" in inner[: value[0] - span.inner_start].rstrip().rstrip("="):
        return value
    return value if _NAME.fullmatch(left.strip()) or is_numeric(left) else (span.inner_start, span.inner_end)
