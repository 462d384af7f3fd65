"""Pairs written by hand, class by class: what is equal to a reference, and near misses that are not.

Each class pays for its equal pairs and for none of its near misses, as bare answers and inside a box.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from reward_service.verify import verify

_FILE = Path(__file__).parents[2] / "golden" / "equality_pairs.jsonl"
_ROWS: list[dict[str, Any]] = [json.loads(line) for line in _FILE.read_text(encoding="utf-8").splitlines()]
_CLASSES: dict[str, list[dict[str, Any]]] = defaultdict(list)
for _row in _ROWS:
    _CLASSES[_row["class"]].append(_row)


def test_near_misses_are_as_many_as_equal_pairs() -> None:
    misses = sum(not row["label"] for row in _ROWS)
    assert len(_ROWS) > 1_000 and abs(2 * misses - len(_ROWS)) < len(_ROWS) // 10


@pytest.mark.parametrize("name", sorted(_CLASSES))
def test_a_bare_answer_is_judged_by_its_value(name: str) -> None:
    wrong = []
    for row in _CLASSES[name]:
        verdict = verify(row["response"], row["gold"], kind="expression")
        if not verdict.status.scored or verdict.correct is not row["label"]:
            wrong.append((row["gold"], row["response"], verdict.status.name, verdict.reason))
    assert not wrong


@pytest.mark.parametrize("name", sorted(_CLASSES))
def test_a_near_miss_in_a_box_is_never_paid(name: str) -> None:
    paid = [
        (row["gold"], row["response"])
        for row in _CLASSES[name]
        if not row["label"]
        and "$" not in row["response"]
        and verify(f"Hence the answer is $\\boxed{{{row['response']}}}$.", row["gold"]).correct
    ]
    assert not paid


@pytest.mark.parametrize("name", sorted(_CLASSES))
def test_every_reference_equals_itself(name: str) -> None:
    golds = {row["gold"] for row in _CLASSES[name]}
    assert [gold for gold in golds if not verify(gold, gold, kind="expression").correct] == []
