"""Which of the findings is the response's answer: the last outright statement, else the strongest weaker sign."""

from __future__ import annotations

from dataclasses import replace

from reward_service.limits import Budget
from reward_service.verifiers.choices import mentions, statements
from reward_service.verifiers.choices.answers import read_short
from reward_service.verifiers.choices.findings import Finding
from reward_service.verifiers.choices.formulas import equal_formula
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.choices.surface import Surface

_LEVELS = {"boxed": 0, "explicit": 1, "lenient": 2}


def decide(
    surface: Surface, options: Options, question: str, budget: Budget, *, strictness: str, run: bool
) -> Finding | None:
    """The finding that counts under `strictness`, or None when the response names no answer."""
    if surface.answer_tag is not None:
        read = read_short(surface.answer_tag, options, run=run)
        if read is not None:
            return Finding(
                indices=read[0], position=0, rule="answer_tag", level="boxed", text=read[2], by_label=read[1]
            )
    box = statements.boxed(surface, options, budget, run=run)
    if strictness == "boxed":
        return box
    for finding in mentions.whole_text(surface, options, run=run):
        return finding
    stated = [
        *([box] if box else []),
        *statements.answer_statements(surface, options, run=run),
        *statements.affirmed(surface, options),
        *statements.chosen(surface, options, run=run),
        *statements.concluded(surface, options, run=run),
        *statements.pointed(surface, options, run=run),
        *statements.chinese(surface, options, run=run),
    ]
    stated.sort(key=lambda finding: finding.position)
    if stated and not stated[-1].indices:
        stated[-1] = _by_value(stated[-1], options)
    best = _last_stated(stated)
    if best is not None:
        return best
    for finding in mentions.leading(surface, options, run=run):
        return finding
    if strictness == "lenient" and not any(finding.rule == "boxed" for finding in stated):
        weak = _weak(surface, options, question, run=run)
        if weak is not None:
            return weak
    if stated:
        return stated[-1]
    bare = _by_value(
        Finding(indices=frozenset(), position=0, rule="whole", level="explicit", text=surface.text), options
    )
    return bare if bare.indices else None


def _by_value(finding: Finding, options: Options) -> Finding:
    """The finding with the option of the stated formula's value, where there is exactly one."""
    place = equal_formula(finding.text, options)
    return finding if place is None else replace(finding, indices=frozenset({place}), by_label=False)


def _weak(surface: Surface, options: Options, question: str, *, run: bool) -> Finding | None:
    """The first of the weaker signs, none of which counts in a response cut off before its end or that gives up."""
    if mentions.is_cut_off(surface.text) or mentions.gives_up(surface.text, options):
        return None
    for rule in (
        mentions.restated(surface, options, question),
        mentions.last_line(surface, options, run=run),
        mentions.ending(surface, options),
        mentions.bracketed_labels(surface, options),
        mentions.shown_labels(surface, options),
        mentions.named_texts(surface, options),
    ):
        for finding in rule:
            return finding
    return None


def _last_stated(stated: list[Finding]) -> Finding | None:
    """The last statement that names an option."""
    naming = [finding for finding in stated if finding.indices]
    return naming[-1] if naming else None
