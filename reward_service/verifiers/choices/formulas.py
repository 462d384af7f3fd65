"""Matching a stated formula to the one option of equal value: "\\sqrt{4/\\pi}" names the option 2/√π.

Uses the bounded parser and the exact and probing comparison of the mathematics verifier. Called once per response, on
its last outright statement, and only when no option has the same spelling.
"""

from __future__ import annotations

import re

from reward_service.errors import InputLimitExceeded, WorkLimitExceeded
from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.grammar import ParseError, parse
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.probing import agreement

_MAX_CHARACTERS = 200
_UNITS_OF_WORK = 20_000
_MATHS = re.compile(r"[\d\\^√π]")
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}(?:\s+[A-Za-z]{2,}){2}")


def equal_formula(text: str, options: Options) -> int | None:
    """The one option (group) with the value of `text`, or None; a sentence, or an option in words, has none."""
    if not text or len(text) > _MAX_CHARACTERS or not _MATHS.search(text) or _PROSE.search(text):
        return None
    budget = Budget(_UNITS_OF_WORK)
    try:
        stated = _tree(text, budget)
        if stated is None:
            return None
        found = set()
        for item in options.items:
            if item.bare or item.wordy or item.value is not None:
                continue  # plain numbers, with their units, are compared in values.py
            offered = _tree(item.text, budget)
            if offered is None or (stated[1] and offered[1] and stated[1] != offered[1]):
                continue
            if agreement(offered[0], stated[0], budget).equal:
                found.add(item.group)
    except WorkLimitExceeded:
        return None  # not settled within the work allowed here: the statement then names no option
    return found.pop() if len(found) == 1 else None


def _tree(text: str, budget: Budget) -> tuple[Node, str] | None:
    """(the scalar a text stands for, its unit): the right side of an equation, a ratio as a quotient."""
    try:
        node = parse(text.strip().rstrip(".").replace("√{", "\\sqrt{"), DEFAULT_LIMITS, budget)
    except (ParseError, InputLimitExceeded):
        return None
    unit = ""
    while node.kind in (tree.NOTED, tree.LABELLED) or (node.kind == tree.RELATION and set(node.value) == {"="}):
        unit = str(node.value) if node.kind == tree.NOTED else unit
        node = node.parts[-1] if node.kind == tree.RELATION else node.parts[0]
    if node.kind == tree.RATIO and len(node.parts) == 2:
        node = tree.divide(node.parts[0], node.parts[1])
    return (node, unit) if tree.is_scalar(node) else None
