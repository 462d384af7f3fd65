"""A response made easy to read for the rules: reasoning off, typography in ASCII, echoes of the question blanked.

Every step after the cut to a head and a tail keeps the length, so a position means the same place throughout.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.extraction.tags import answer_region, answer_tag

HEAD_CHARACTERS = 1_500
TAIL_CHARACTERS = 6_000

_MARKUP = re.compile(
    r"\\(?:text|textbf|textit|textrm|textsf|texttt|mathrm|mathbf|mathsf|mathit|mathbb|mathcal|boldsymbol|bm|bf|rm|fbox"
    r"|framebox|boxed|underline|displaystyle|quad|qquad|left|right|large|Large|LARGE|huge|Huge|operatorname)(?![A-Za-z])"
    r"\s{0,3}\{?|\\[;,!:>()\[\]]|\\(?= )|\*\*|__|[`$~]|</?(?:b|i|u|s|strong|em|span|p|br|li|center)\b[^<>]{0,40}>"
    r"|<\|[^|<>]{1,30}\|>|&nbsp;|<\\?/?s>|[{}]"
)
_STATED = re.compile(
    r"\banswer\b|\boption\b|\\boxed|答案|选|^\s*\(?[A-Za-z]\)?(?:[.:)\s]|$)|^[^\n]{1,200}$", re.IGNORECASE
)
_CHOICES_HEADING = re.compile(r"(?:Choices|Options|选项)\s{0,3}[:：]", re.IGNORECASE)
_CHOICE_LINE = re.compile(r"[ \t]*\n?[ \t]*\(?[A-Za-z][).:][^\n]{0,300}(?=\n|$)")
_INLINE_LABEL = re.compile(r"[\s,;|.]{0,8}\(?([A-Za-z]|\d{1,2}|[ivxIVX]{1,5})[).:]{1,2}\s{0,3}")
_INLINE_LABEL_BEFORE = re.compile(r"\(?(?:[A-Za-z]|\d{1,2}|[ivxIVX]{1,5})[).:]{1,2}\s{0,3}\Z")
_OPTION_LINE = re.compile(
    r"(?:^|(?<=\n))[ \t>*_-]{0,6}\(?(?P<label>[A-Za-z]|\d{1,2}|[ivxIVX]{1,5})[).:][ \t*]{0,4}(?P<text>[^\n]{0,300})(?=\n|$)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """A response ready for the rules.

    `text` is the visible text cut to a head and a tail, `flat` the same with markup blanked; `answer_tag` is what
    the last answer tag holds. `truncated_thinking` says that only unfinished reasoning is there.
    """

    text: str
    flat: str
    answer_tag: str | None
    truncated_thinking: bool


def surface_of(response: str, options: Options) -> Surface:
    """The readable form of a response."""
    region = answer_region(response)
    end = region.end
    if response[end : end + 1] == "\n" and not _STATED.search(response, max(region.start, end - 2_000), end):
        end = len(response)  # "Question:" before any answer: the response restates what was asked
    tag = answer_tag(response, region.start, end)
    text = response[region.start : end]
    if len(text) > HEAD_CHARACTERS + TAIL_CHARACTERS:
        text = text[:HEAD_CHARACTERS] + "\n\n" + text[-TAIL_CHARACTERS:]
    if not text.isascii():
        text = text.translate(_plain_typography())
    text = _without_echo(text, options)
    return Surface(
        text=text,
        flat=flatten(text),
        answer_tag=_box_token(response) if tag is None else response[tag[0] : tag[1]].strip(),
        truncated_thinking=region.truncated,
    )


def _box_token(response: str) -> str | None:
    """What stands between the last pair of box tokens that some vision models end on."""
    start = response.rfind("<|begin_of_box|>")
    if start < 0:
        return None
    start += len("<|begin_of_box|>")
    end = response.find("<|end_of_box|>", start)
    return response[start : end if end >= 0 else start + 400].strip() or None


def flatten(text: str) -> str:
    """The text with bold, LaTeX text commands, dollar signs, braces and line tags replaced by as many spaces."""
    return _MARKUP.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _without_echo(text: str, options: Options) -> str:
    """The text with repeated lists of choices blanked: "Choices:" and its lines, or lines that are the options."""
    for heading in list(_CHOICES_HEADING.finditer(text))[:8]:
        end, lines = heading.end(), 0
        while lines < 30:
            line = _CHOICE_LINE.match(text, end)
            if line is None or line.end() == end:
                break
            end, lines = line.end(), lines + 1
        if lines >= 2:
            text = text[: heading.start()] + " " * (end - heading.start()) + text[end:]
    return _without_inline_options(_without_listed_options(text, options), options)


def _without_inline_options(text: str, options: Options) -> str:
    """The options written out one after the other on a line, each with its label and own text, blanked."""
    first = options.items[0]
    if not first.text or len(options) < 2:
        return text
    start = 0
    for _ in range(4):
        found = text.find(first.text, start)
        if found < 0:
            break
        end, read = found + len(first.text), 1
        for item in options.items[1:]:
            after = text.find(item.text, end, end + len(item.text) + 16) if item.text else -1
            label = _INLINE_LABEL.fullmatch(text, end, after) if after >= 0 else None
            if label is None or options.find_label(label[1]) != item.index:
                break
            end, read = after + len(item.text), read + 1
        if read >= 2 and read >= len(options) - 1:
            head = _INLINE_LABEL_BEFORE.search(text, max(0, found - 12), found)
            begin = head.start() if head else found
            text = text[:begin] + " " * (end - begin) + text[end:]
        start = end
    return text


def _without_listed_options(text: str, options: Options) -> str:
    """Runs of two or more lines that are one option each, label and own text, blanked."""
    spans: list[tuple[int, int]] = []
    run: list[tuple[int, int]] = []
    previous_end = -1
    for line in _OPTION_LINE.finditer(text):
        place = options.find_label(line["label"])
        listed = place is not None and options.tokens(line["text"]) == options.items[place].tokens
        if not listed or line.start() > previous_end + 2:
            if len(run) >= 2:
                spans.extend(run)
            run = []
        if listed:
            run.append(line.span())
            previous_end = line.end()
    if len(run) >= 2:
        spans.extend(run)
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


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
