"""Normalised text → tokens. One regular expression, one pass; words and commands are told apart by tables.

A token is (kind, value, spaced): `spaced` says whether white space stood before it, which separates "1 000" from a list
and a word from its neighbour.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Final, NamedTuple

from reward_service.errors import InputLimitExceeded
from reward_service.limits import InputLimits
from reward_service.verifiers.parsing import vocabulary

# Token kinds
NUMBER: Final = "number"  # value: (int | Fraction, decimal places or None, digits as written)
NAME: Final = "name"  # a variable
FUNCTION: Final = "function"
COMMAND: Final = "command"  # any other \command, without its backslash
TEXT: Final = "text"
SIGN: Final = "sign"  # one character, or one of the multi-character operators
RELATION: Final = "relation"
WORD: Final = "word"  # "and", "or", and the openers of a condition
END: Final = "end"


class Token(NamedTuple):
    """One token; `start` is where it begins in the normalised text."""

    kind: str
    value: Any
    spaced: bool = False
    start: int = 0


END_TOKEN: Final = Token(END, "")

_TOKEN: Final = re.compile(
    r"(?P<space>(?:\s|\\[,;:!> ]|~)+)"
    r"|(?P<grouped>\d{1,3}(?:(?:\{,\}|,\\! ?|\\[,;:!]|\\ |~)\d{3})+(?!\d)(?:\.\d+)?)"
    r"|(?P<commas>[1-9]\d{0,2}(?:,\d{3})+(?!\d)(?:\.\d+)?)"
    r"|(?P<blanks>[1-9]\d{0,2}(?: \d{3})+(?!\d)(?:\.\d+)?)"
    r"|(?P<number>\d+(?:\.\d+)?|\.\d+)"
    r"|(?P<command>\\[A-Za-z]+\*?)"
    r"|(?P<escaped>\\[^A-Za-z])"
    r"|(?P<word>[A-Za-z]+|[^\x00-\x7f]+)"
    r"|(?P<operator>\*\*|//|<=|>=|=<|=>|!=|==|:=|<>|&&|\|\||\.\.\.+)"
    r"|(?P<sign>[^\s])",
    re.DOTALL,
)
_DECIMALS: Final = re.compile(r"(?:,|\{,\})(\d+)(?![.\d])")
_EXPONENT: Final = re.compile(r"[eE]([+-]?\d{1,6})(?![\d.]|[A-Za-z])")
_REPEATING: Final = re.compile(r"\\(?:overline|bar|dot)\s?\{?(\d{1,50})\}?|\((\d{1,50})\)(?!\s*[\d(A-Za-z\\^*/])")
_BRACED: Final = re.compile(r"\s*\{([^{}]*)\}")


_NUMBER_SETS: Final = frozenset("RZNQC")


def tokenise(text: str, limits: InputLimits, *, comma: str) -> list[Token]:
    """The tokens of normalised text, ending with END.

    `comma` is what a comma between digits may be: "group" for thousands (1,234), "list" for a separator only, or
    "decimal" for a decimal sign (2,5).

    Raises InputLimitExceeded for a number of too many digits or too many tokens.
    """
    tokens: list[Token] = []
    append = tokens.append
    position, length, spaced = 0, len(text), False
    match_at = _TOKEN.match
    depth = 0
    while position < length:
        found = match_at(text, position)
        if found is None:  # a lone character outside every class, such as a surrogate
            position += 1
            continue
        kind, value, start = found.lastgroup, found.group(), position
        position = found.end()
        if kind == "space":
            spaced = True
            continue
        if kind == "sign" or kind == "operator":
            position = _add_sign(append, value, spaced, start, position, text)
            if value in "([":
                depth += 1
            elif value in ")]":
                depth = max(0, depth - 1)
        elif kind == "number":
            if comma == "decimal" and "." not in value:
                decimals = _DECIMALS.match(text, position)
                if decimals is not None:
                    value, position = f"{value}.{decimals.group(1)}", decimals.end()
            position = _add_number(append, value, spaced, start, position, text, limits)
        elif kind == "grouped" or kind == "commas" or kind == "blanks":
            if (kind == "commas" and (depth or comma != "group")) or (kind == "blanks" and depth):
                value = value[: re.match(r"\d+", value).end()]  # type: ignore[union-attr]
                position = start + len(value)
            if comma == "decimal" and kind == "commas":
                decimals = _DECIMALS.match(text, position)
                if decimals is not None:
                    value, position = f"{value}.{decimals.group(1)}", decimals.end()
            digits = re.sub(r"[^\d.]", "", value)
            position = _add_number(append, digits, spaced, start, position, text, limits)
        elif kind == "command":
            position = _add_command(tokens, value[1:].rstrip("*"), spaced, start, position, text)
        elif kind == "escaped":
            append(Token(SIGN, value, spaced, start))
        else:
            _add_word(tokens, value, spaced, start, text, position)
        spaced = False
        if len(tokens) > 4 * limits.nodes:
            raise InputLimitExceeded(f"more than {4 * limits.nodes} tokens")
    append(END_TOKEN)
    return tokens


def _add_sign(append: Any, value: str, spaced: bool, start: int, position: int, text: str) -> int:
    if value in vocabulary.RELATIONS:
        append(Token(RELATION, vocabulary.RELATIONS[value], spaced, start))
    elif value == "<>":
        append(Token(RELATION, "!=", spaced, start))
    elif value == "**":
        append(Token(SIGN, "^", spaced, start))
    elif value == "//":
        append(Token(RELATION, "parallel", spaced, start))
    elif value == "&&":
        append(Token(WORD, "and", spaced, start))
    elif value == "||":
        append(Token(SIGN, "|", spaced, start))
        append(Token(SIGN, "|", False, start + 1))
    elif value.startswith("..."):
        append(Token(COMMAND, "ldots", spaced, start))
    else:
        append(Token(SIGN, value, spaced, start))
    return position


def _add_number(
    append: Any, digits: str, spaced: bool, start: int, position: int, text: str, limits: InputLimits
) -> int:
    if len(digits) > limits.digits:
        raise InputLimitExceeded(f"a number of {len(digits)} digits, the limit is {limits.digits}")
    whole, point, decimals = digits.partition(".")
    if not point and text[position : position + 1] == "." and text[position + 1 : position + 2] in ("\\", "("):
        repeated = _REPEATING.match(text, position + 1)
        if repeated:
            point = "."
            position += 1
    if point:
        repeated = _REPEATING.match(text, position)
        if repeated:
            block = repeated.group(1) or repeated.group(2)
            value = Fraction(int((whole or "0") + decimals + block) - int((whole or "0") + decimals))
            value /= 10 ** len(decimals) * (10 ** len(block) - 1)
            append(Token(NUMBER, (value, None, digits), spaced, start))
            return repeated.end()
        scale = 10 ** len(decimals)
        exact: int | Fraction = Fraction(int(whole or "0") * scale + int(decimals or "0"), scale)
        places: int | None = len(decimals)
    else:
        exact, places = int(whole), None
    letter = text[position : position + 1]
    if letter == "e" or letter == "E":
        exponent = _EXPONENT.match(text, position)
        if exponent and (point or letter == "E" or len(exponent.group(1)) > 2 or exact == 1):
            shift = int(exponent.group(1))
            if abs(shift) <= 1000:
                exact = exact * Fraction(10) ** shift
                places = None if places is None else max(0, places - shift)
                append(Token(NUMBER, (Fraction(exact), places, digits), spaced, start))
                return exponent.end()
    append(Token(NUMBER, (exact, places, digits), spaced, start))
    return position


def _add_command(tokens: list[Token], name: str, spaced: bool, start: int, position: int, text: str) -> int:
    append = tokens.append
    if name in vocabulary.TEXT_COMMANDS:
        return _add_text(tokens, name, spaced, start, position, text)
    if name in vocabulary.RELATIONS:
        append(Token(RELATION, vocabulary.RELATIONS[name], spaced, start))
    elif name in vocabulary.FUNCTIONS and name not in vocabulary.STRUCTURAL:
        append(Token(FUNCTION, vocabulary.FUNCTIONS[name], spaced, start))
    elif name in vocabulary.GREEK:
        append(Token(NAME, vocabulary.GREEK_SPELLING.get(name, name), spaced, start))
    elif name in vocabulary.CONNECTIVES:
        append(Token(WORD, vocabulary.CONNECTIVES[name], spaced, start))
    elif name == "mathbb" or name == "Bbb":
        braced = _BRACED.match(text, position)
        letter = braced.group(1).strip() if braced else text[position : position + 2].strip()[:1]
        append(Token(COMMAND, "mathbb", spaced, start))
        append(Token(TEXT, letter, False, start))
        return braced.end() if braced else position + 1 + (text[position : position + 1] == " ")
    elif name in ("rac", "dfrac", "tfrac", "cfrac", "fracc", "frac"):
        append(Token(COMMAND, "frac", spaced, start))
    elif name in ("vert", "Vert"):
        append(Token(SIGN, "|", spaced, start))
    elif name in ("quad", "qquad", "enspace", "thinspace"):
        pass
    else:
        glued = _glued(name)
        if glued is not None:
            position = start + 1 + len(glued)
            return _add_command(tokens, glued, spaced, start, position, text)
        append(Token(COMMAND, name, spaced, start))
    return position


def _glued(name: str) -> str | None:
    """The command at the front of a name that ran into the letters after it, as \\cdotx or \\quadx."""
    if name in vocabulary.KNOWN_COMMANDS:
        return None
    for front in vocabulary.GLUABLE:
        if name.startswith(front) and len(name) <= len(front) + 2:
            return front
    return None


def _add_text(tokens: list[Token], name: str, spaced: bool, start: int, position: int, text: str) -> int:
    braced = _BRACED.match(text, position)
    if braced is None:
        if name in vocabulary.MATHS_FONTS or text[position : position + 2].strip().startswith("{"):
            return position  # \mathbf{\hat{v}}, \mathbf x: the font is dropped, the content is read as mathematics
        return position
    content = braced.group(1)
    words = content.strip()
    end = braced.end()
    if name == "operatorname" or (
        name in ("mathrm", "text", "rm", "mathsf", "textrm") and words in vocabulary.FUNCTIONS
    ):
        known = vocabulary.FUNCTIONS.get(words)
        if known is not None:
            tokens.append(Token(FUNCTION, known, spaced, start))
            return end
    if name not in ("mathrm", "operatorname", "rm") and words.lower() in vocabulary.CONNECTIVES:
        tokens.append(Token(WORD, vocabulary.CONNECTIVES[words.lower()], spaced, start))
        return end
    first, _, after = words.partition(" ")
    earlier, _, last = words.rpartition(" ")
    if after and last.lower() in vocabulary.CONNECTIVES:  # "\\text{ cm and }"
        tokens.append(Token(TEXT, earlier.strip(), spaced, start))
        tokens.append(Token(WORD, vocabulary.CONNECTIVES[last.lower()], True, start))
        return end
    if after and first.lower() in vocabulary.CONNECTIVES:
        tokens.append(Token(WORD, vocabulary.CONNECTIVES[first.lower()], spaced, start))
        tokens.append(Token(TEXT, after.strip(), True, start))
        return end
    if len(words) == 1 and words.isalpha():
        before = tokens[-1] if tokens else END_TOKEN
        measured = before.kind == NUMBER or (before.kind == SIGN and before.value in (")", "}"))
        unit = measured and words in vocabulary.UNIT_LETTERS and name not in vocabulary.MATHS_FONTS
        tokens.append(Token(TEXT if unit else NAME, words, spaced, start))
        return end
    if name in vocabulary.MATHS_FONTS or not words or not _WORD_INSIDE.search(words):
        # \mathbf{2}, \text{:}: the content is read as mathematics
        return position
    tokens.append(Token(TEXT, words, spaced, start))
    return end


_WORD_INSIDE: Final = re.compile(r"[A-Za-z]{2}|[^\x00-\x7f]")

_WORD_PARTS: Final = tuple(
    sorted(
        {name for name in vocabulary.FUNCTIONS if name not in vocabulary.SHORT_FUNCTIONS}
        | vocabulary.PLAIN_GREEK
        | {"pi", "infty", "infinity", "oo"},
        key=len,
        reverse=True,
    )
)


def _add_word(tokens: list[Token], word: str, spaced: bool, start: int, text: str, position: int) -> None:
    append = tokens.append
    lower = word.lower()
    if lower in vocabulary.CONNECTIVES:
        append(Token(WORD, vocabulary.CONNECTIVES[lower], spaced, start))
    elif len(word) == 1 and word.isascii():
        append(Token(NAME, word, spaced, start))
    elif lower in ("mod", "modulo"):
        append(Token(COMMAND, "mod", spaced, start))
    elif word in ("Matrix", "matrix", "array") and text[position : position + 1] == "(":
        pass  # a program's spelling of a matrix: its bracket holds the rows
    elif word in vocabulary.MEASURES and tokens and tokens[-1].kind == NUMBER:
        append(Token(TEXT, word, spaced, start))
    elif lower in vocabulary.CONDITIONS:
        append(Token(TEXT, lower, spaced, start))
    elif word in vocabulary.FUNCTIONS and (
        word not in vocabulary.SHORT_FUNCTIONS or text[position : position + 1] == "("
    ):
        append(Token(FUNCTION, vocabulary.FUNCTIONS[word], spaced, start))
    elif not word.isascii():
        append(Token(TEXT, word, spaced, start))
    elif len(word) == 3 and word.startswith("or") and tokens and tokens[-1].kind in (NUMBER, SIGN, NAME):
        append(Token(WORD, "or", spaced, start))
        append(Token(NAME, word[2], False, start))
    else:
        pieces = _pieces(word)
        if pieces is None:
            append(Token(TEXT, word, spaced, start))
            return
        for index, piece in enumerate(pieces):
            first = spaced and index == 0
            if piece in vocabulary.FUNCTIONS:
                append(Token(FUNCTION, vocabulary.FUNCTIONS[piece], first, start))
            elif piece in vocabulary.INFINITY_WORDS:
                append(Token(COMMAND, "infty", first, start))
            elif piece == "pi":
                append(Token(COMMAND, "pi", first, start))
            else:
                append(Token(NAME, piece, first, start))


def _pieces(word: str) -> list[str] | None:
    """A run of letters cut into function names, Greek names and variables, or None where it is a word of prose."""
    pieces: list[str] = []
    letters = 0
    position = 0
    while position < len(word):
        for name in _WORD_PARTS:
            if word.startswith(name, position):
                pieces.append(name)
                position += len(name)
                break
        else:
            pieces.append(word[position])
            letters += 1
            position += 1
    if len(word) <= 2 or (letters <= 2 and len(pieces) > letters and len(pieces) - letters <= 3):
        return pieces
    singles = [piece for piece in pieces if len(piece) == 1]
    plausible = len(set(singles)) >= len(singles) - 1 and all(letter in vocabulary.VARIABLES for letter in singles)
    return pieces if plausible and len(singles) <= 8 and not _pronounceable(word) else None


def _pronounceable(word: str) -> bool:
    """Whether letters that could all be variables read as a word: a vowel between consonants, not in reverse order."""
    return word.islower() and word in {
        "and",
        "bad",
        "bar",
        "can",
        "day",
        "dub",
        "man",
        "map",
        "may",
        "pay",
        "par",
        "say",
        "was",
        "way",
    }
