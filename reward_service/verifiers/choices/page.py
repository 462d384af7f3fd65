"""A stretch of a response made easy to read for the rules: typography in ASCII, markup and echoes blanked in place.

Every step keeps the length, so a position means the same place in all forms of the text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from reward_service.verifiers.choices.echoes import without_echoes
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.extraction.tags import answer_region, answer_tag
from reward_service.verifiers.extraction.view import lower

HEAD_CHARACTERS = 1_500
TAIL_CHARACTERS = 5_000

_TAG_CHARACTERS = 2_000
_TAGS = (
    ("<|begin_of_box|>", "<|end_of_box|>"),
    ("<CONCLUSION>", "</CONCLUSION>"),
    ("<conclusion>", "</conclusion>"),
    ("<final_answer>", "</final_answer>"),
    ("<ANSWER>", "</ANSWER>"),
    ("<ans>", "</ans>"),
)
_MARKUP = re.compile(
    r"\\(?:text|textbf|textit|textrm|textsf|texttt|mathrm|mathbf|mathsf|mathit|mathbb|mathcal|boldsymbol|bm|bf|rm|fbox"
    r"|framebox|boxed|underline|displaystyle|quad|qquad|left|right|large|Large|LARGE|huge|Huge|operatorname)"
    r"(?![A-Za-z])\s{0,3}\{?|\\[;,!:>()\[\]]|\\(?= )|\*\*|__|[`$~{}]"
    r"|</?(?:b|i|u|s|strong|em|span|p|br|li|center)\b[^<>]{0,40}>|<\|[^|<>]{1,30}\|>|&nbsp;|<\\?/?s>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """What of a response may hold an answer: its text outside reasoning, and what its last answer tag holds.

    `truncated` says that only unfinished reasoning is there, `cut` that the text goes on with another question.
    """

    text: str
    answer_tag: str | None
    truncated: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A stretch of a response ready for the rules, with the options it is read for.

    `flat` is `text` with markup blanked, `low` is `flat` in lower case. `several` says that several options may be
    asked for, so that "ACD" is a list of labels.
    """

    text: str
    flat: str
    low: str
    options: Options
    several: bool


def visible_part(response: str, *, beyond_questions: bool = False) -> Visible:
    """The part of a response that counts, cut to a head and a tail.

    It ends where a next question begins, as when a model runs on past its turn; `beyond_questions` takes what follows
    too, for a response that restates the question before it answers.
    """
    region = answer_region(response)
    end = region.end
    cut = response[end : end + 1] == "\n"
    if cut and beyond_questions:
        end, cut = len(response), False
    tag = answer_tag(response, region.start, end)
    text = response[region.start : end]
    if len(text) > HEAD_CHARACTERS + TAIL_CHARACTERS:
        text = text[:HEAD_CHARACTERS] + "\n\n" + text[-TAIL_CHARACTERS:]
    inside = _other_tag(response) if tag is None else response[tag[0] : tag[1]].strip()
    return Visible(text=text, answer_tag=inside, truncated=region.truncated, cut=cut)


def page_of(text: str, options: Options, *, several: bool) -> Page:
    """The readable form of a stretch of text."""
    if not text.isascii():
        text = text.translate(_plain_typography())
    text = without_echoes(text, options)
    flat = flatten(text)
    return Page(text=text, flat=flat, low=lower(flat), options=options, several=several)


def flatten(text: str) -> str:
    """The text with bold, LaTeX text commands, dollar signs, braces and line tags replaced by as many spaces."""
    return _MARKUP.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _other_tag(response: str) -> str | None:
    """What the last answer tag of another name holds: box tokens, `<CONCLUSION>`, `<final_answer>`."""
    if "</" not in response and "<|end" not in response and "<|begin" not in response:
        return None
    for opening, closing in _TAGS:
        start = response.rfind(opening)
        if start >= 0:
            start += len(opening)
            end = response.find(closing, start)
            inside = response[start : end if end >= 0 else start + _TAG_CHARACTERS].strip()
            return inside[:_TAG_CHARACTERS] or None
    return None


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
    return table | dict.fromkeys(map(ord, "【［〔"), "(") | dict.fromkeys(map(ord, "】］〕"), ")")
