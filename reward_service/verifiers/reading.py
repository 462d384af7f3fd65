"""Texts → trees for comparison: reading both sides, with the readings that an ambiguous text allows."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from reward_service.errors import InputLimitExceeded
from reward_service.limits import Budget, InputLimits
from reward_service.verifiers.matching import Matcher
from reward_service.verifiers.outcome import Context, Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.grammar import ParseError, parse
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.parsing.vocabulary import CONDITIONS, CONNECTIVES, FUNCTIONS
from reward_service.verifiers.realsets import set_in_words

_GROUPED: Final = re.compile(r"\d,\d{3}(?!\d)")
_COMMA: Final = re.compile(r"\d(?:,|\{,\})\d")
_DECIMAL_COMMA: Final = re.compile(r"\d(?:,|\{,\})\d")
_WORDS: Final = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{2,}(?![A-Za-z({_^])")
_COMMAND_ARGUMENT: Final = re.compile(
    r"\\(?:begin|end|text|mathrm|mbox|operatorname|textbf|textit|mathbf|hbox)\s?\{[^{}]*\}"
)
_LETTERS_ONLY: Final = re.compile(r"[A-Za-z]{3,}")
_KNOWN_WORDS: Final = frozenset(FUNCTIONS) | frozenset(CONNECTIVES) | CONDITIONS | {
    "pi", "infty", "infinity", "alpha", "beta", "theta", "lambda", "gamma", "integer", "integers", "real", "some",
    "any", "all", "is", "an", "that", "are", "constant", "in", "arbitrary", "every", "positive", "negative",
    "nonnegative", "natural", "cm", "km", "kg", "mm", "ml", "degrees", "degree", "mod", "oo",
}  # fmt: skip


# Only short texts are kept: references come back for every rollout of a group, and the cache stays below some 30 MB.
_KEPT_CHARACTERS: Final = 200
_SHORT_PHRASE: Final = 60
_DENIED: Final = re.compile(r"\W{0,5}(?:(?:not|never|neither|cannot)\b|不是|并非|不等于)", re.IGNORECASE)


@lru_cache(maxsize=2048)
def _kept(text: str, limits: InputLimits, comma: str) -> tuple[Node | None, str, int]:
    return _parsed(text, limits, comma)


def _parsed(text: str, limits: InputLimits, comma: str) -> tuple[Node | None, str, int]:
    """(tree or None, why not, work units spent): a text is read once for many comparisons, and paid for each time."""
    budget = Budget()
    before = budget.left
    try:
        node: Node | None = parse(text, limits, budget, comma=comma)
        why = ""
    except ParseError as error:
        node, why = None, str(error)
    except RecursionError:
        raise InputLimitExceeded("nested deeper than can be followed") from None
    return node, why, before - budget.left


def read(text: str, context: Context, *, comma: str = "group") -> tuple[Node | None, str]:
    """(tree, "") or (None, why it cannot be read). Raises InputLimitExceeded and WorkLimitExceeded."""
    if len(text) > context.limits.answer_characters:
        raise InputLimitExceeded(f"{len(text)} characters, the limit is {context.limits.answer_characters}")
    reader = _kept if len(text) <= _KEPT_CHARACTERS else _parsed
    node, why, spent = reader(text, context.limits, comma)
    context.budget.spend(spent)
    return node, why


def compare_texts(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare two texts as mathematics. None where the reference is prose or cannot be read as mathematics."""
    if is_prose(gold) and set_in_words(gold) is None:
        return None
    wanted, _ = read(gold, context)
    if wanted is not None and wanted.kind == tree.TEXT:
        wanted = set_in_words(str(wanted.value)) or wanted
    if wanted is None or not _is_mathematics(wanted):
        return None
    try:
        found, why = read(answer, context)
    except InputLimitExceeded as error:
        return Outcome(equal=False, rule="answer.limit", reason=f"the answer is over a limit: {error}")
    if len(answer) <= _SHORT_PHRASE and answer.rstrip(". ")[-1:].isalpha():
        found = set_in_words(answer) or found  # "no solution" is no product of letters
    if found is None:
        if gold.strip() == answer.strip():
            return Outcome(equal=True, rule="expression.as_written", reason="written alike")
        return Outcome(equal=False, rule="answer.unreadable", reason=f"the answer is not mathematics: {why}")
    if _DENIED.match(answer) and not _DENIED.match(gold):
        return Outcome(equal=False, rule="answer.denied", reason="the answer denies what it states")
    matcher = Matcher(context)
    outcome = matcher.match(wanted, found)
    if outcome.equal or not (_COMMA.search(gold) or _COMMA.search(answer)):
        return outcome
    return _other_readings(gold, answer, wanted, found, matcher) or outcome


def _other_readings(gold: str, answer: str, wanted: Node, found: Node, matcher: Matcher) -> Outcome | None:
    """Texts such as 1,234 also read as a list, and 2,5 as a decimal where the other side has one value too."""
    context = matcher.context
    readings: list[tuple[Node | None, Node | None]] = []
    if _GROUPED.search(gold) or _GROUPED.search(answer):
        listed, listed_answer = read(gold, context, comma="list")[0], read(answer, context, comma="list")[0]
        readings += [(listed, listed_answer), (listed, found), (wanted, listed_answer)]
    if _DECIMAL_COMMA.search(gold) and _may_have_decimal_commas(gold, wanted, found):
        decimal = read(gold, context, comma="decimal")[0]
        readings += [(decimal, found), (decimal, read(answer, context, comma="decimal")[0])]
    for left, right in readings:
        if left is not None and right is not None and (left, right) != (wanted, found):
            outcome = matcher.match(left, right)
            if outcome.equal:
                return outcome
    return None


def _may_have_decimal_commas(gold: str, wanted: Node, found: Node) -> bool:
    """Whether commas in the reference may be decimal signs: semicolons part its values, or the answer is one number."""
    if ";" in gold:
        return True
    return wanted.kind == tree.LIST and len(wanted.parts) == 2 and tree.is_scalar(found)


def _is_mathematics(node: Node) -> bool:
    """Whether a tree says something beyond words."""
    if node.kind in (tree.TEXT, tree.LABELLED):
        return False
    if node.kind == tree.LIST and all(part.kind == tree.TEXT for part in node.parts):
        return False
    if node.kind == tree.NOTED and not _is_mathematics(node.parts[0]):
        return False
    return not (node.kind == tree.WHERE and node.parts[0].kind == tree.TEXT)


def is_prose(text: str) -> bool:
    """Whether a text is words rather than mathematics: one plain word, or two unknown words outside commands."""
    stripped = text.strip().strip(".$ ")
    if _LETTERS_ONLY.fullmatch(stripped):
        return list(stripped) != sorted(stripped) and stripped not in FUNCTIONS and stripped not in _KNOWN_WORDS
    if not any(letter.isalpha() for letter in stripped):
        return False
    bare = _COMMAND_ARGUMENT.sub(" ", text)
    words = [word for word in _WORDS.findall(bare) if word.lower() not in _KNOWN_WORDS]
    long = sum(1 for word in words if len(word) > 2)
    return long >= 2 or (len(words) >= 3 and long >= 1)
