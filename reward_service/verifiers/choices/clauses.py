"""Sentences of a response and what they assert: the main clause, without its conditions and its reasons."""

from __future__ import annotations

import re

# A full stop inside a number, a name, after an abbreviation or after the label that heads a line ends nothing.
_INNER_STOP = (
    r"\.(?=\d)|\.(?=[A-Za-z)])|(?<=\b[Nn]o)\.(?=\s?\d)|(?<=\b[Ff]ig)\.|(?<=\bvs)\.|(?<=\b[Dd]r)\.|(?<=\b[MmSs][rt])\.|(?<=\bMrs)\."
    r"|(?<=\bapprox)\.|(?<=\bi\.e)\.|(?<=\be\.g)\.|(?<=[A-Z])(?<![^\n][A-Z])\.|(?<=[*-] [A-Z])\.|(?<=\*[A-Z])\."
)
_SENTENCE = re.compile(rf"(?:[^.!?\n。！？]|{_INNER_STOP})+(?:[.!?。！？]+|\n|$)")

_LEADING_CLAUSE = re.compile(
    r"\s*(?:(?:so|thus|therefore|hence|then|also|in conclusion|overall)\b,?\s*)?"
    r"(?:if|when|since|as|because|given|based\s+on|according\s+to|in\s+the|in\s+this|from\s+the|while|although|though|with|"
    r"looking\s+at|considering|assuming|after|before|for|to|without|at)\b[^,]{0,300},\s*",
    re.IGNORECASE,
)
_TRAILING_CLAUSE = re.compile(
    r"(?:,?\s+(?:because|since|if|when|due\s+to|although|though|whereas|while|unless|instead\s+of|rather\s+than|as\s+opposed\s+to"
    r"|compared\s+to|but\s+not|and\s+not)\b|,\s+(?:as|which|but|with|so|not|leading|causing|resulting|meaning|indicating)\b|;).*$",
    re.IGNORECASE | re.DOTALL,
)

_REASON = re.compile(r"\b(?:because|since|due\s+to|although|though|whereas|while)\b|,\s+(?:as|but)\b|;", re.IGNORECASE)
_COPULA = re.compile(
    r"\b(?:is|are|was|were|be|becomes|equals|equal\s+to|approximately|about|exactly|has|have)\b|[=≈]|:(?=\s)|\\approx",
    re.IGNORECASE,
)

_LISTED = re.compile(r"(?:^|\n|[.;] )[ \t*_#>-]{0,8}(?:option\s+)?\(?([A-Z])[).:]", re.IGNORECASE)
_ENTRY = re.compile(r"[ \t*_#>-]{0,8}(?:option\s+)?(?:\([A-Za-z]\)|[A-Za-z][).:])", re.IGNORECASE)


def sentences(text: str) -> list[tuple[int, str]]:
    """The sentences (and lines) of a text with their places."""
    return [(match.start(), match[0]) for match in _SENTENCE.finditer(text) if match[0].strip()]


def is_question(sentence: str) -> bool:
    """Whether the sentence asks instead of saying."""
    return sentence.rstrip().endswith(("?", "？"))


def without_reasons(sentence: str) -> str:
    """The sentence up to the first reason or contrast."""
    return _REASON.split(sentence, maxsplit=1)[0]


def predicate(clause: str) -> str:
    """What stands after the clause's last "is", "=" or colon; the whole clause where none stands."""
    last = None
    for match in _COPULA.finditer(clause):
        last = match
    return clause[last.end() :] if last else clause


def main_clause(sentence: str) -> str:
    """The sentence without up to two leading conditions and without trailing reasons and contrasts."""
    rest = sentence
    for _ in range(2):
        leading = _LEADING_CLAUSE.match(rest)
        if not leading:
            break
        rest = rest[leading.end() :]
    return _TRAILING_CLAUSE.sub("", rest)


def lists_options(flat: str) -> bool:
    """Whether a response goes through the options one by one, each with its label at the head."""
    return len({match[1].upper() for match in _LISTED.finditer(flat[:4_000])}) >= 2


def is_entry(sentence: str) -> bool:
    """Whether a sentence begins with a label, as the entry of a list does."""
    return bool(_ENTRY.match(sentence))
