"""Free text by normalised match: names, words, short phrases. Symmetric, and the last kind that is asked.

Equal are texts with the same words in the same order. Nothing is a substring test: a longer statement that contains the
reference ("Paris, France" for "Paris") or denies it ("not Paris") is another answer. What does not count is stated in
`words`: case (unless the policy says so), articles, punctuation between words, markup, accents, "&" for "and", hyphens,
and number words up to twenty. Plural and tense count.
"""

from __future__ import annotations

import re
import unicodedata

from reward_service.verifiers.choices.vocabulary import ARTICLES, NUMBER_WORDS
from reward_service.verifiers.outcome import Context, Outcome

MAX_CHARACTERS = 5_000

_COMMAND = re.compile(
    r"\\(?:text|textbf|textit|textrm|textsf|texttt|mathrm|mathbf|mathit|mathsf|emph|boxed|fbox|mbox|operatorname|underline)\s{0,3}\{"
)
_SPACES = re.compile(r"\\[,;:! ]|\\q?quad(?![A-Za-z])|~|\\\\")
_DELIMITERS = re.compile(r"\$|\\[()\[\]]|\*\*|__|`|\\left(?![a-z])|\\right(?![a-z])")
_WORD = re.compile(r"-?\d+(?:[.,]\d+)*%?|[^\W\d_]+(?:'[^\W\d_]+)*|[^\s\w.,;:!?\"'()\[\]{}\-]", re.UNICODE)
_INITIALS = re.compile(r"\b(?:[A-Za-z]\.){2,}")
_MATHS = re.compile(r"\\[a-zA-Z]+|[=^<>+*/|]|\d\s*[-(]|[)(]\s*\d")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-"})


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare two texts by their words. Formulas are compared as written, spacing and markup aside."""
    if len(gold) > MAX_CHARACTERS or len(answer) > MAX_CHARACTERS:
        return Outcome(equal=False, rule="text.too_long", reason=f"longer than {MAX_CHARACTERS} characters")
    plain_gold, plain_answer = plain(gold), plain(answer)
    if not plain_gold or not plain_answer:
        return Outcome(equal=False, rule="text.empty", reason="there is no text to compare")
    if plain_gold == plain_answer:
        return Outcome(equal=True, rule="text.exact", reason="the same text")
    if _MATHS.search(plain_gold) or _MATHS.search(plain_answer):
        same = plain_gold.replace(" ", "") == plain_answer.replace(" ", "")
        reason = "the same formula as written" if same else "the formulas are written differently"
        return Outcome(equal=same, rule="text.formula", reason=reason)
    fold = context.policy.case == "ignore" and len(plain_gold) > 1
    words_gold, words_answer = words(plain_gold, fold=fold), words(plain_answer, fold=fold)
    if words_gold and words_gold == words_answer:
        return Outcome(equal=True, rule="text.words", reason="the same words")
    return Outcome(equal=False, rule="text.different", reason="the words differ")


def plain(text: str) -> str:
    """A text without LaTeX wrappers, emphasis and outer punctuation, in one typography, spaces collapsed."""
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    if "\\" in text or "$" in text or "*" in text or "~" in text or "`" in text:
        while (opened := _COMMAND.search(text)) is not None:
            closed = _closing(text, opened.end())
            text = text[: opened.start()] + text[opened.end() : closed] + text[closed + 1 :]
        text = _DELIMITERS.sub("", _SPACES.sub(" ", text))
    return " ".join(text.split()).strip(" .;:!?,\"'")


def words(text: str, *, fold: bool = True) -> tuple[str, ...]:
    """The words of a plain text that count: see the module's docstring."""
    text = _INITIALS.sub(lambda match: match[0].replace(".", ""), text)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    found = ["and" if word == "&" else word for word in _WORD.findall(text)]
    kept = [word for place, word in enumerate(found) if not _is_article(found, place)]
    kept = [word.casefold() for word in kept] if fold else kept
    return tuple(str(NUMBER_WORDS[word]) if word in NUMBER_WORDS else word for word in kept)


def _is_article(found: list[str], place: int) -> bool:
    """Whether a word is an article: not the last word, and not a capital A inside ("vitamin A or B")."""
    word = found[place]
    if word.casefold() not in ARTICLES or place == len(found) - 1:
        return False
    return not (word == "A" and place > 0)


def _closing(text: str, start: int) -> int:
    """Where the brace opened just before `start` closes; the end of the text if it does not."""
    depth = 1
    for position in range(start, len(text)):
        if text[position] == "{":
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    return len(text)
