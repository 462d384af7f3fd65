"""Which of the findings is the response's answer: the last outright statement, else the strongest weaker sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from reward_service.limits import Budget
from reward_service.verifiers.choices import affirmations, named, signs, statements
from reward_service.verifiers.choices.answers import read_short
from reward_service.verifiers.choices.chinese import chinese
from reward_service.verifiers.choices.conditions import without_alternatives
from reward_service.verifiers.choices.findings import Finding
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.choices.page import Page, Visible, page_of

# Statements that point at an option on the way to an answer; they count where nothing stronger is said.
_PASSING = frozenset({"mentioned_option", "matched"})
_LAST_STRETCH = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked and how it may be answered.

    `several`: more than one option may be right. `match` and `strictness` are the verifier's parameters of that name.
    """

    options: Options
    text: str = ""
    several: bool = False
    strictness: str = "lenient"
    match: str = "letter_or_text"

    def allows(self, finding: Finding) -> bool:
        """Whether a finding may count under `match`; bare options have no text, so their letter always may."""
        if self.match == "letter":
            return finding.by_label
        if self.match == "text":
            return not finding.by_label or any(
                index >= 0 and self.options.items[index].bare for index in finding.indices
            )
        return True


def decide(visible: Visible, question: Question, budget: Budget) -> Finding | None:
    """The finding that counts, or None when the response names no answer.

    The last statement counts, so a long response is first read from its last stretch alone.
    """
    if visible.answer_tag:
        return _in_tag(visible.answer_tag, question, budget)
    text = visible.text
    if len(text) > 2 * _LAST_STRETCH:
        cut = text.find("\n", len(text) - _LAST_STRETCH, len(text) - _LAST_STRETCH // 2)
        page = page_of(text[cut if cut >= 0 else -_LAST_STRETCH :], question.options, several=question.several)
        budget.spend(10 + len(page.text) // 20)
        strong = _strong(_stated(page, question, budget))
        if strong is not None:
            return strong
    page = page_of(text, question.options, several=question.several)
    budget.spend(10 + len(page.text) // 10)
    return _from_whole(page, question, budget)


def _in_tag(inside: str, question: Question, budget: Budget) -> Finding | None:
    """The finding in an answer tag: its content is an answer, or sentences that state one."""
    read = read_short(inside, question.options, several=question.several)
    if read is None or not read.indices:
        page = page_of(inside, question.options, several=question.several)
        found = _from_whole(page, replace(question, strictness="explicit"), budget)
        if found is not None and found.indices:
            return replace(found, rule="answer_tag", level="boxed")
    if read is None:
        return None
    return Finding(
        indices=read.indices,
        position=0,
        rule="answer_tag",
        level="boxed",
        text=read.text[:200],
        by_label=read.by_label,
    )


def _from_whole(page: Page, question: Question, budget: Budget) -> Finding | None:
    if question.strictness == "boxed":
        return statements.boxed(page, budget)
    whole = signs.whole(page)
    if whole is not None and question.allows(whole):
        return whole
    stated = _stated(page, question, budget)
    if stated and not stated[-1].indices:
        stated[-1] = _by_value(stated[-1], question.options)
    naming = [finding for finding in stated if finding.indices]
    if naming:
        return _strong(stated) or naming[-1]
    first = signs.leading(page)
    if first is not None and question.allows(first):
        return first
    if question.strictness == "lenient" and not any(finding.rule == "boxed" for finding in stated):
        weak = _weak(page, question)
        if weak is not None:
            return weak
    if stated:
        return stated[-1]
    bare = Finding(indices=frozenset(), position=0, rule="whole", level="explicit", text=page.text.strip())
    bare = _by_value(bare, question.options)
    return bare if bare.indices else None


def _stated(page: Page, question: Question, budget: Budget) -> list[Finding]:
    """All outright statements of a page that may count, in their order."""
    box = statements.boxed(page, budget)
    found = [*([box] if box else [])]
    if question.strictness != "boxed":
        found += statements.answer_statements(page)
        found += affirmations.affirmed(page)
        found += affirmations.chosen(page)
        found += affirmations.concluded(page)
        found += affirmations.pointed(page)
        found += chinese(page)
        found = without_alternatives(page, found)
    allowed = [finding for finding in found if question.allows(finding) or not finding.indices]
    return sorted(allowed, key=lambda finding: finding.position)


def _strong(stated: list[Finding]) -> Finding | None:
    """The last statement that names an option and does more than point at one in passing."""
    for finding in reversed(stated):
        if finding.indices and finding.rule not in _PASSING:
            return finding
    return None


def _by_value(finding: Finding, options: Options) -> Finding:
    """The finding with the option of the stated formula's value, where there is exactly one."""
    # the parser of mathematics takes longer to load than most responses need it
    from reward_service.verifiers.choices.formulas import equal_formula

    place = equal_formula(finding.text, options)
    return finding if place is None else replace(finding, indices=frozenset({place}), by_label=False)


def _weak(page: Page, question: Question) -> Finding | None:
    """The first of the weaker signs, none of which counts in a response cut off before its end or that gives up."""
    if named.is_cut_off(page.text) or named.gives_up(page):
        return None
    rules: tuple[Callable[[], Finding | None], ...] = (
        lambda: named.restated(page, question.text),
        lambda: signs.last_line(page),
        lambda: signs.ending(page),
        lambda: signs.bracketed(page),
        lambda: signs.shown(page),
        lambda: named.named_texts(page),
    )
    for rule in rules:
        finding = rule()
        if finding is not None and question.allows(finding):
            return finding
    return None
