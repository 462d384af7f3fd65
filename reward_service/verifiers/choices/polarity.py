"""Yes/no questions answered by a sentence: "Is A less than B?" is answered by "A is (not) less than B".

Only a sentence that repeats the question's own words counts, with its negation, its comparison turned round, or
another holder of the same superlative. A sentence about something else answers nothing.
"""

from __future__ import annotations

import re

from reward_service.verifiers.choices.clauses import is_question, sentences, without_reasons
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.choices.stems import stems_of
from reward_service.verifiers.choices.tokens import tokens_of
from reward_service.verifiers.choices.vocabulary import DENYING, EQUAL, LESS, MORE, SUPERLATIVES

_AFFIRMATIVE = frozenset({("yes",), ("true",), ("correct",), ("right",), ("是",), ("对",), ("正确",)})
_NEGATIVE = frozenset(
    {("no",), ("false",), ("incorrect",), ("wrong",), ("否",), ("错",), ("错误",), ("不是",), ("不",)}
)
_QUESTION = re.compile(
    r"(?:^|[.?!\n,:]\s*)(?:is|are|was|were|do|does|did|can|could|has|have|had|will|would|should)\s+([^?\n]{2,600})\?",
    re.IGNORECASE,
)
_THAN = ("than", "then", "to", "as")
_NEEDED_OVERLAP = 0.6


def polar_options(options: Options) -> tuple[int, int] | None:
    """The places of the affirmative and the negative option of a two-option question, else None."""
    if len(options) != 2:
        return None
    first, second = (item.tokens for item in options.items)
    if first in _AFFIRMATIVE and second in _NEGATIVE:
        return 0, 1
    if first in _NEGATIVE and second in _AFFIRMATIVE:
        return 1, 0
    return None


def answered(question: str, response: str) -> bool | None:
    """Whether the first sentence that repeats the question affirms or denies it; None when none does."""
    asked = _asked(question)
    if asked is None:
        return None
    for _, sentence in sentences(response[:4_000])[:12]:
        if is_question(sentence):
            continue
        verdict = _affirms(asked, tokens_of(without_reasons(sentence)))
        if verdict is not None:
            return verdict
    return None


def _asked(question: str) -> tuple[str, ...] | None:
    """The words of the last yes/no question in a prompt."""
    question = question[-4_000:]
    for marker in ("\nChoices:", "\nOptions:", "\n(A)", "\nA.", "\nA)"):
        question = question.split(marker, 1)[0]
    last = None
    for match in _QUESTION.finditer(question.replace("Question:", "\n")):
        last = match
    return tokens_of(last[1]) if last else None


def _affirms(asked: tuple[str, ...], said: tuple[str, ...]) -> bool | None:
    denied = sum(word in DENYING for word in said) % 2 == 1
    direction, left, right = _comparison(asked)
    if direction is not None:
        return _compared(direction, left, right, said, denied)
    wanted = set(stems_of(tuple(word for word in asked if word not in DENYING)))
    have = set(stems_of(said))
    superlative = next((SUPERLATIVES[word] for word in asked if word in SUPERLATIVES), None)
    if superlative is not None:
        wanted -= {stem for word in SUPERLATIVES for stem in stems_of((word,))}
        if not any(SUPERLATIVES.get(word) == superlative for word in said):
            return None
        if not wanted & have and not denied:
            return False  # the same superlative is said of something else
    if not wanted or len(wanted & have) / len(wanted) < _NEEDED_OVERLAP:
        return None
    return not denied


def _comparison(words: tuple[str, ...]) -> tuple[int | None, set[str], set[str]]:
    """(+1, -1 or 0 for more, less, equal; stems before "than"; stems after it), or (None, ...) without comparison."""
    direction = None
    for word in words:
        if word in MORE:
            direction = 1
        elif word in LESS:
            direction = -1
        elif word in EQUAL:
            direction = 0
        else:
            continue
        break
    cut = next((place for place, word in enumerate(words) if place > 1 and word in _THAN), len(words))
    if direction == 0 and "to" not in words:
        cut = len(words)
    compared = MORE | LESS | EQUAL | DENYING | {"than", "then", "number"}
    before = set(stems_of(tuple(word for word in words[:cut] if word not in compared)))
    after = set(stems_of(tuple(word for word in words[cut:] if word not in compared)))
    return direction, before, after


def _compared(direction: int, left: set[str], right: set[str], said: tuple[str, ...], denied: bool) -> bool | None:
    """Whether a sentence with a comparison of the same two things agrees with the question's."""
    stated, said_left, said_right = _comparison(said)
    if stated is None or not left:
        return None
    asked_things = left | right if said_right else left
    if len(asked_things & (said_left | said_right)) < _NEEDED_OVERLAP * len(asked_things):
        return None
    only_left, only_right = left - right, right - left
    straight = len(only_left & (said_left - said_right)) + len(only_right & (said_right - said_left))
    crossed = len(only_left & (said_right - said_left)) + len(only_right & (said_left - said_right))
    if crossed > straight:
        stated = -stated
    return (stated == direction) != denied
