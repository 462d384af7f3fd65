"""The answer stated outright: a box, "the answer is C", "Answer: Paris", "the correct option would be (B)".

Each rule yields Findings in any order; which one counts is decided in decision.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reward_service.limits import Budget
from reward_service.verifiers.choices.answers import read_at, read_short
from reward_service.verifiers.choices.findings import Finding, groups_of
from reward_service.verifiers.choices.labels import Labels, read_labels
from reward_service.verifiers.choices.page import Page
from reward_service.verifiers.extraction.boxed import find_boxed

MAX_CUES = 60

# Matched in lower case.
_NOUN = re.compile(
    r"\b(?:(?P<answer>answers?|ans|conclusion|réponse|respuesta|resposta|risposta|antwort|ответ|cevap|odpowiedź)"
    r"|(?P<option>option|choice)|solution|response|letter|prediction|selection|guess|pick)\b(?!-)"
)
_COPULA = re.compile(
    r"(?P<gap>(?:[^.?!\n;:=]|\.(?=\d)|[.?!](?=[\"'])){0,90}?)"
    r"(?:\b(?:is|are|was|be|becomes?|(?:seems|appears)(?:\s+to\s+be)?|est|es|é|è|ist)\b(?!n't)|[:=]|->|→|⇒)"
)
_HEADING = re.compile(r"[ \t*_#:]{0,12}\n|(?:\]|(?<=ans)\.)[ \t]{1,4}|[ \t*_]{1,4}[-–—]{1,2}[ \t*_]{1,4}")
_DIRECT = re.compile(r"(?:\s+(?:choice|option|letter|number))?[\s*_\"']{0,4}")
_NEGATION = re.compile(
    r"\b(?:not|never|cannot|can't|neither|incorrect|wrong|eliminate\w*|unlikely|other|if|each|every|any|per|another)\b|n't"
)
_DENIED = re.compile(
    r"[\s*_\"')\]]{0,4}(?:(?:choice|option)\s|,[^,.\n]{1,60},\s?)?"
    r"(?:(?:is|are|was|would\s+be|can|does|do|seems?|could|should)\s{0,3}(?:also\s|clearly\s|therefore\s|definitely\s|be\s)?"
    r"(?:not|n't|incorrect|wrong|false|invalid|unlikely|eliminated|ruled\s+out|excluded|implausible|irrelevant)"
    r"|n't|cannot|can't|\s{0,3}if)\b"
)
_ENUMERATES = re.compile(r"[\s*_\"')\]]{0,4}:\s*\S")
_LEADS_TO_OPTION = re.compile(
    r"(?:\b(?:is|be|are|was|as|to|with|matches|represents?|describes?|choose|select|pick|suggests?|therefore|thus|hence|so"
    r"|means|makes?|supports?|indicates?|conclude)\b|[:,(](?!\s*\n))[\s*_\"'(]{0,6}"
    r"(?:the\s|correct\s|answer\s|most\s|likely\s|best\s){0,3}$"
)


def boxed(page: Page, budget: Budget) -> Finding | None:
    """The last box that counts, with what it names."""
    if "box" not in page.text:
        return None
    found = find_boxed(page.text, 0, len(page.text), budget)
    if found is None or not found.text.strip():
        return None
    read = read_short(found.text, page.options, several=page.several)
    return Finding(
        indices=read.indices if read else frozenset(),
        position=found.start,
        rule="boxed",
        level="boxed",
        text=read.text if read else found.text.strip(),
        by_label=bool(read and read.by_label),
    )


def answer_statements(page: Page) -> Iterator[Finding]:
    """ "The answer is X", "Answer: X", "the correct option would be X", "answer X"."""
    cues = list(_NOUN.finditer(page.low))
    for cue in cues[:10] + cues[10:][-MAX_CUES:]:
        found = _after_noun(page, cue)
        if found is not None:
            yield found


def _after_noun(page: Page, cue: re.Match[str]) -> Finding | None:
    before = page.low[max(0, cue.start() - 60) : cue.start()]
    is_key = before.endswith(('"', "'")) and page.low[cue.end() : cue.end() + 1] in ('"', "'")
    if not is_key and _NEGATION.search(before.rsplit(".", 1)[-1].rsplit("\n", 1)[-1][-24:]):
        return None
    labels = _direct_labels(page, cue.end())
    if labels is not None:
        return _named_directly(page, cue, labels, before)
    heading = _HEADING.match(page.low, cue.end()) if cue["answer"] else None
    if heading is None:
        heading = _COPULA.match(page.low, cue.end())
        if heading is None or _NEGATION.search(heading["gap"]):
            return None
    read = read_at(page, heading.end())
    if read is None or not (read.indices or cue["answer"]):
        return None
    return Finding(
        indices=read.indices,
        position=cue.start(),
        rule="statement",
        level="explicit",
        text=read.text[:200],
        by_label=read.by_label,
    )


def _direct_labels(page: Page, end: int) -> Labels | None:
    direct = _DIRECT.match(page.low, end)
    if direct is None or direct.end() == end:
        return None
    labels = read_labels(page.flat, direct.end(), page.options, several=page.several)
    return labels if labels is not None and labels.certain else None


def _named_directly(page: Page, cue: re.Match[str], labels: Labels, before: str) -> Finding | None:
    """ "Answer C" states it unless it is denied or only introduces a remark; "option C" only where the words before
    lead to it ("this is option C", "so option C"), and as a weaker statement."""
    if is_denied(page, labels.end):
        return None
    if cue["answer"]:
        return (
            None if _ENUMERATES.match(page.low, labels.end) else label_finding(page, labels, cue.start(), "statement")
        )
    if cue["option"] and _LEADS_TO_OPTION.search(before):
        return label_finding(page, labels, cue.start(), "mentioned_option")
    return None


def is_denied(page: Page, end: int) -> bool:
    """Whether what follows a label says that it is wrong, or makes it a condition."""
    return bool(_DENIED.match(page.low, end))


def is_negated(text: str) -> bool:
    """Whether a stretch of lower-case text holds a negation or speaks of other or of all options."""
    return bool(_NEGATION.search(text))


def label_finding(page: Page, labels: Labels, start: int, rule: str) -> Finding:
    """A finding of labels, its text the stretch from `start` to the last of them."""
    return Finding(
        indices=groups_of(labels.indices, page.options),
        position=start,
        rule=rule,
        level="explicit",
        text=page.text[start : labels.end].strip()[:200],
    )
