"""A bounded stretch of a response with its mathematics, code and sentences located, so that rules look at prose only.

Everything is one pass over at most `VIEW_CHARACTERS` characters; nothing here decides what the answer is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# A final answer stands at the end of a response or, in short direct ones, at its head. Wider views were measured to
# change no verdict on the labelled responses, narrower tails lose conclusions followed by long notes.
TAIL_CHARACTERS = 4_000
HEAD_CHARACTERS = 1_000
# Most responses announce their answer in the very last lines, so these are looked at first.
LAST_CHARACTERS = 1_200
_MATH_FILL = "\x01"
_CODE_FILL = "\x02"

_DELIMITER = re.compile(
    r"\\\\|\\\$|\$\$|\$|\\\[|\\\]|\\\(|\\\)|\n[ \t]*\n|```"
    r"|\\(?:begin|end)\{(?:align|equation|gather|aligned|split|[pbvBV]?matrix|array|cases)\*?\}"
)
_PROSE = re.compile(r"(?<![\\{A-Za-z])[a-z]{3,} [a-z]{2,}(?![A-Za-z}])", re.IGNORECASE)
_LETTERS = re.compile(r"[A-Za-z]{2}")
_SENTENCE_END = re.compile(r"[.!?](?=[\"'”’)*_\]]{0,4}(?:\s|$))[\"'”’)*_\]]{0,4}|[。！？][*_”）]{0,3}|\n")
_ABBREVIATION = re.compile(
    r"(?:^|[^a-z.])(?:approx|e\.g|i\.e|etc|vs|no|fig|figs|dr|mr|mrs|ms|prof|eq|ref|sec|st|jr|cf|viz|resp|ca)$"
)
_LIST_NUMBER = re.compile(r"\n[ \t>*_#-]{0,8}\(?\d{1,2}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class MathSpan:
    """A stretch of mathematics: with its delimiters and without, in characters of the view's body."""

    start: int
    end: int
    inner_start: int
    inner_end: int
    display: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Part of a response. `masked` is `body` in lower case with mathematics and code blanked, of the same length.

    Positions are characters of `body`; `offset` turns them into positions of the response.
    """

    body: str
    masked: str
    offset: int
    spans: tuple[MathSpan, ...]

    def span_at(self, position: int) -> MathSpan | None:
        """The stretch of mathematics that covers `position`."""
        low, high = 0, len(self.spans)
        while low < high:
            middle = (low + high) // 2
            if self.spans[middle].end <= position:
                low = middle + 1
            else:
                high = middle
        if low < len(self.spans) and self.spans[low].start <= position:
            return self.spans[low]
        return None


def lower(text: str) -> str:
    """`text` in lower case with every character where it was: some letters change length in full lowering."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(small if len(small := character.lower()) == 1 else character for character in text)


def make_view(text: str, start: int, end: int) -> View:
    """The view of `text[start:end]`; the caller keeps it bounded."""
    body = text[start:end]
    spans, code = _scan(body)
    if "\\" in body:
        spans = _with_bare(body, spans, code)
    pieces = []
    position = 0
    for kind_start, kind_end, fill in sorted(
        [(span.start, span.end, _MATH_FILL) for span in spans] + [(low, high, _CODE_FILL) for low, high in code]
    ):
        if kind_start < position:
            continue
        pieces.append(body[position:kind_start])
        pieces.append(fill * (kind_end - kind_start))
        position = kind_end
    pieces.append(body[position:])
    return View(body=body, masked=lower("".join(pieces)), offset=start, spans=tuple(spans))


def sentences(view: View, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The non-empty sentences and lines between two positions, in order; mathematics is never cut."""
    stop = len(view.masked) if end is None else end
    found = []
    begin = start
    for match in _SENTENCE_END.finditer(view.masked, start, stop):
        if match.group().startswith(".") and _is_inner_dot(view.masked, match.start()):
            continue
        if view.masked[begin : match.end()].strip():
            found.append((begin, match.end()))
        begin = match.end()
    if view.masked[begin:stop].strip():
        found.append((begin, stop))
    return found


def sentence_end(view: View, position: int) -> int:
    """Where the sentence or line that holds `position` ends, its full stop excluded."""
    for match in _SENTENCE_END.finditer(view.masked, position):
        if match.group().startswith(".") and _is_inner_dot(view.masked, match.start()):
            continue
        return match.start()
    return len(view.masked)


def _is_inner_dot(masked: str, dot: int) -> bool:
    """Whether the dot belongs to an abbreviation or to the number of a list entry ("1. First ...")."""
    before = masked[max(0, dot - 12) : dot]
    if _ABBREVIATION.search(before):
        return True
    return bool(_LIST_NUMBER.search("\n" + before if dot <= 12 else before)) and masked[dot + 1 : dot + 3].strip() != ""


_BARE_START = re.compile(
    r"(?:-?\d{0,9}\(?)\\(?:d?t?frac|sqrt|pi|binom|infty|left|log|ln|sin|cos|tan|circ|degree|cdot"
    r"|times|pm|cup|leq?|geq?)(?![a-zA-Z])|(?<=\d)\s?\\(?:text|mathrm)\s?\{"
)
_BARE_PART = re.compile(
    r"\s?\\(?:text|mathrm|mbox)\s?\{[^{}]{0,40}\}|\\(?!text|mathrm|mbox|boxed|fbox|begin|end|item|\(|\)|\[|\]"
    r"|\\)(?:[a-zA-Z]+|[,;:!%{}|])|[{}()\[\]]|\d[\d.]*"
    r"|\s?[-+*/^_=<>,!]\s?|\s(?=[\\\d(+-])|(?<![a-zA-Z])[a-zA-Z](?![a-zA-Z])"
)


def _bare_span(body: str, at: int, floor: int, limit: int) -> MathSpan:
    """LaTeX that stands without delimiters, as "\\frac{1}{2}" in a sentence: the run of symbols around a command."""
    position = at
    depth = 0
    while position < limit:
        part = _BARE_PART.match(body, position, limit)
        if part is None:
            break
        token = part.group()
        if token == "{":
            depth += 1
        elif token == "}":
            depth -= 1
            if depth < 0:
                break
        position = part.end()
    at = _reach_left(body, at, floor)
    end = position
    while end > at + 1 and body[end - 1] in " ,.+-*=<>(!":
        end -= 1
    return MathSpan(start=at, end=end, inner_start=at, inner_end=end, display=False)


def _reach_left(body: str, at: int, floor: int) -> int:
    """Where the formula around an undelimited command begins: brackets, digits, operators and single letters."""
    floor = max(floor, at - 80)
    while at > floor:
        character, before = body[at - 1], body[at - 2 : at - 1] if at > 1 else ""
        symbol = character in "0123456789[({-+*/=<>^_|,." and not (character == "." and body[at : at + 1] in " \n")
        letter = character.isascii() and character.isalpha() and not (before.isalpha() or body[at : at + 1].isalpha())
        blank = character == " " and (before in tuple("-+*/=<>,") or body[at : at + 1] in tuple("-+*/=<>"))
        if not (symbol or letter or blank):
            break
        at -= 1
    while body[at] in " ,.*_=" or body.startswith(("- ", "+ "), at):
        at += 1
    return at


_CLOSER = {"$": "$", "$$": "$$", "\\[": "\\]", "\\(": "\\)", "```": "```"}


# Environments of whole lines; their content is the formula. A matrix or a case distinction is one with its frame.
_LINES = ("{align}", "{align*}", "{equation}", "{equation*}", "{gather}", "{gather*}", "{aligned}", "{split}")


def _scan(body: str) -> tuple[list[MathSpan], list[tuple[int, int]]]:
    """(stretches of mathematics, fenced code) in one pass. A dollar that opens nothing is money."""
    spans: list[MathSpan] = []
    code: list[tuple[int, int]] = []
    opener = ""
    opened = 0
    for match in _DELIMITER.finditer(body):
        token, at, after = match.group(), match.start(), match.end()
        if token in ("\\\\", "\\$"):
            continue
        if opener == "```":
            if token == "```":
                code.append((opened, after))
                opener = ""
        elif token == "```":
            opener, opened = token, at
        elif opener.startswith("\\begin"):
            if token.startswith("\\end") and token[4:] == opener[6:]:
                framed = not opener.endswith(_LINES)
                inner = (opened, after) if framed else (opened + len(opener), at)
                spans.append(
                    MathSpan(start=opened, end=after, inner_start=inner[0], inner_end=inner[1], display=not framed)
                )
                opener = ""
        elif opener and token == _CLOSER.get(opener) and (opener != "$" or _closes(body, opened, at)):
            inner_start = opened + len(opener)
            spans.append(
                MathSpan(
                    start=opened, end=after, inner_start=inner_start, inner_end=at, display=opener in ("$$", "\\[")
                )
            )
            opener = ""
        elif token.startswith("\n"):
            if opener == "$":
                opener = ""
        elif token in ("\\[", "\\(") or token.startswith("\\begin"):
            if opener == "" or (opener == "$" and (token[1] != "b" or token.endswith(_LINES))):
                opener, opened = token, at
        elif token == "$$":
            if opener in ("", "$"):
                opener, opened = token, at
        elif token == "$" and opener in ("", "$"):
            opens = after < len(body) and not body[after].isspace()
            opener, opened = (token, at) if opens else ("", 0)
    return spans, code


def _with_bare(body: str, spans: list[MathSpan], code: list[tuple[int, int]]) -> list[MathSpan]:
    """`spans` and the undelimited LaTeX between them, in order."""
    taken = sorted([(span.start, span.end) for span in spans] + code)
    added = []
    index = 0
    position = 0
    while (match := _BARE_START.search(body, position)) is not None:
        while index < len(taken) and taken[index][1] <= match.start():
            index += 1
        if index < len(taken) and taken[index][0] < match.end():
            position = max(taken[index][1], match.end())
            continue
        limit = taken[index][0] if index < len(taken) else len(body)
        span = _bare_span(body, match.start(), position, min(limit, match.start() + 400))
        added.append(span)
        position = max(span.end, match.end())
    return sorted([*spans, *added], key=lambda span: span.start)


def _closes(body: str, opened: int, at: int) -> bool:
    """Whether the dollar at `at` closes the one at `opened`, as opposed to being one more price."""
    inner = body[opened + 1 : at]
    if not inner or len(inner) > 1_500 or (at + 1 < len(body) and body[at + 1].isdigit()):
        return False
    if body[at - 1].isspace():
        return len(inner) <= 60 and inner.rstrip()[-1] not in "=+-*/×" and not _LETTERS.search(inner)
    return "\\" in inner or not _PROSE.search(inner)
