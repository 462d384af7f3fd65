"""The surface of a short scalar answer: wrappers, LaTeX spacing and typographic variants folded to one plain line.

For the scalar kinds only (number, quantity, ratio, date, base). It changes how a value is written, never which value
is written; what it cannot fold it leaves as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Longer texts are not one scalar with a unit; the bound keeps every pattern of these kinds cheap on hostile input.
SCALAR_CHARACTERS = 400

_FOLDED = str.maketrans(
    {
        **{chr(0xFF01 + offset): chr(0x21 + offset) for offset in range(94)},  # full-width forms of ASCII
        **{chr(0x0660 + digit): str(digit) for digit in range(10)},  # Arabic-Indic digits
        **{chr(0x06F0 + digit): str(digit) for digit in range(10)},  # extended Arabic-Indic digits
        **{chr(0x0966 + digit): str(digit) for digit in range(10)},  # Devanagari digits
        **dict.fromkeys("−–—‒﹣⁻₋", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000\t\n\r", " "),
        # zero-width marks, byte-order mark, direction marks
        **dict.fromkeys(
            "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", ""
        ),
        **dict.fromkeys("⁄∕", "/"),
        **dict.fromkeys("✕✖⨯╳", "×"),
        **dict.fromkeys("⋅∙•‧", "·"),
        **dict.fromkeys("’‘′ʹ", "'"),
        **dict.fromkeys("”“″", '"'),
        **dict.fromkeys("º˚", "°"),
        "。": ".",
        "、": ",",
        "∶": ":",
        "￥": "¥",
        "￡": "£",
        "٫": ".",
        "٬": ",",
        "℃": "°C",
        "℉": "°F",
        "½": " 1/2",
        "⅓": " 1/3",
        "⅔": " 2/3",
        "¼": " 1/4",
        "¾": " 3/4",
        "⅕": " 1/5",
        "⅖": " 2/5",
        "⅗": " 3/5",
        "⅘": " 4/5",
        "⅙": " 1/6",
        "⅚": " 5/6",
        "⅛": " 1/8",
        "⅜": " 3/8",
        "⅝": " 5/8",
        "⅞": " 7/8",
    }
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_RAISED_RUN = re.compile(r"-?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")

# LaTeX commands whose backslash and first letter a careless JSON or Python string turned into a control character.
_MANGLED = {"\x07": r"\a", "\x08": r"\b", "\x0b": r"\v", "\x0c": r"\f", "\t": r"\t", "\r": r"\r"}
_MANGLED_RUN = re.compile(r"[\x07\x08\x0b\x0c\t\r](?=[a-zA-Z])")

_THIN = re.compile(r"(?:\s|\\[,;: ]){0,3}\\!\s{0,3}")
_SPACING = re.compile(r"\\(?:[,;:>/ ]|q?quad(?![a-zA-Z])|(?:en|thin|nobreak)space(?![a-zA-Z]))|~")
_TEXT = re.compile(
    r"\\(?:text|mbox|hbox|mathrm|mathbf|mathsf|mathit|textbf|textit|textrm|textsf|texttt|textnormal|operatorname|emph"
    r"|boldsymbol|bm|underline|bf|rm|it)\s?\{([^{}]{0,200})\}"
)
# \frac{\text{m}}{\text{s}} beside a number is the unit m/s
_UNIT_FRACTION = re.compile(
    r"(?<=[\d })])\\frac\s?\{\s?\\(?:text|mathrm|rm)\s?\{\s?([a-zA-Zµ ]{1,20})\}\s?\}"
    r"\s?\{\s?\\(?:text|mathrm|rm)\s?\{\s?([a-zA-Zµ]{1,20}(?:\^\d)?)\s?\}\s?\}"
)
_DEGREES = re.compile(r"\^?\s?\{?\s?\\(?:text)?(?:circ|degree)(?![a-zA-Z])\s?\}?|\^\s?\{?°\}?")
_FRACTION = re.compile(r"\\[dtc]frac(?![a-zA-Z])")
_SIZING = re.compile(r"\\(?:left|right|big|Big|bigg|Bigg|displaystyle|textstyle)(?![a-zA-Z])")
_DOLLAR = re.compile(r"(?<!\\)\$")
# of an odd number of dollar signs, those beside a command or brace delimit mathematics and are not money
_LONE_DELIMITER = re.compile(r"(?<!\\)\$(?=\s*\\[a-zA-Z])|(?<=[}%])\$")
_BOX = re.compile(r"\s*\\(?:boxed|fbox)\s?\{")
_APPROXIMATE = re.compile(r"^(?:\\approx|\\simeq|\\sim|≈|≃|∼|≅|=)\s?")
_BLANKS = re.compile(r"\s{2,}")


@lru_cache(maxsize=512)
def surface(text: str) -> str:
    """`text` on one line, without math delimiters, boxes, emphasis, spacing commands and typographic variants."""
    if not text.isascii():
        text = _RAISED_RUN.sub(lambda run: "^" + run.group().translate(_RAISED), text)
        text = text.translate(_FOLDED)
    if "\\" in text or "$" in text or "{" in text or "~" in text or _MANGLED_RUN.search(text):
        text = _plain_from_latex(text)
    text = _BLANKS.sub(" ", text).strip("*`_ \t\n\r")
    text = text.rstrip(",;:*`_ \\") if text.endswith("...") else text.rstrip(".,;:*`_ \\")
    while len(text) > 2 and text[0] == "{" and text[-1] == "}" and "{" not in text[1:]:
        text = text[1:-1].strip()
    return text


def unboxed(text: str) -> str:
    """`text` without an outer box; anything after the closing brace must be punctuation or delimiters."""
    match = _BOX.match(text)
    if match is None:
        return text
    depth = 1
    for index in range(match.end(), len(text)):
        character = text[index]
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                rest = text[index + 1 :].strip()
                return text[match.end() : index] + (" " + rest if rest else "")
    return text


def _plain_from_latex(text: str) -> str:
    text = _MANGLED_RUN.sub(lambda control: _MANGLED[control.group()], text)
    if "$" in text:
        text = (_DOLLAR if len(_DOLLAR.findall(text)) % 2 == 0 else _LONE_DELIMITER).sub("", text)
    if "\\" not in text:
        return _APPROXIMATE.sub("", text.replace("{,}", ",").strip())
    for opening, closing in ((r"\(", r"\)"), (r"\[", r"\]")):
        if opening in text:
            text = text.replace(opening, " ").replace(closing, " ")
    while True:
        inner = unboxed(text)
        if inner is text:
            break
        text = inner
    text = _THIN.sub("", text)
    text = _SPACING.sub(" ", text).replace("{,}", ",")
    text = _DEGREES.sub("°", text)
    text = _FRACTION.sub(r"\\frac", text)
    text = _SIZING.sub("", text)
    text = _UNIT_FRACTION.sub(r" \1/\2", text)
    text = _TEXT.sub(r" \1", _TEXT.sub(r" \1", text))
    text = text.replace(r"\times", "×").replace(r"\cdot", "·").replace(r"\%", "%").replace(r"\$", "$")
    return _APPROXIMATE.sub("", text.strip())
