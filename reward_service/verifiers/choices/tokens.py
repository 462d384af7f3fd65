"""Option texts and answers as comparable tokens: words, numbers, operators, with LaTeX and typography taken off.

Two texts that a reader would call the same answer ("145°", "$145^{\\circ}$", "145 degrees") get the same tokens. It
compares spelling, not value: values are compared in values.py.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from reward_service.verifiers.choices.vocabulary import words

MAX_CHARACTERS = 2_000
_MAX_NESTED_FRACTIONS = 6
_ARTICLE = "an"

_DROPPED_COMMANDS = words(
    "left right displaystyle textstyle limits quad qquad text textbf textit textrm textsf texttt mathrm mathbf mathit "
    "mathsf mathtt mathcal mathbb operatorname boldsymbol bm bf rm it boxed fbox mbox hbox big Big bigl bigr Bigl Bigr "
    "underline overline widehat hat vec bar ensuremath large Large"
)
_NAMED = {
    "cdot": "*", "times": "*", "ast": "*", "div": "/", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥",
    "leqslant": "≤", "geqslant": "≥", "lt": "<", "gt": ">", "ne": "≠", "neq": "≠", "approx": "≈", "infty": "∞",
    "circ": "°", "degree": "°", "pi": "π", "angle": "∠", "triangle": "△", "sqrt": "√", "frac": "frac",
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "rightarrow": "→", "to": "→", "Omega": "Ω", "mu": "µ",
    "theta": "θ", "alpha": "α", "beta": "β", "gamma": "γ", "lambda": "λ", "omega": "ω", "phi": "φ", "Delta": "δ",
    "delta": "δ", "sigma": "σ", "rho": "ρ", "tau": "τ", "sim": "~", "parallel": "∥", "perp": "⊥", "cup": "∪",
    "cap": "∩", "in": "∈", "lbrace": "{", "rbrace": "}",
}  # fmt: skip
_WORDS = {
    "degrees": "°", "degree": "°", "deg": "°", "º": "°", "˚": "°", "pi": "π", "sqrt": "√", "percent": "%",
    "×": "*", "·": "*", "⋅": "*", "∙": "*", "•": "*", "÷": "/", "⁄": "/", "∕": "/", "−": "-", "–": "-", "—": "-",
    "‐": "-", "‑": "-", "Ω": "ω", "μ": "µ", "△": "△", "▲": "△", "∆": "△", "infinity": "∞",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans(
    {c: "^" + d for c, d in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)}
    | {"½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⅓": " 1/3", "⅔": " 2/3", "π": "π", "′": "'", "’": "'", "‘": "'"}
)
_LEXEME = re.compile(
    r"\\(?P<command>[A-Za-z]+)|(?P<number>\d+(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+\.\d+|\.\d+|\d+)"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)?)|\\(?P<escaped>.)|(?P<symbol>[^\s\w])",
    re.DOTALL,
)
_IGNORED = frozenset("$*_`\"“”‘’#~\\,;:.!?。，；：！？、'")


@lru_cache(maxsize=4096)
def tokens_of(text: str, fold: bool = True) -> tuple[str, ...]:
    """Comparable tokens of a short text. Texts over MAX_CHARACTERS are cut: no option is that long.

    "a" before a noun is written as the article "an", so that it stays apart from the name ("sample A", "a and b").
    Without `fold` upper and lower case differ.
    """
    text = text[:MAX_CHARACTERS].translate(_SUPERSCRIPTS)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    capitals = text.isupper()
    lexemes = list(_LEXEME.finditer(text))
    found: list[str] = []
    for place, match in enumerate(lexemes):
        token = _token(match, fold)
        if match[0] in ("a", "A"):
            after = lexemes[place + 1] if place + 1 < len(lexemes) else None
            mid_capital = match[0] == "A" and bool(found) and not capitals
            token = _ARTICLE if not mid_capital and _takes_article(after) else token
        if token == "-" and _joins_words(lexemes, place):
            continue
        if token:
            found.append(token)
    return tuple(_ungrouped(found))


def _joins_words(lexemes: list[re.Match[str]], place: int) -> bool:
    """Whether a hyphen stands between two words, as in "X-linked" but not in "x-y" or "5-3"."""
    if not 0 < place < len(lexemes) - 1:
        return False
    before, after = lexemes[place - 1], lexemes[place + 1]
    if before.end() != lexemes[place].start() or lexemes[place].end() != after.start():
        return False
    sizes = len(before["word"] or ""), len(after["word"] or "")
    return min(sizes) > 0 and max(sizes) > 2


def _takes_article(following: re.Match[str] | None) -> bool:
    """Whether what follows an "a" is a noun or the like, so that the "a" is an article and not a name."""
    word = following["word"] if following else None
    return word is not None and len(word) > 1 and word.casefold() not in ("and", "or", "is", "has", "to", "in", "of")


def words_of(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The tokens without articles, for comparing phrases."""
    kept = tuple(token for token in tokens if token not in ("the", _ARTICLE))
    return kept or tokens


def _token(match: re.Match[str], fold: bool) -> str:
    kind = match.lastgroup
    text = match[0]
    if kind == "command":
        name = match["command"]
        if name in _DROPPED_COMMANDS:
            return ""
        return _NAMED.get(name, name.lower())
    if kind == "number":
        return _plain_number(text)
    if kind == "word":
        word = (text.casefold() if fold else text).removesuffix("'s")
        return _WORDS.get(word, word)
    if kind == "escaped":
        return {"%": "%", "{": "{", "}": "}", "$": ""}.get(match["escaped"], "")
    return "" if text in _IGNORED else _WORDS.get(text, text)


def _plain_number(text: str) -> str:
    """Digits without thousands separators, a leading zero supplied: "1,000" and "1000", ".5" and "0.5" are one."""
    text = text.replace(",", "")
    return "0" + text if text.startswith(".") else text


def _ungrouped(found: list[str]) -> list[str]:
    """Braces and single-token brackets taken off, `frac {a} {b}` written a / b, `^ °` written °."""
    if "frac" in found:
        found = _fractions(found)
    result: list[str] = []
    for index, token in enumerate(found):
        if token in "{}":
            continue
        if token == "^" and index + 1 < len(found):
            after = next((t for t in found[index + 1 : index + 3] if t != "{"), "")
            if after == "°":
                continue
        result.append(token)
    return result


def _fractions(found: list[str], depth: int = 0) -> list[str]:
    result: list[str] = []
    index = 0
    while index < len(found):
        if found[index] != "frac":
            result.append(found[index])
            index += 1
            continue
        top, index_after = _group(found, index + 1, depth)
        bottom, index_end = _group(found, index_after, depth)
        if not top or not bottom:
            index += 1
            continue
        sum_above = any(token in "+-±" for token in top[1:])
        result.extend(["(", *top, ")"] if sum_above else top)
        result.append("/")
        result.extend(bottom if len(bottom) == 1 else ["(", *bottom, ")"])
        index = index_end
    return result


def _group(found: list[str], start: int, depth: int) -> tuple[list[str], int]:
    """The tokens of the brace group (or the single token) at `start`, inner fractions written out, and the end."""
    if start >= len(found):
        return [], start
    if found[start] != "{":
        token = found[start]
        if len(token) > 1 and token.isdigit():  # \frac12 reads 1 / 2
            found[start : start + 1] = list(token)
        return [found[start]], start + 1
    open_braces = 0
    for index in range(start, len(found)):
        if found[index] == "{":
            open_braces += 1
        elif found[index] == "}":
            open_braces -= 1
            if open_braces == 0:
                inner = found[start + 1 : index]
                if "frac" in inner and depth < _MAX_NESTED_FRACTIONS:
                    inner = _fractions(inner, depth + 1)
                return [token for token in inner if token not in "{}"], index + 1
    return [], start
