"""The option a response names by its text or value without stating it as the answer, read from its main clauses."""

from __future__ import annotations

import re

from reward_service.verifiers.choices.clauses import (
    is_entry,
    is_question,
    lists_options,
    main_clause,
    predicate,
    sentences,
    without_reasons,
)
from reward_service.verifiers.choices.findings import Finding
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.choices.page import Page
from reward_service.verifiers.choices.polarity import answered, polar_options
from reward_service.verifiers.choices.texts import equal_option, mentioned_options, named_values

_SHORT_CHARACTERS = 400
_DIRECT_CHARACTERS = 2_000
_MOST_SENTENCES = 30

_CONCLUSION = re.compile(
    r"[\s*_#>-]*(?:therefore|thus|hence|so|in\s+conclusion|overall|in\s+summary|consequently|finally|accordingly"
    r"|as\s+a\s+result|综上|所以|因此|故)\b",
    re.IGNORECASE,
)
_GIVES_UP = re.compile(
    r"\bnone\s+of\s+(?:the|these|those)\b"
    r"|\b(?:cannot|can't|can\s+not|could\s+not|couldn't|not\s+possible\s+to|impossible\s+to|unable\s+to|not\s+able\s+to"
    r"|unclear\s+how\s+to)\s+(?:be\s+)?(?:\w+ly\s+)?(?:determine|answer|provide|identify|tell|say|select|choose|view|see"
    r"|assist|help|solve|calculate|conclude|assess|analy[sz]e|decide|given?\b)\w*"
    r"|\bnot\s+(?:listed|provided|among|one\s+of)\b|\bnot\s+(?:provide\s+)?enough\s+information"
    r"|\binsufficient\s+information"
    r"|\bi\s+(?:will|do)\s+not\s+(?:select|choose|know)|无法确定|不能确定|无法判断",
    re.IGNORECASE,
)


def is_cut_off(text: str) -> bool:
    """Whether a long response stops in the middle of a sentence."""
    return len(text) > _SHORT_CHARACTERS and text.rstrip()[-1:] not in ".!?。！？)]}*`\"'$|"


def gives_up(page: Page) -> bool:
    """Whether the response ends saying that it cannot answer or that no option is right, and no option says so."""
    match = _GIVES_UP.search(page.text, max(0, len(page.text) - 600))
    return match is not None and not any(_GIVES_UP.search(item.text) for item in page.options.items)


def restated(page: Page, question: str) -> Finding | None:
    """A yes/no question answered by a sentence that repeats it."""
    polar = polar_options(page.options)
    verdict = answered(question, page.text) if polar is not None and question else None
    if polar is None or verdict is None:
        return None
    place = polar[0] if verdict else polar[1]
    return _finding({page.options.group_of(place): 0}, 0, "restated_question", page.text)


def named_texts(page: Page) -> Finding | None:
    """The option a response names by its text or value, judged by what its sentences assert.

    Options in words: the only one named at all, else the one of the last concluding sentence, else the one of the
    first sentence that names just one. Numbers and formulas stand everywhere in a derivation, so for them only a
    concluding or the last sentence counts, and in it what stands after "is" or "=".
    """
    options = page.options
    naming = _naming_sentences(page)
    if not naming:
        return None
    single = [entry for entry in naming if len(entry[2]) == 1]
    concluding = [entry for entry in single if _CONCLUSION.match(entry[1])]
    if len({group for _, _, named in naming for group in named}) == 1:
        chosen, rule = naming[-1], "only_option_named"
    elif concluding:
        chosen, rule = concluding[-1], "conclusion_names"
    elif single and len(page.text) <= _DIRECT_CHARACTERS:
        wordy = any(item.wordy for item in options.items)
        chosen, rule = (single[0], "first_option_named") if wordy else (single[-1], "last_option_named")
    else:
        return None
    start, sentence, named = chosen
    return _finding(named, start, rule, sentence)


def _naming_sentences(page: Page) -> list[tuple[int, str, dict[int, int]]]:
    """(place, sentence, options it names) of the sentences that assert an option."""
    options = page.options
    listing = lists_options(page.flat)
    found = [
        entry for entry in sentences(page.text) if not is_question(entry[1]) and not (listing and is_entry(entry[1]))
    ]
    found = found[:_MOST_SENTENCES] + found[_MOST_SENTENCES:][-_MOST_SENTENCES:]
    wordy = any(item.wordy for item in options.items)
    naming = []
    for place, (start, sentence) in enumerate(found):
        named = _asserted_texts(sentence, options) if wordy else {}
        if not named and (place == len(found) - 1 or _CONCLUSION.match(sentence)):
            named = _asserted_values(sentence, options, alone=len(found) == 1)
        if not named and place == 0:
            named = _plainly_stated(sentence, options)
        if named:
            naming.append((start, sentence, named))
    return naming


def _plainly_stated(sentence: str, options: Options) -> dict[int, int]:
    """What a first sentence says when its predicate is an option and nothing else: "The length is 3 cm." """
    clause = main_clause(sentence)
    value = predicate(clause)
    equal = equal_option(value, options) if value != clause else None
    return {} if equal is None else {equal: 0}


def _asserted_texts(sentence: str, options: Options) -> dict[int, int]:
    """Options in words that the main clause names, else the whole sentence; of several, the one it ends on."""
    for part in (main_clause(sentence), without_reasons(sentence)):
        named = _wordy(mentioned_options(options.tokens(part), options), options)
        if len(named) > 1:
            said = _wordy(mentioned_options(options.tokens(predicate(part)), options), options)
            named = said if len(said) == 1 else named
        if named:
            return named
    return {}


def _wordy(named: dict[int, int], options: Options) -> dict[int, int]:
    return {group: place for group, place in named.items() if options.items[group].wordy}


def _asserted_values(sentence: str, options: Options, *, alone: bool) -> dict[int, int]:
    clause = main_clause(sentence)
    said = predicate(clause)
    if said == clause and not alone:
        return {}  # nothing is said to be the number
    tokens = options.tokens(said)
    return named_values(tokens, options) or mentioned_options(tokens, options)


def _finding(named: dict[int, int], position: int, rule: str, text: str) -> Finding:
    return Finding(
        indices=frozenset(named),
        position=position,
        rule=rule,
        level="lenient",
        text=text.strip()[:200],
        by_label=False,
    )
