"""Finding the boxed answer: the last box that counts, or a row of boxes read as one list.

A box does not count when it is empty, a placeholder, never closed, quoted from the instructions, or denied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.limits import DEFAULT_LIMITS, Budget

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])\s*(\{)?")
_NAMES = ("\\boxed", "\\fbox", "\\framebox")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BARE = re.compile(r"\$?(-?[0-9][0-9.,/]*[0-9]|-?[0-9]|[A-Za-z](?![A-Za-z])|\([^()\n]{1,80}\))")
_PLACEHOLDER = re.compile(
    r"(?:\\text\s?\{|\\mathrm\s?\{|[\s{<\[(*_\"'`])*"
    r"(?:(?:your|the|my)?[\s_-]{0,3}(?:final|correct|numerical|numeric)?[\s_-]{0,3}(?:answer|ans|result|solution"
    r"|number"
    r"|letter|value|option)(?:[\s_-]{0,3}here)?|\\?\.{2,}|…|\\[lcd]?dots|\\quad|\\ldots|\?+|_+|\\_+|\\,|\\;|~|#+|#1)?"
    r"[\s}>\])*_\"'`.]*",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"(?:put|place|give|write|enclose|wrap|present|provide|express|box|format|within|inside|using|in the form(?:at)?)"
    r"[^.\n]{0,60}$",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"(?:should|must|need to|needs to|have to|asked to|please|instructions?|remember to|make sure|let'?s|i(?:'ll"
    r"| will))"
    r"[^.\n]{0,80}$",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"(?:\bnot|n't|\bnever|\bcannot be|\brather than|\binstead of|≠|\\neq?|不是|并非)"
    r"(?:\s+(?:be|equal(?:\s+to)?|simply|just|the answer))?[\s$:*(\\]{0,6}(?:\\\(|\\\[)?\s*$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"[\s$)*\\\]]{0,6}(?:is|was|would be|isn't|wasn't|can't be|cannot be)\s+(?:wrong|incorrect|false|not|the wrong"
    r"|an incorrect"
    r"|right|correct|the answer)\b"
)
_BETWEEN = re.compile(
    r"(?:[\s$,;、，；&]|\\\\|\\[,;:!]|\\q?quad|\\\(|\\\)|\\\[|\\\]|\\text\s?\{\s*,?\s*(?:and|or|和|或)\s*\}|\band\b"
    r"|\bor\b|和|或|及)"
    r"*(?:\$?\s?[A-Za-z](?:_\{?\w\}?)?\s?=\s?)?",
    re.IGNORECASE,
)
_OR = re.compile(r"\bor\b|或")
_INNER_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*\{")
_CANDIDATES = 64
_SCANNED_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box: where the command starts and ends and where its content lies, in characters of the text."""

    start: int
    end: int
    content_start: int
    content_end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxedAnswer:
    """The boxed answer: its text (several boxes joined by commas) and where the first starts and the last ends."""

    text: str
    start: int
    end: int
    several: bool = False


def is_placeholder(content: str) -> bool:
    """Whether a text only stands for an answer to come: "...", "your answer", "[final answer here]", "?"."""
    return len(content) <= 60 and _PLACEHOLDER.fullmatch(content) is not None


def find_boxed(text: str, start: int, end: int, budget: Budget) -> BoxedAnswer | None:
    """The last box of `text[start:end]` that counts, with the boxes listed right before it."""
    names = [name for name in _NAMES if text.find(name, start, end) >= 0]
    if not names:
        return None
    stop = end
    last: Box | None = None
    for _ in range(_CANDIDATES):
        at = max(text.rfind(name, start, stop) for name in names)
        if at < 0:
            return None
        budget.spend(5)
        stop = at
        box = read_box(text, at, end, budget)
        if box is not None and counts(text, box, start):
            last = _outermost(text, box, start, end, budget)
            break
    if last is None:
        return None
    return _with_row(text, last, start, end, budget)


def read_box(text: str, at: int, end: int, budget: Budget) -> Box | None:
    """The box whose command is at `at`; None when it is unclosed and nothing shows that it was meant to end."""
    match = _BOX.match(text, at, end)
    if match is None:
        return None
    if match.group(1) is None:
        bare = _BARE.match(text, match.end(), end)
        if bare is None:
            return None
        return Box(start=at, end=bare.end(), content_start=bare.start(), content_end=bare.end())
    begin = match.end()
    limit = min(end, begin + DEFAULT_LIMITS.answer_characters)
    depth = 1
    for brace in _BRACE.finditer(text, begin, limit):
        token = brace.group()
        if token == "{":
            depth += 1
        elif token == "}":
            depth -= 1
            if depth == 0:
                budget.spend(1 + (brace.start() - begin) // 50)
                return Box(start=at, end=brace.end(), content_start=begin, content_end=brace.start())
    budget.spend(1 + (limit - begin) // 50)
    return _unclosed(text, at, begin, limit)


def counts(text: str, box: Box, start: int) -> bool:
    """Whether the box holds an answer of the model's: not empty, no placeholder, not quoted, not denied."""
    content = text[box.content_start : box.content_end]
    before = text[max(start, box.start - 120) : box.start]
    if is_placeholder(content):
        return False
    if _DENIAL.search(before):
        return False
    after = _DENIED_AFTER.match(text, box.end, box.end + 60)
    if after is not None and re.search(r"wrong|incorrect|false|not|n't", after.group()):
        return False
    if not any(character.isdigit() for character in content) and _QUOTED.search(before):
        return not (_INSTRUCTION.search(before) and before.rstrip().endswith(("`", '"', "'", "“")))
    return True


def _unclosed(text: str, at: int, begin: int, limit: int) -> Box | None:
    """A box that lost its brace: it ends at the closing math delimiter on its own line, if there is one."""
    line_end = text.find("\n", begin, limit)
    line = text[begin : line_end if line_end >= 0 else limit]
    for mark in ("$", "\\)", "\\]"):
        cut = line.find(mark)
        if cut > 0 and _balanced(line[:cut]):
            return Box(start=at, end=begin + cut, content_start=begin, content_end=begin + cut)
    return None


def _balanced(content: str) -> bool:
    return content.count("{") == content.count("}") and not _INNER_BOX.search(content)


def _outermost(text: str, box: Box, start: int, end: int, budget: Budget) -> Box:
    """The outermost of the boxes around `box`: `\\boxed{x = \\boxed{5}}` is one box."""
    outer = box
    for _ in range(8):
        at = max(text.rfind(name, max(start, outer.start - 2_000), outer.start) for name in _NAMES)
        if at < 0:
            break
        around = read_box(text, at, end, budget)
        if around is None or around.end < outer.end or around.content_end < outer.end:
            break
        outer = around
    return outer


def _with_row(text: str, last: Box, start: int, end: int, budget: Budget) -> BoxedAnswer:
    """`last` with the boxes before it that only separators part from it: one list, unless they all say the same."""
    boxes = [last]
    for _ in range(_CANDIDATES):
        first = boxes[0]
        window = max(start, first.start - 400)
        at = max(text.rfind(name, window, first.start) for name in _NAMES)
        if at < 0:
            break
        before = read_box(text, at, end, budget)
        if before is None or before.end > first.start or not counts(text, before, start):
            break
        gap = text[before.end : first.start]
        if len(gap) > 60 or gap.count("\n") > 1 or not _BETWEEN.fullmatch(gap):
            break
        boxes.insert(0, before)
    contents = []
    for box in boxes:
        content = unwrap(text[box.content_start : box.content_end])
        if content not in contents:
            contents.append(content)
    if len(contents) == 1:
        return BoxedAnswer(text=contents[0], start=last.content_start, end=last.content_end)
    gap = text[boxes[-2].end : boxes[-1].start]
    joined = " \\text{ or } ".join(contents) if _OR.search(gap) else ", ".join(contents)
    return BoxedAnswer(text=joined, start=boxes[0].start, end=last.end, several=True)


def unwrap(content: str) -> str:
    """`content` without boxes inside it."""
    for _ in range(8):
        inner = _INNER_BOX.search(content)
        if inner is None:
            break
        depth = 1
        for brace in _BRACE.finditer(content, inner.end()):
            depth += {"{": 1, "}": -1}.get(brace.group(), 0)
            if depth == 0:
                content = content[: inner.start()] + content[inner.end() : brace.start()] + content[brace.end() :]
                break
        else:
            break
    return content.strip()
