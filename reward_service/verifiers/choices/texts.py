"""Matching a stated text to an option: equal spelling, equal value, or the only option named in a phrase.

Never the nearest string: a text that names no option, or several, matches none.
"""

from __future__ import annotations

from collections.abc import Sequence

from reward_service.verifiers.choices.options import Option, Options
from reward_service.verifiers.choices.stems import stems_of
from reward_service.verifiers.choices.tokens import words_of
from reward_service.verifiers.choices.values import numbers_in, same_value, value_of_text
from reward_service.verifiers.choices.vocabulary import EXCLUDING


def equal_option(text: str, options: Options) -> int | None:
    """The one option (group) whose text or value `text` is."""
    stripped = text.strip()
    verbatim = {item.group for item in options.items if stripped and item.text == stripped}
    if len(verbatim) == 1:
        return verbatim.pop()
    tokens = options.tokens(text)
    words = words_of(tokens)
    same = {item.group for item in options.items if tokens and item.tokens == tokens}
    if not same:
        same = {item.group for item in options.items if item.tokens and item.words == words}
    if not same and tokens:
        value = value_of_text(text)
        same = {item.group for item in options.items if same_value(value, item.value)}
    return same.pop() if len(same) == 1 else None


def mentioned_options(tokens: tuple[str, ...], options: Options) -> dict[int, int]:
    """Options (groups) whose text stands as a phrase in the tokens → place of the last mention.

    First word for word; if that finds none, up to inflection, articles and modals. An option inside a longer one
    that stands there too ("increase" in "not increase") is not counted there, and a mention after a negation is none.
    """
    words = words_of(tokens)
    exact = _phrases(words, options, [item.words for item in options.items])
    if exact or options.all_values:
        return exact
    return _phrases(stems_of(words), options, [item.stems for item in options.items], loose=True)


def named_values(tokens: tuple[str, ...], options: Options) -> dict[int, int]:
    """Options (groups) whose value stands in the tokens as a number of its own → place of the last mention."""
    found: dict[int, int] = {}
    for start, end, value, unit in numbers_in(tokens):
        before = tokens[start - 1] if start else ""
        after = tokens[end] if end < len(tokens) else ""
        if before in _OPERATORS or after in _OPERATORS or after in ("=", "π", "≈") or _is_number(after):
            continue
        if len(before) == 1 and before.isalpha() and before not in "ai":
            continue
        if len(after) == 1 and after.isalpha() and after.isascii():
            continue
        same = {item.group for item in options.items if same_value((value, unit), item.value)}
        if len(same) == 1:
            found[same.pop()] = start
    return found


def _phrases(
    words: tuple[str, ...], options: Options, needles: Sequence[tuple[str, ...]], *, loose: bool = False
) -> dict[int, int]:
    spans: list[tuple[int, int, Option]] = []
    for item, needle in zip(options.items, needles, strict=True):
        if not item.bare and needle and (not loose or (item.wordy and any(len(part) > 2 for part in needle))):
            spans.extend((start, start + len(needle), item) for start in _places(needle, words))
    found: dict[int, int] = {}
    for start, end, item in spans:
        covered = any(
            other_start <= start and end <= other_end and other_end - other_start > end - start
            for other_start, other_end, _ in spans
        )
        if covered or (loose and start and words[start - 1] in ("and", "or")):
            continue
        if _negated(words, start, item) or _part_of_larger(words, start, end, item):
            continue
        found[item.group] = max(found.get(item.group, -1), start)
    return found


def _places(needle: tuple[str, ...], words: Sequence[str]) -> list[int]:
    size, first = len(needle), needle[0]
    return [
        start
        for start in range(len(words) - size + 1)
        if words[start] == first and tuple(words[start : start + size]) == needle
    ]


def _negated(words: Sequence[str], start: int, item: Option) -> bool:
    if item.words and item.words[0] in EXCLUDING:
        return False
    return any(word in EXCLUDING for word in words[max(0, start - 3) : start])


def _part_of_larger(words: Sequence[str], start: int, end: int, item: Option) -> bool:
    """Whether a number or formula option is only a piece of an expression: "4" in "4 x", "3 / 4", "√3" in "2 √3"."""
    if item.wordy:
        return False
    before = words[start - 1] if start else ""
    after = words[end] if end < len(words) else ""
    if before in _OPERATORS or after in _OPERATORS or after in ("=", "π", "°") or before in ("frac", "∠", "△"):
        return True
    if _is_number(before) or _is_number(after):
        return True
    return (len(before) == 1 and before.isalpha() and before not in "ai") or (len(after) == 1 and after.isalpha())


def _is_number(word: str) -> bool:
    return word[:1].isdigit()


_OPERATORS = frozenset("+-*/^√(<>±:")
