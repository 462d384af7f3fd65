"""Text of an answer → the same text in one spelling: Unicode, HTML, damaged escapes and wrappers become plain LaTeX.

Only spelling changes here, never meaning. Every rule is a table or a regular expression without nested repetition.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SUPERSCRIPTS: Final = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣᵃᵇᶜᵏᵐᵗ", "0123456789+-=()nixabckmt", strict=True))
_SUBSCRIPTS: Final = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢₖₗₘₙₒₚₓₜ", "0123456789+-=()aehiklmnopxt", strict=True))

_GREEK: Final = dict(
    zip(
        "αβγδεζηθικλμνξπρσςτυφχψωϕϵϑΓΔΘΛΞΠΣΦΨΩ",
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "pi",
            "rho",
            "sigma",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
            "phi",
            "epsilon",
            "theta",
            "Gamma",
            "Delta",
            "Theta",
            "Lambda",
            "Xi",
            "Pi",
            "Sigma",
            "Phi",
            "Psi",
            "Omega",
        ],
        strict=True,
    )
)

_SIGNS: Final = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "﹣": "-", "－": "-",
    "×": r"\times ", "✕": r"\times ", "⨯": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "•": r"\cdot ",
    "∗": "*", "÷": r"\div ", "∕": "/", "⁄": "/", "／": "/",
    "≤": r"\le ", "≦": r"\le ", "⩽": r"\le ", "≥": r"\ge ", "≧": r"\ge ", "⩾": r"\ge ", "≠": r"\neq ", "≈": r"\approx ",
    "≡": r"\equiv ", "∼": r"\sim ", "∝": r"\propto ",
    "∞": r"\infty ", "√": r"\sqrt ", "∛": r"\cbrt ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ", "∉": r"\notin ",
    "∅": r"\emptyset ", "⌀": r"\emptyset ", "±": r"\pm ", "∓": r"\mp ", "°": r"^\circ ", "º": r"^\circ ",
    "˚": r"^\circ ",
    "′": "'", "’": "'", "‘": "'", "″": "''", "“": '"', "”": '"',
    "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "⟨": r"\langle ", "⟩": r"\rangle ",
    "〈": r"\langle ", "〉": r"\rangle ", "∣": r"\mid ", "∥": r"\| ", "‖": r"\| ", "∀": r"\forall ", "∃": r"\exists ",
    "∧": r"\land ", "∨": r"\lor ", "¬": r"\neg ", "⇒": r"\Rightarrow ", "→": r"\to ", "⇔": r"\Leftrightarrow ",
    "∖": r"\setminus ", "⊂": r"\subset ", "⊆": r"\subseteq ", "∑": r"\sum ", "∏": r"\prod ", "∫": r"\int ",
    "∂": r"\partial ", "∠": r"\angle ", "△": r"\triangle ", "⊥": r"\perp ", "…": r"\ldots ", "⋯": r"\cdots ",
    "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}", "ℏ": r"\hbar ",
    "ℓ": r"\ell ", "，": ",", "、": ",", "；": ";", "：": ":", "。": ".", "（": "(", "）": ")", "【": "[", "】": "]",
    "｛": r"\{", "｝": r"\}", "＜": "<", "＞": ">", "＝": "=", "％": "%", "∶": ":", "½": r"\frac{1}{2}",
    "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}", "⅕": r"\frac{1}{5}",
    "⅛": r"\frac{1}{8}", "⅜": r"\frac{3}{8}", "⅝": r"\frac{5}{8}", "⅞": r"\frac{7}{8}", "⅙": r"\frac{1}{6}",
    "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u3000": " ", "\u2002": " ", "\u2003": " ", "\u2061": "",
    "\u2062": "",
}  # fmt: skip

_INVISIBLE: Final = dict.fromkeys(
    [0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
_TABLE: Final[dict[int, str | None]] = {
    **{ord(sign): text for sign, text in _SIGNS.items()},
    **{ord(letter): f"\\{name} " for letter, name in _GREEK.items()},
    **_INVISIBLE,
}
_SUPERSCRIPT_RUN: Final = re.compile("[" + re.escape("".join(_SUPERSCRIPTS)) + "]+")
_CIRCLED_RUN: Final = re.compile("[①-⑳]+")  # statements ①②④ are a list of labels, not the number 124
_SUBSCRIPT_RUN: Final = re.compile("[" + re.escape("".join(_SUBSCRIPTS)) + "]+")

# A control character before the rest of a command's name is what a JSON or Python escape left of "\f", "\t", "\b", ...
_DAMAGED: Final = re.compile(
    r"\\?\x0c(?=rac|loor|orall)|\x08(?=egin|oxed|inom|eta|ar\b|ig|mod)|\t(?=ext|imes|an\b|heta|frac|o\b|riangle|au\b)"
    r"|\r(?=ight|ho\b|angle|ceil|floor|ac\{)|\n(?=eq\b|abla|otin|u\b|mid)|\x07(?=lpha|ngle|rc)|\x0b(?=ec|ert|arphi)"
)
_LOST_LETTER: Final = {
    "\x0c": r"\f", "\x08": r"\b", "\t": r"\t", "\r": r"\r", "\n": r"\n", "\x07": r"\a", "\x0b": r"\v"
}  # fmt: skip
# "rac{...}{" and "ext{": the same damage where the control character was stripped, too.
_BEHEADED: Final = re.compile(r"(?<![A-Za-z\\])(?:rac(?=\{)|ext(?=\{)|qrt(?=[\[{])|imes(?![A-Za-z]))")
_BEHEADED_NAME: Final = {"rac": r"\frac", "ext": r"\text", "qrt": r"\sqrt", "imes": r"\times "}
_DOUBLED: Final = re.compile(r"\\\\(?=[A-Za-z{}()\[\]%$])")
_WRITTEN_BREAK: Final = re.compile(r"\\[nrt](?![A-Za-z])")  # an escaped line break that was never unescaped
_NEGATED: Final = re.compile(r"\\not\s?(=|\\in(?![A-Za-z])|\\equiv(?![A-Za-z])|<|>)")
_NEGATIONS: Final = {
    "=": r"\neq ", "\\in": r"\notin ", "\\equiv": r"\nequiv ", "<": r"\ge ", ">": r"\le "
}  # fmt: skip
_HTML: Final = re.compile(r"</?(?:sup|sub|b|i|em|strong|br|p|span)\s?/?>", re.IGNORECASE)
_HTML_ENTITY: Final = re.compile(r"&(?:lt|gt|le|ge|ne|amp|nbsp|times|pi|deg);")
_ENTITIES: Final = {
    "&lt;": "<", "&gt;": ">", "&le;": r"\le ", "&ge;": r"\ge ", "&ne;": r"\neq ", "&amp;": "&", "&nbsp;": " ",
    "&times;": r"\times ", "&pi;": r"\pi ", "&deg;": r"^\circ ",
}  # fmt: skip
_WRAPPERS: Final = re.compile(r"\$\$|(?<!\\)\$|\\\(|\\\)|\\\[|\\\](?!\s*[-+*/^])|`")
_LEFT_RIGHT: Final = re.compile(
    r"\\(?:left|right|middle|mleft|mright|bigl|bigr|bigm|Bigl|Bigr|Bigm|biggl|biggr|Biggl|Biggr|biggm|big|Big|bigg|Bigg)"
    r"(?=[^A-Za-z]|$)\s*\.?"
)
_END: Final = re.compile(r"\\end\s?\{[a-z]+\*?\}")
_SPACING: Final = re.compile(
    r"\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits|hfill|qquad|quad|enspace|thinspace|nonumber|notag|hline"
    r"|centering|space|strut|null|phantom\{[^{}]*\}|hspace\*?\{[^{}]*\}|vspace\*?\{[^{}]*\}|label\{[^{}]*\}|tag\*?\{[^{}]*\})"
    r"(?![A-Za-z])"
)
# \quad and kin separate, so they become a space; \, \! \; \: ~ are dealt with by the tokens.


def normalised(text: str) -> str:
    """`text` in one spelling. Linear in its length."""
    if not text.isascii():
        text = _ascii(text)
    if "\\" in text or "\x0c" in text or "\t" in text or "\x08" in text or "{" in text or "<" in text or "&" in text:
        text = _repaired(text)
    if "$" in text or "\\" in text or "`" in text:
        text = _WRAPPERS.sub(" ", text)
    return text.strip()


def _ascii(text: str) -> str:
    text = _CIRCLED_RUN.sub(
        lambda run: ",".join(f"\\circled{chr(ord(sign) - 0x2460 + 65)} " for sign in run.group()), text
    )
    text = _SUPERSCRIPT_RUN.sub(lambda run: "^{" + "".join(_SUPERSCRIPTS[sign] for sign in run.group()) + "}", text)
    text = _SUBSCRIPT_RUN.sub(lambda run: "_{" + "".join(_SUBSCRIPTS[sign] for sign in run.group()) + "}", text)
    text = text.translate(_TABLE)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_TABLE)
    return text


def _repaired(text: str) -> str:
    if not text.isprintable():
        text = _DAMAGED.sub(lambda found: _LOST_LETTER[found.group()[-1]], text)
    if "rac{" in text or "ext{" in text or "qrt" in text or "imes" in text:
        text = _BEHEADED.sub(lambda found: _BEHEADED_NAME[found.group()], text)
    if "\\\\" in text and "\\begin" not in text:
        text = _DOUBLED.sub(r"\\", text)
    elif "\\\\begin" in text:
        text = text.replace("\\\\\\\\", "\\\\ ") if "\\\\\\\\" in text else text
        text = _DOUBLED.sub(r"\\", text)
    text = _WRITTEN_BREAK.sub(" ", text)
    if "\\not" in text:
        text = _NEGATED.sub(lambda found: _NEGATIONS[found.group(1)], text)
    if "<" in text:
        text = _HTML.sub(_html, text)
    if "&" in text:
        text = _HTML_ENTITY.sub(lambda found: _ENTITIES[found.group()], text)
    if "\\" in text:
        if "\\end" in text and "\\begin" not in text:
            text = _END.sub(" ", text)
        text = _LEFT_RIGHT.sub(" ", text)
        text = _SPACING.sub(" ", text)
    return text


def _html(found: re.Match[str]) -> str:
    tag = found.group().lower()
    if "sup" in tag:
        return "}" if "/" in tag else "^{"
    if "sub" in tag:
        return "}" if "/" in tag else "_{"
    return " "
