"""What a question says of its answer: what is counted or named, and which numbers it gives. Never the answer"
" itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ASKED = re.compile(r"\b(?:(?P<count>how many|how much)|(?P<what>what)|which)\s+(?P<nouns>(?:[a-z]+[ -]){0,2}[a-z]+)")
_WHEN = re.compile(r"(?:^|[.?!]\s)\s*when (?:did|was|is|does|were|has|had)\b")
_BLANK = re.compile(r"(?:\(_+\)|_{2,})\s*([a-z]+)")
_PAIR = re.compile(r"(?:([a-z]+)\W{0,3})?(?<![\w.])(\d[\d,.]{0,20})(?:\W{0,3}([a-z]+))?")
_WORD = re.compile(r"[a-z]+")
# Things told apart by a number: "what year", but not "what cost".
_NUMBERED = frozenset(
    {
        "year", "week", "day", "month", "page", "row", "column", "floor", "grade", "level", "step", "round", "period",
        "section", "chapter", "hour", "group", "figure", "room", "century", "decade", "quarter",
    }
)  # fmt: skip
_GENERIC = frozenset(
    {
        "is", "are", "was", "were", "the", "of", "a", "an", "value", "number", "does", "do", "did", "percentage",
        "percent", "will", "would", "can", "many", "much", "total", "has", "have", "for", "in", "to", "at", "on",
        "one", "he", "she", "it", "they", "we", "you", "i", "there", "more", "money",
    }
)  # fmt: skip
_COMMON = frozenset(
    {
        "the", "and", "for", "are", "was", "were", "what", "which", "how", "many", "much", "does", "that", "this",
        "with", "from", "have", "has", "there", "their", "they", "per", "you", "your", "please", "answer", "question",
        "requiring", "integer", "provide", "final", "value", "end", "hint", "floating", "point", "number", "decimal",
        "place", "two", "one",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a question says of its answer.

    `counted`: nouns after "how many"; `named`: nouns whose number is asked ("which week"); `year`: a year is asked;
    `given`: numbers with a word beside them in the question; `words`: the question's own words. All stemmed.
    """

    counted: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    given: frozenset[tuple[str, str]] = frozenset()
    words: frozenset[str] = frozenset()
    year: bool = False


NOTHING_ASKED = Asked()


def read_question(question: str) -> Asked:
    """What a question asks for and gives. The part behind the last "Question:" counts, without hints on format."""
    text = question[-2_000:]
    at = text.rfind("Question:")
    text = (text[at + 9 :] if at >= 0 else text).split("\nHint:")[0].split("\nSolution:")[0].lower()
    if not text.strip():
        return NOTHING_ASKED
    counted: set[str] = set()
    named: set[str] = set()
    for match in _ASKED.finditer(text):
        words = [stem(word) for word in match["nouns"].replace("-", " ").split() if word not in _GENERIC]
        if match["count"]:
            counted.update(words)
        else:
            named.update(words if not match["what"] else _NUMBERED.intersection(words))
    counted.update(stem(match[1]) for match in _BLANK.finditer(text))
    given = {
        (match[2].rstrip(".,"), stem(word)) for match in _PAIR.finditer(text) for word in (match[1], match[3]) if word
    }
    return Asked(
        counted=frozenset(counted),
        named=frozenset(named),
        given=frozenset(given),
        words=frozenset(stem(word) for word in _WORD.findall(text) if len(word) > 2 and word not in _COMMON),
        year="year" in named or bool(_WHEN.search(text)),
    )


def stems(text: str) -> list[str]:
    """The words of a text in lower case, singular."""
    return [stem(word) for word in _WORD.findall(text)]


def stem(word: str) -> str:
    """A word without its plural ending: boxes, batches, berries, miles."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and len(word) > 3 and not word.endswith("ss") else word
