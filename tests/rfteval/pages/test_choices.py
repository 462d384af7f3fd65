"""Labels of options, however a reference or a response names them, and how right and picked ones mix."""

from __future__ import annotations

import pytest

from reward_service.types import Choice, Reference
from rfteval.pages.choices import NONE, confusion, gold_label, picked_label, totals

OPTIONS = (Choice(label="A", text="Yes"), Choice(label="B", text="No"), Choice(label="C", text="B"))


def reference(answer: str) -> Reference:
    return Reference(answer=answer, choices=OPTIONS)


@pytest.mark.parametrize(("answer", "label"), [("Yes", "A"), ("A", "A"), ("B", "C"), ("D", None)])
def test_the_right_label_whether_named_by_text_or_label(answer: str, label: str | None) -> None:
    """An option's text counts before a label: MathVista gives the text."""
    assert gold_label(reference(answer)) == label
    assert gold_label(Reference(answer=answer)) is None


@pytest.mark.parametrize(
    ("extracted", "label"),
    [
        ("(A) Yes", "A"),
        ("No", "B"),
        ("A", "A"),
        ("a)", "A"),
        ("(C)", "C"),
        ("B", "C"),
        ("F", None),
        ("Apples", None),
        ("", None),
        (None, None),
    ],
)
def test_the_picked_label(extracted: str | None, label: str | None) -> None:
    assert picked_label(reference("Yes"), extracted) == label
    assert picked_label(Reference(answer="Yes"), extracted) is None


def test_confusion_counts_every_response_with_options_once() -> None:
    pairs = [("Yes", "(A) Yes"), ("Yes", "(B) No"), ("No", None), ("No", "B) No"), ("Yes", "A")]
    found = confusion([*((reference(gold), said) for gold, said in pairs), (Reference(answer="5"), "5")])
    assert found is not None
    assert (found.gold, found.picked) == (("A", "B"), ("A", "B", NONE))
    assert found.counts == ((2, 1, 0), (0, 1, 1))
    assert totals(found) == ([3, 2], [2, 2, 1])
    assert confusion([(Reference(answer="5"), "5")]) is None
