"""Words down to their stems, without articles, modals and hedging words, to compare phrases up to inflection.

"The plants will most likely increase" and the option "plants increase" have the same stems.
"""

from __future__ import annotations

from functools import lru_cache

from reward_service.verifiers.choices.vocabulary import FUNCTION_WORDS

_ENDINGS = ("ing", "ed", "es", "s")
_SHORTEST = 3


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A crude stem: plural, -ed and -ing endings and a final e taken off words of more than four letters."""
    if len(word) <= _SHORTEST or not word.isalpha() or not word.isascii():
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    if word.endswith("ss"):
        word = word[:-1]
    if word.endswith("i"):
        word = word[:-1] + "y"
    return word[:-1] if word.endswith("e") and len(word) > _SHORTEST else word


def stems_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """Stems of the words that carry meaning; all words' stems when none does."""
    kept = tuple(stem(word) for word in words if word not in FUNCTION_WORDS)
    return kept or tuple(stem(word) for word in words)
