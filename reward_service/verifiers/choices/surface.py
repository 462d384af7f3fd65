"""A response made easy to read for the rules: reasoning tags off, typography in ASCII, markup blanked in place.

Every step after the tags keeps the length, so a position means the same place throughout.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

HEAD_CHARACTERS = 1_500
TAIL_CHARACTERS = 6_000

_ANSWER_TAG = re.compile(r"<answer>(.{0,2000}?)</answer>", re.DOTALL | re.IGNORECASE)
_OPEN_ANSWER_TAG = re.compile(r"<answer>(.{0,2000})\Z", re.DOTALL | re.IGNORECASE)
_THINK_NAMES = ("think", "thinking", "thought", "reasoning", "analysis", "scratchpad")
_MARKUP = re.compile(
    r"\\(?:text|textbf|textit|textrm|textsf|texttt|mathrm|mathbf|mathsf|mathit|mathbb|mathcal|boldsymbol|bm|bf|rm|fbox"
    r"|framebox|boxed|underline|displaystyle|quad|qquad|left|right|large|Large|LARGE|huge|Huge|operatorname)(?![A-Za-z])"
    r"\s{0,3}\{?|\\[;,!:>()\[\]]|\\(?= )|\*\*|__|[`$~]|</?(?:b|i|u|s|strong|em|span|p|br|li|center)\b[^<>]{0,40}>"
    r"|<\|[^|<>]{1,30}\|>|&nbsp;|<\\?/?s>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """A response ready for the rules.

    `text` is the visible text cut to a head and a tail, `flat` the same with markup blanked; `answer_tag` is what
    the last answer tag holds. `truncated_thinking` says that only reasoning is there.
    """

    text: str
    flat: str
    answer_tag: str | None
    truncated_thinking: bool


def surface_of(response: str) -> Surface:
    """The readable form of a response."""
    text, truncated = without_thinking(response)
    tag = answer_tag(text)
    if len(text) > HEAD_CHARACTERS + TAIL_CHARACTERS:
        text = text[:HEAD_CHARACTERS] + "\n\n" + text[-TAIL_CHARACTERS:]
    if not text.isascii():
        text = text.translate(_plain_typography())
    return Surface(text=text, flat=flatten(text), answer_tag=tag, truncated_thinking=truncated)


def without_thinking(text: str) -> tuple[str, bool]:
    """The text outside reasoning tags, and whether nothing but unfinished reasoning was there."""
    if "<" not in text:
        return text, False
    for name in _THINK_NAMES:
        close = text.rfind(f"</{name}>")
        if close >= 0:
            text = text[close + len(name) + 3 :]
        opened = text.find(f"<{name}>")
        if opened >= 0:
            text = text[:opened]
            if not text.strip():
                return "", True
    return text, False


def answer_tag(text: str) -> str | None:
    """What the last `<answer>` holds, an unclosed one included; None without one."""
    start = text.lower().rfind("<answer>")
    if start < 0:
        return None
    match = _ANSWER_TAG.match(text, start) or _OPEN_ANSWER_TAG.match(text, start)
    return match[1].strip() if match else None


def flatten(text: str) -> str:
    """The text with bold, LaTeX text commands, dollar signs and line tags replaced by as many spaces."""
    return _MARKUP.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


@cache
def _plain_typography() -> dict[int, str]:
    """Full-width and styled letters, quotes and dashes to ASCII, one character for one."""
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for start, end in ((0x24B6, 0x24EA), (0x1D400, 0x1D800), (0x1F110, 0x1F130), (0x1F130, 0x1F150)):
        for code in range(start, end):
            plain = unicodedata.normalize("NFKC", chr(code)).strip("()")
            if len(plain) == 1:
                table[code] = plain
    table |= {ord(mark): "'" for mark in "‘’ʼ`´"} | {ord(mark): '"' for mark in "“”„«»"}
    table |= {ord(mark): "-" for mark in "‐‑‒−"} | {0x3000: " ", 0xA0: " ", 0x202F: " ", 0x2009: " "}
    table |= {ord(mark): " " for mark in "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e"}
    table |= {ord("【"): "(", ord("】"): ")", ord("［"): "(", ord("］"): ")", ord("〔"): "(", ord("〕"): ")"}
    return table
