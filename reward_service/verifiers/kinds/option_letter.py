"""References that are an option's letter without the list of options: "C", "(C) 145°", "C. Paris".

Settles only answers that read as option labels ("C", "option C", "C. 5", "B or C"); everything else is left to the
other kinds, since a lone capital may as well be a variable. Lower-case letters count in brackets only.
"""

from __future__ import annotations

import re
from functools import cache

from reward_service.types import Choice
from reward_service.verifiers.choices.answers import read_short
from reward_service.verifiers.choices.findings import OUT_OF_RANGE
from reward_service.verifiers.choices.options import Options, options_from
from reward_service.verifiers.choices.page import flatten
from reward_service.verifiers.choices.tokens import tokens_of
from reward_service.verifiers.outcome import Context, Outcome

_GOLD_CHARACTERS = 300
_ANSWER_CHARACTERS = 300
_BARE = re.compile(r"\(?(?P<label>[A-Z])\)?[.):]?")
_WITH_TEXT = re.compile(
    r"(?:\((?P<bracketed>[A-Za-z])\)\s*|(?P<dotted>[A-Z])[.):]\s+|(?P<spaced>[A-Z])\s+(?=[A-Z][a-z]))\S"
)
_LAST_LINE = re.compile(r"\banswer\s+is:?\s*\n\s*(?=\(?[A-Z]\)?[ .:])", re.IGNORECASE)
_OR_VALUE = re.compile(r"\s*(?:\bor\b|或|/)\s*[-+$\\(]{0,3}\d", re.IGNORECASE)
_LABEL_ANSWER = re.compile(
    r"\s*(?i:(?:the\s+)?(?:correct\s+)?(?:final\s+)?(?:option|choice|answer|letter)\s*(?:is)?\s*:?\s*)?"
    r"(?:\([A-Za-z]\)|[A-Z](?![A-Za-z0-9_=+^*/'-]))"
)


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare option labels; None where the reference or the answer is not one."""
    if len(gold) > _GOLD_CHARACTERS or len(answer) > _ANSWER_CHARACTERS:
        return None
    wanted = gold_label(gold)
    if wanted is None:
        return None
    label, bare_gold = wanted
    found = answer_labels(answer)
    if found is None:
        return _same_text(gold, answer)
    named, bare_answer = found
    if not bare_gold and not bare_answer:
        return None  # two texts: their words are compared, not only their labels
    if len(named) > 1:
        return Outcome(
            equal=False,
            rule="option.hedged",
            reason=f"the answer names several options, {', '.join(sorted(named))}",
            flags=("hedged",),
        )
    equal = named == {label}
    reason = f"option {label}" if equal else f"option {', '.join(named)}, the reference is {label}"
    return Outcome(equal=equal, rule="option.label", reason=reason)


def _same_text(gold: str, answer: str) -> Outcome | None:
    """An answer that gives the option's text without its letter."""
    head = _WITH_TEXT.match(flatten(gold).strip())
    if head is None or head["spaced"]:
        return None
    text = flatten(gold).strip()[head.end() - 1 :]
    if tokens_of(text) != tokens_of(answer) or not tokens_of(text):
        return None
    return Outcome(equal=True, rule="option.text", reason="the option's text")


def gold_label(gold: str) -> tuple[str, bool] | None:
    """(the letter of a reference, whether it is the letter alone)."""
    text = flatten(gold).strip()
    bare = _BARE.fullmatch(text)
    if bare:
        return bare["label"], True
    stated = _LAST_LINE.search(text)
    head = _WITH_TEXT.match(text, stated.end() if stated else 0)
    if head is None:
        return None
    return (head["bracketed"] or head["dotted"] or head["spaced"]).upper(), False


def answer_labels(answer: str) -> tuple[frozenset[str], bool] | None:
    """(the labels an answer names, whether it is nothing but labels); None where it is no label."""
    flat = flatten(answer)
    head = _LABEL_ANSWER.match(flat)
    if head is None or _OR_VALUE.match(flat, head.end()):  # "E or 12" names an option and something else
        return None
    options = _letters()
    read = read_short(answer, options, several=False)
    if read is None or not read.indices or not read.by_label or OUT_OF_RANGE in read.indices:
        return None
    labels = frozenset(options.items[index].label for index in read.indices)
    return labels, len(re.findall(r"[A-Za-z0-9]", read.text)) >= len(re.findall(r"[A-Za-z0-9]", flat))


@cache
def _letters() -> Options:
    return options_from(tuple(Choice(label=chr(code)) for code in range(ord("A"), ord("Z") + 1)))
