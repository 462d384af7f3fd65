"""Cutting what was found down to the answer: trailing reasons, emphasis, quotes, delimiters and full stops go.

Pure string work on bounded texts; what is left is still as the model wrote it.
"""

from __future__ import annotations

import re

_EDGES = " \t\n\r*_`\"'“”‘’ "
_REASON = re.compile(r"(?:,|;|\s[-–—])?\s+(?:since|because|given that|assuming|due to)\b")
_REMARK = re.compile(
    r"(?:,|;|\s[-–—])?\s+(?:since|because|as (?:the|it|we|this|there|shown|required|calculated|above|stated)|which"
    r"|where|so (?:the|we|that|it)|given that|assuming|and (?:therefore|this|thus|hence|so)|based on|according to"
    r"|due to|after|obtained|rounded|when rounded|i hope|hope|let me|note that|if you|whereas|while|but|however"
    r"|not)\b"
)
_TRAILING_ASIDE = re.compile(
    r"\s\((?:[A-Za-z][a-z]+|since|because|i\.e|e\.g|as|or|approximately|≈|rounded|using)\b[^()]*\)$"
)
_LABEL = re.compile(
    r"^(?:(?:option|choice|answer|number|value|value of|approximately|about|around|roughly|exactly|simply|that"
    r"|therefore"
    r"|thus|hence|:|：|=|≈|\\approx)\s+)+",
    re.IGNORECASE,
)
_WRAPPERS = (("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$"), ("**", "**"), ("`", "`"), ("\\text{", "}"))
_BRACED = re.compile(r"\{([^{},;|]{1,200})\}")
_POLITE_ENDING = re.compile(r"(?:です|となります|입니다|이다)$")
_THOUSANDS = re.compile(r"(?<=\d)\s?\{\s?,\s?\}\s?(?=\d{3})")
_TEXT_COMMAND = re.compile(r"\\(?:textbf|mathbf|boldsymbol|underline|textit|bm)\s?\{([^{}]*)\}")


def without_reason(masked: str, start: int, end: int, *, announced: bool = True) -> int:
    """Where the answer of a statement ends: before "because ...", "which is ...", "(since ...)".

    An announced answer stands at the head of its statement, so more is cut there than from a sentence that may come
    to its result in a later clause. Reads masked text, so that nothing is cut inside mathematics.
    """
    match = (_REMARK if announced else _REASON).search(masked, start + 1, end)
    if match is not None and masked[start : match.start()].strip(_EDGES + ":"):
        end = match.start()
    aside = _TRAILING_ASIDE.search(masked, start, end)
    if aside is not None and masked[start : aside.start()].strip(_EDGES):
        end = aside.start()
    return end


def trim(text: str) -> str:
    """`text` without emphasis, quotes, one pair of delimiters around all of it, labels and final punctuation."""
    text = _THOUSANDS.sub("{,}", text)
    for _ in range(6):
        before = text
        text = text.strip(_EDGES)
        if text.startswith('\\"') and text.endswith("\\"):  # quotes escaped by a careless transport
            text = text[2:-1]
        text = _strip_end(text)
        text = _LABEL.sub("", text)
        for opening, closing in _WRAPPERS:
            inner = text[len(opening) : len(text) - len(closing)]
            if (
                len(text) > len(opening) + len(closing)
                and text.startswith(opening)
                and text.endswith(closing)
                and opening not in inner
                and closing not in inner
            ):
                text = inner
        text = _POLITE_ENDING.sub("", text)
        bold = _TEXT_COMMAND.fullmatch(text)
        if bold is not None:
            text = bold.group(1)
        braced = _BRACED.fullmatch(text)
        if braced is not None:
            text = braced.group(1)
        if text == before:
            break
    return text


def _strip_end(text: str) -> str:
    while text:
        if text.endswith("..."):
            return text
        if text[-1] in ".,;:。，；：！" or (text[-1] == "!" and not text[:-1].strip().isdigit()):
            if text.endswith(("\\.", "\\,", "\\;", "\\:")):
                text = text[:-2].rstrip()
                continue
            text = text[:-1].rstrip()
            continue
        if text.endswith("</s>"):
            text = text[:-4].rstrip()
            continue
        return text
    return text
